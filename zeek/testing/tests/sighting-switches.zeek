# @TEST-DOC: What is off is off: the cap of scans, the look at the name that a client asked for, ports, and the columns of intel.log; report_sightings can be switched while Zeek runs.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: zeek-cut seen.indicator <intel.log >intel
# @TEST-EXEC: btest-diff output
# @TEST-EXEC: btest-diff intel

redef MISP::max_item_sightings = 0;
redef MISP::max_scan_sightings = 0;
redef MISP::require_matching_sni = F;

module MISPTest;

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		local ported = item("192.0.2.77", "Intel::ADDR", "8");
		ported$ports = "443";
		ported$tags = "tlp:red";
		apply("s-1", 1, 1, vector(item("c2.example.net", "Intel::DOMAIN", "8"),
		                          item("9.9.9.9", "Intel::ADDR", "8"), ported));
		},
	function()
		{
		print "another name than the client asked for";
		local c = connection_of(10.0.0.5, 49152/tcp, 192.0.2.1, 443/tcp);
		c$ssl = SSL::Info($ts=network_time(), $uid=c$uid, $id=c$id, $server_name="www.example.org");
		Intel::seen(Intel::Seen($indicator="c2.example.net", $indicator_type=Intel::DOMAIN,
		                        $where=X509::IN_CERT, $conn=c));
		expect(1);
		},
	function()
		{
		print "another port";
		acknowledge();
		see_address(192.0.2.77, Conn::IN_RESP,
		            connection_of(10.0.0.5, 49152/tcp, 192.0.2.77, 80/tcp));
		expect(1);
		},
	function()
		{
		print "from outside";
		acknowledge();
		local c = connection_of(9.9.9.9, 4711/tcp, 10.0.0.5, 22/tcp);
		local i = 0;
		while ( i < 4 )
			{
			see_address(9.9.9.9, Conn::IN_ORIG, c);
			++i;
			}

		expect(1);
		},
	function()
		{
		print "not at all";
		acknowledge();
		Config::set_value("MISP::report_sightings", F);
		see_name("c2.example.net");
		ping("s-1", 1);
		},
};
