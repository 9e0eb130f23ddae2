# @TEST-DOC: Entries are inserted, updated, left alone and removed, with the metadata that a site's scripts read, and counted.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

# Matches are looked at here, reports of them have tests of their own.
redef MISP::report_sightings = F;

function meta_of(indicator: string)
	{
	Intel::seen(Intel::Seen($indicator=indicator, $indicator_type=Intel::DOMAIN,
	                        $where=Intel::IN_ANYWHERE));
	}

event Intel::match(s: Intel::Seen, items: set[Intel::Item])
	{
	for ( found in items )
		print "match", found;
	}

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		local ported = item("c2.example.net", "Intel::DOMAIN", "17");
		ported$ports = "53,8443";
		local bare = MISP::ItemV2($indicator="bare.example.net", $indicator_type="Intel::DOMAIN",
		                          $event_id="18446744073709551616", $attribute_uuids="u",
		                          $desc="", $url="", $ports="", $tags="", $report_sightings=F, $kind="misp");
		apply("s-1", 1, 101, vector(ported, bare, item("198.51.100.23", "Intel::ADDR", "17"),
		                            item("2001:db8::/32", "Intel::SUBNET", "18446744073709551615"),
		                            item("a1b2", "Intel::FILE_HASH", "3")));
		},
	function() { ping("s-1", 1); show(); meta_of("c2.example.net"); meta_of("bare.example.net"); },
	function()
		{
		local changed = item("c2.example.net", "Intel::DOMAIN", "17");
		changed$desc = "other";
		apply("s-1", 2, 102, vector(changed, item("198.51.100.23", "Intel::ADDR", "17")));
		},
	function() { ping("s-1", 2); show(); meta_of("c2.example.net"); },
	function()
		{
		apply("s-1", 3, 103, vector(),
		      vector(key("c2.example.net", "Intel::DOMAIN", "17"),
		             key("198.51.100.23", "Intel::ADDR", "18"),
		             key("nowhere.example.net", "Intel::DOMAIN", "17"),
		             key("x", "Intel::NO_SUCH_TYPE", "17"),
		             key("2001:db8::/32", "Intel::SUBNET", "18446744073709551615")));
		},
	function() { ping("s-1", 3); show(); },
	function()
		{
		apply("s-1", 4, 104, vector(),
		      vector(key("bare.example.net", "Intel::DOMAIN", "18446744073709551616"),
		             key("a1b2", "Intel::FILE_HASH", "3"),
		             key("198.51.100.23", "Intel::ADDR", "17")));
		},
	function() { ping("s-1", 4); show(); hello("s-2"); },
};
