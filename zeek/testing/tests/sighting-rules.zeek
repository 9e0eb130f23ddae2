# @TEST-DOC: A certificate's name that the client did not ask for is no sighting; with extra/match-ports an entry with ports matches on these alone, in sightings and intel.log; intel.log tells events, attributes and tags.
# @TEST-EXEC: quiet-zeek $PACKAGE $PACKAGE/extra/match-ports.zeek $PACKAGE/extra/intel-log.zeek $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: zeek-cut seen.indicator seen.where sources misp_events misp_attributes misp_tags <intel.log | tr ",\t" "\n\n" | sort >intel
# @TEST-EXEC: btest-diff output
# @TEST-EXEC: btest-diff intel
# The order in a set is another each time, so intel.log's lines are taken apart.

module MISPTest;

function see_certificate(asked_for: string)
	{
	local c = connection_of(10.0.0.5, 49152/tcp, 192.0.2.1, 443/tcp);
	c$ssl = SSL::Info($ts=network_time(), $uid=c$uid, $id=c$id, $server_name=asked_for);
	Intel::seen(Intel::Seen($indicator="c2.example.net", $indicator_type=Intel::DOMAIN,
	                        $where=X509::IN_CERT, $conn=c));
	}

function see_port(resp_p: port)
	{
	see_address(192.0.2.77, Conn::IN_RESP, connection_of(10.0.0.5, 49152/tcp, 192.0.2.77, resp_p));
	}

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		local ported = item("192.0.2.77", "Intel::ADDR", "8");
		ported$ports = "443,8080";
		ported$tags = "misp-galaxy:tool=\"x y\",tlp:red";
		ported$attribute_uuids = "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102,6a1d7e52-8f0e-4b51-a7b3-1b22c0a80102";
		apply("s-1", 1, 1, vector(item("c2.example.net", "Intel::DOMAIN", "8"), ported,
		                          item("192.0.2.64/26", "Intel::SUBNET", "9")));
		},
	function() { see_certificate("www.example.org"); see_certificate("C2.example.net"); expect(1); },
	function() { acknowledge(); see_port(80/tcp); expect(1); },
	function() { acknowledge(); see_port(8080/tcp); expect(1); },
	function() { acknowledge(); apply("s-1", 2, 2, vector(), vector(key("192.0.2.64/26", "Intel::SUBNET", "9"))); },
	function() { see_port(80/tcp); ping("s-1", 1); },
};
