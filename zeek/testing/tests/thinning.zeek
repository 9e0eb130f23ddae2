# @TEST-DOC: With extra/thin-matches only some matches of an indicator get through in a while.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: quiet-zeek $PACKAGE $PACKAGE/extra/thin-matches.zeek $FILES/sightings.zeek %INPUT MISP::thinning_interval=10min >>output
# @TEST-EXEC: btest-diff output

redef MISP::report_sightings = F;

module MISPTest;

global matches = 0;

event Intel::match(s: Intel::Seen, items: set[Intel::Item])
	{
	++matches;
	}

function see_often()
	{
	local i = 0;
	while ( i < 20 )
		{
		see_name("c2.example.net");
		see_name("other.example.net");
		++i;
		}
	}

redef steps += {
	function() { hello("s-1"); },
	function() { apply("s-1", 1, 1, vector(item("c2.example.net", "Intel::DOMAIN", "8"))); },
	function() { see_often(); ping("s-1", 1); },
	function() { print matches; see_often(); ping("s-1", 2); },
	function() { print matches; },
};
