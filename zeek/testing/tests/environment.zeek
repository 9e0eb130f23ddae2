# @TEST-DOC: Address and port to listen on, and whether that needs certificates, come from the script, else from the environment, else there is a default that Zeek does not use itself; what is no port is not used, and said.
# @TEST-EXEC: MISP_ALLOW_UNAUTHENTICATED=T MISP_BROKER_PORT= MISP_WEBSOCKET_PORT= quiet-zeek $PACKAGE %INPUT >output
# @TEST-EXEC: MISP_BROKER_PORT=1234 MISP_BROKER_ADDRESS=::1 MISP_WEBSOCKET_PORT=1235 MISP_WEBSOCKET_ADDRESS=::1 MISP_ALLOW_UNAUTHENTICATED=true quiet-zeek $PACKAGE %INPUT >>output
# @TEST-EXEC: MISP_ALLOW_UNAUTHENTICATED=1 MISP_BROKER_PORT=1234 quiet-zeek $PACKAGE %INPUT MISP::broker_port=1236/tcp >>output
# @TEST-EXEC: MISP_BROKER_PORT=65536 zeek $PACKAGE %INPUT >>output 2>stderr
# @TEST-EXEC: MISP_BROKER_PORT=25760/tcp zeek $PACKAGE %INPUT >>output 2>>stderr
# @TEST-EXEC: MISP_ALLOW_UNAUTHENTICATED=yes zeek $PACKAGE %INPUT >>output 2>>stderr
# @TEST-EXEC: grep -o 'MISP_ALLOW_UNAUTHENTICATED is neither.*' stderr >>output
# @TEST-EXEC: grep -o 'MISP_BROKER_PORT is no port.*' stderr >>output
# @TEST-EXEC: btest-diff output

event zeek_init()
	{
	print MISP::broker_listen_address, MISP::broker_port, MISP::websocket_listen_address,
	      MISP::websocket_port, MISP::allow_unauthenticated;
	terminate();
	}
