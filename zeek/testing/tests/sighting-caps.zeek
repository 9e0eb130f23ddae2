# @TEST-DOC: Caps bound the sightings of an entry, those in DNS requests and of addresses that come in, and what they kept back is told; a cap of 0 is none.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

redef MISP::max_item_sightings = 3;
# Longer than the test takes.
redef MISP::max_item_sightings_interval = 10min;

module MISPTest;

function see_often(where: Intel::Where)
	{
	local i = 0;
	while ( i < 5 )
		{
		see_name("c2.example.net", where);
		++i;
		}
	}

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		apply("s-1", 1, 1, vector(item("c2.example.net", "Intel::DOMAIN", "8"),
		                          item("9.9.9.9", "Intel::ADDR", "8")));
		},
	function() { print "in DNS"; see_often(DNS::IN_REQUEST); expect(1); },
	function() { print "elsewhere"; acknowledge(); see_often(HTTP::IN_HOST_HEADER); expect(1); },
	function()
		{
		print "from outside";
		acknowledge();
		local c = connection_of(9.9.9.9, 4711/tcp, 10.0.0.5, 22/tcp);
		local i = 0;
		while ( i < 5 )
			{
			see_address(9.9.9.9, Conn::IN_ORIG, c);
			++i;
			}

		expect(1);
		},
	function()
		{
		print "without caps";
		acknowledge();
		Config::set_value("MISP::max_item_sightings", 0);
		Config::set_value("MISP::max_dns_sightings", 0);
		see_often(DNS::IN_REQUEST);
		expect(1);
		},
};
