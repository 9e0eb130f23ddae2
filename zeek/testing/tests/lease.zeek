# @TEST-DOC: One service of an owner holds the lease; another one stands by, or is refused if it is of another MISP or has another filter, and takes over when the holder has taken leave or was silent, but not when its messages only waited.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT MISP::lease=500msec >output
# @TEST-EXEC: btest-diff output

module MISPTest;

function hello_with(session: string, service_id: string, misp: string, filter: string)
	{
	expect(1);
	event MISP::hello_v2(MISP::HelloV2($service_id=service_id, $session=session,
	                                   $service_version="1.0.0", $owner="MISP", $misp=misp,
	                                   $filter=filter, $capabilities=set(), $auth=""));
	}

# Another service than the holder.
function second(session: string)
	{
	hello_with(session, "00c0ffee12345679", "https://misp.example.org", "f");
	}

global pinging = T;

event keep_pinging()
	{
	if ( ! pinging )
		return;

	event MISP::ping_v2(MISP::PingV2($session="a-2", $nonce=1, $auth=""));
	schedule 100msec { keep_pinging() };
	}

event late(session: string)
	{
	second(session);
	--open_answers;
	}

event first_again()
	{
	hello("a-3");
	--open_answers;
	}

# The pongs come in any number.
hook answered(text: string)
	{
	if ( text == /pong.*/ )
		{
		is_verbose = F;
		++open_answers;
		}
	else
		is_verbose = T;
	}

redef steps += {
	function() { hello("a-1"); },
	function() { apply("a-1", 1, 1, vector(item("a.example.net", "Intel::DOMAIN", "1"))); },
	function() { print "standby"; second("b-1"); },
	function() { print "another MISP"; hello_with("c-1", "00c0ffee1234567a", "https://other.example.org", "f"); },
	function() { print "another filter"; hello_with("c-2", "00c0ffee1234567a", "https://misp.example.org", "g"); },
	function() { print "the holder changes its filter"; hello_with("a-2", "00c0ffee12345678", "https://misp.example.org", "g"); },
	function() { print "the other one has not yet"; second("b-2"); },
	function() { hello("a-2"); },
	# While it is heard, it is the holder, after the end of the first lease, too.
	function() { event keep_pinging(); expect(1); schedule 900msec { late("b-3") }; },
	function()
		{
		print "leave";
		pinging = F;
		event MISP::bye_v2(MISP::ByeV2($session="a-2", $auth=""));
		second("b-4");
		},
	function() { print "silence"; expect(1); schedule 700msec { first_again() }; },
	function() { show(); },
};
