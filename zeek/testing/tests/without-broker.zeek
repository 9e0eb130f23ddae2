# @TEST-DOC: All use of Broker stands in one file; without that file the package parses and works.
# @TEST-EXEC: cp -r $PACKAGE package && echo 'module MISP;' >package/broker.zeek
# @TEST-EXEC-FAIL: grep -rn '^[^#]*Broker::' package | grep -v '@ifdef'
# @TEST-EXEC: quiet-zeek package $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

redef steps += {
	function() { hello("a-1"); },
	function() { apply("a-1", 1, 1, vector(item("a.example.net", "Intel::DOMAIN", "1"))); },
	function() { show(); },
};
