# @TEST-DOC: Without a service sightings wait, up to a bound; then the oldest go, and are counted.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

redef MISP::max_item_sightings = 0;

module MISP;

hook MISPTest::seen_sent() &priority=10
	{
	print fmt("message %d with %d sightings, %d wait, %d dropped", seen_seq, |under_way|, |waiting|,
	          dropped_sightings);
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
