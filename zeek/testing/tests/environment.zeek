# @TEST-DOC: Address and port to listen on come from the environment, else from the options; what is no port is not used, and said; what zeekctl gives to Zeek itself is not used either.
# @TEST-EXEC: quiet-zeek $PACKAGE %INPUT >output
# @TEST-EXEC: MISP_BROKER_PORT=1234 MISP_BROKER_ADDRESS=::1 quiet-zeek $PACKAGE %INPUT >>output
# @TEST-EXEC: MISP_BROKER_PORT=65536 zeek $PACKAGE %INPUT >>output 2>stderr
# @TEST-EXEC: MISP_BROKER_PORT=27760/tcp zeek $PACKAGE %INPUT >>output 2>>stderr
# @TEST-EXEC: grep -o 'MISP_BROKER_PORT is no port.*' stderr >>output
# @TEST-EXEC: zeek $PACKAGE %INPUT Broker::default_port=27760/tcp >>output 2>stderr
# @TEST-EXEC: grep -o "27760/tcp is Zeek's own.*" stderr >>output
# @TEST-EXEC: zeek $PACKAGE %INPUT Broker::default_port=27760/tcp MISP::broker_port=27761/tcp >>output
# @TEST-EXEC: zeek $PACKAGE %INPUT MISP::broker_port=9999/tcp >>output
# @TEST-EXEC: btest-diff output

redef MISP::broker_listen = F;

module MISP;

event zeek_init()
	{
	print listen_address(), listen_port();
	}
