# @TEST-DOC: Every match is in a sighting or in a count, once: by a cap, by policy, dropped; counts alone are told at a ping, again until they are acknowledged, and misp.log has them.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: zeek-cut reason <misp.log | awk '/^by caps/ { caps += $3; policy += $6; waited += $11 } END { print caps, policy, waited }' >misp
# @TEST-EXEC: btest-diff output
# @TEST-EXEC: btest-diff misp

redef MISP::max_item_sightings = 3;
redef MISP::max_item_sightings_interval = 10min;
redef MISP::max_waiting_sightings = 10;

module MISP;

# Two attributes are behind the entries here.
hook MISPTest::seen_sent() &priority=10
	{
	local q = sighting_queues["MISP"];
	local u = q$unreported_under_way;
	print fmt("seen_v2 %d: %d sightings, capped %d, vetoed %d, dropped %d", q$seq,
	          |q$under_way|, u$capped, u$vetoed, u$dropped);
	break;
	}

hook sighting_policy(sighting: SightingV2, s: Intel::Seen, item: Intel::Item)
	{
	if ( s$where == HTTP::IN_URL )
		break;
	}

module MISPTest;

function pair(name: string): MISP::ItemV2
	{
	local made = item(name, "Intel::DOMAIN", "8");
	made$attribute_uuids = "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102,6a1d7e52-8f0e-4b51-a7b3-1b22c0a80102";
	return made;
	}

function see_often(name: string, times: count, where: Intel::Where &default=Intel::IN_ANYWHERE)
	{
	local i = 0;
	while ( i < times )
		{
		see_name(name, where);
		++i;
		}
	}

redef steps += {
	function() { hello("s-1"); },
	function() { apply("s-1", 1, 1, vector(pair("a.example"), pair("b.example"), pair("c.example"))); },
	function() { print "five, three are reported"; see_often("a.example", 5); expect(1); },
	function() { print "not acknowledged: nothing is told twice"; see_often("a.example", 4); ping("s-1", 1); },
	function() { print "acknowledged: the rest follows"; acknowledge(); expect(1); },
	function() { print "counts alone, at a ping"; acknowledge(); see_often("a.example", 1); ping("s-1", 2); expect(1); },
	function() { print "another service, the same message"; hello_as("s-2", "MISP", "00c0ffee12345678"); expect(1); },
	function() { print "a policy"; acknowledge(); see_often("b.example", 2, HTTP::IN_URL); ping("s-2", 3); expect(1); },
	function()
		{
		print "more than the bound waits";
		Config::set_value("MISP::max_item_sightings", 0);
		see_often("c.example", 14);
		ping("s-2", 4);
		},
	function() { acknowledge(); expect(1); },
	function() { print "nothing more"; acknowledge(); ping("s-2", 5); },
};
