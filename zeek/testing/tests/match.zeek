# @TEST-DOC: What the service puts in is matched by the Intel framework, with the metadata that leads back to MISP, until it is taken out.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: zeek-cut seen.indicator seen.indicator_type matched sources <intel.log >intel
# @TEST-EXEC: btest-diff output
# @TEST-EXEC: btest-diff intel

module MISPTest;

# Matches are looked at here, reports of them have tests of their own.
redef MISP::report_sightings = F;

function look()
	{
	Intel::seen(Intel::Seen($host=192.0.2.77, $where=Intel::IN_ANYWHERE));
	Intel::seen(Intel::Seen($indicator="C2.example.NET", $indicator_type=Intel::DOMAIN,
	                        $where=Intel::IN_ANYWHERE));
	}

event Intel::match(s: Intel::Seen, items: set[Intel::Item])
	{
	for ( found in items )
		print fmt("match %s: event %s, attributes %s, ports %s, sightings %s", s$indicator,
		          found$meta$misp_event_id, found$meta$misp_attribute_uuid,
		          found$meta?$misp_ports ? found$meta$misp_ports : "-",
		          found$meta$report_sightings);
	}

redef steps += {
	function() { look(); hello("s-1"); },
	function()
		{
		local ported = item("c2.example.net", "Intel::DOMAIN", "9");
		ported$ports = "53";
		ported$report_sightings = F;
		ported$attribute_uuids = "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102,6a1d7e52-8f0e-4b51-a7b3-1b22c0a80102";
		apply("s-1", 1, 1, vector(item("192.0.2.0/24", "Intel::SUBNET", "8"), ported));
		},
	function() { look(); ping("s-1", 1); },
	function()
		{
		apply("s-1", 2, 2, vector(), vector(key("192.0.2.0/24", "Intel::SUBNET", "8"),
		                                    key("c2.example.net", "Intel::DOMAIN", "9")));
		},
	function() { look(); ping("s-1", 2); },
};
