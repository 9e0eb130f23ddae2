# @TEST-DOC: An indicator named by two MISP events, or by another source as well, leaves only with its last source.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

redef steps += {
	function()
		{
		Intel::insert(Intel::Item($indicator="b.example.net", $indicator_type=Intel::DOMAIN,
		                          $meta=Intel::MetaData($source="a file")));
		hello("s-1");
		},
	function()
		{
		apply("s-1", 1, 1, vector(item("a.example.net", "Intel::DOMAIN", "1"),
		                          item("a.example.net", "Intel::DOMAIN", "2"),
		                          item("b.example.net", "Intel::DOMAIN", "1")));
		},
	function() { show(); ping("s-1", 1); },
	function()
		{
		apply("s-1", 2, 2, vector(), vector(key("a.example.net", "Intel::DOMAIN", "1"),
		                                    key("b.example.net", "Intel::DOMAIN", "1")));
		},
	function() { show(); ping("s-1", 2); },
	# From one event to another in one message.
	function()
		{
		apply("s-1", 3, 3, vector(item("a.example.net", "Intel::DOMAIN", "3")),
		      vector(key("a.example.net", "Intel::DOMAIN", "2")));
		},
	function() { show(); ping("s-1", 3); },
	function() { apply("s-1", 4, 4, vector(), vector(key("a.example.net", "Intel::DOMAIN", "3"))); },
	function() { show(); ping("s-1", 4); },
};
