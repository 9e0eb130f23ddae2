# @TEST-DOC: A match is reported with where it was, once for each event; one message at a time, and again to the next service until it is acknowledged.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		local silent = item("silent.example.net", "Intel::DOMAIN", "9");
		silent$report_sightings = F;
		apply("s-1", 1, 1, vector(item("192.0.2.0/24", "Intel::SUBNET", "8"),
		                          item("192.0.2.77", "Intel::ADDR", "9"),
		                          item("c2.example.net", "Intel::DOMAIN", "8"), silent));
		},
	function()
		{
		expect(1);
		see_address(192.0.2.77, Conn::IN_RESP, connection_of(10.0.0.5, 49152/tcp, 192.0.2.77, 443/tcp));
		},
	function()
		{
		# Nobody else's and nothing that MISP does not want to know.
		see_name("silent.example.net");
		see_name("C2.example.NET");
		hello("s-2");
		expect(1);
		},
	function() { expect(1); acknowledge(); },
	function() { acknowledge(); ping("s-2", 1); },
	function() { hello("s-3"); },
};
