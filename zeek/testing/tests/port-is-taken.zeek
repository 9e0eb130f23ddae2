# @TEST-DOC: A port that somebody else has keeps the package from listening, and Zeek not from running; "zeekctl check" tries neither that nor to connect.
# @TEST-EXEC: MISP_ALLOW_UNAUTHENTICATED=T MISP_BROKER_PORT=25760 MISP_BROKER_PEER_ADDRESS=127.0.0.1 MISP_BROKER_PEER_PORT=1 zeek $PACKAGE %INPUT >output 2>stderr
# @TEST-EXEC: grep -o 'Failed to listen on 127.0.0.1' stderr | head -n 1 >>output
# @TEST-EXEC: grep -o 'unable to connect to remote peer' stderr | head -n 1 >>output
# @TEST-EXEC: MISP_ALLOW_UNAUTHENTICATED=T MISP_BROKER_PEER_ADDRESS=127.0.0.1 MISP_BROKER_PEER_PORT=1 ZEEKCTL_DISABLE_LISTEN=1 zeek $PACKAGE %INPUT >>output 2>stderr
# @TEST-EXEC-FAIL: grep 'Failed to listen\|unable to connect' stderr
# @TEST-EXEC: btest-diff output

redef exit_only_after_terminate = T;

event look()
	{
	print "running";
	terminate();
	}

event zeek_init() &priority=100
	{
	# Who ever has it.
	Broker::listen("127.0.0.1", MISP::broker_port);
	schedule 500msec { look() };
	}
