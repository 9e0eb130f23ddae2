# @TEST-DOC: Without a service sightings wait, up to a bound; then the oldest go, and are counted.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

redef MISP::max_item_sightings = 0;
redef MISP::max_waiting_sightings = 10000;

module MISP;

hook MISPTest::seen_sent() &priority=10
	{
	local q = sighting_queues["MISP"];
	print fmt("message %d with %d sightings, %d wait, %d dropped", q$seq, |q$under_way|,
	          |q$waiting|, q$dropped);
	# Only this line.
	break;
	}

module MISPTest;

redef steps += {
	function() { hello("s-1"); },
	function() { apply("s-1", 1, 1, vector(item("c2.example.net", "Intel::DOMAIN", "8"))); },
	function()
		{
		local i = 0;
		while ( i < 10350 )
			{
			see_name("c2.example.net");
			++i;
			}

		expect(1);
		},
	function() { acknowledge(); expect(1); },
};
