# @TEST-DOC: A snapshot takes out what it does not name, leaves other sources alone, and holds no revision until it is complete.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

redef steps += {
	function()
		{
		Intel::insert(Intel::Item($indicator="old.example.net", $indicator_type=Intel::DOMAIN,
		                          $meta=Intel::MetaData($source="a file")));
		Intel::insert(Intel::Item($indicator="192.0.2.9", $indicator_type=Intel::ADDR,
		                          $meta=Intel::MetaData($source="another file")));
		hello("s-1");
		},
	function()
		{
		apply("s-1", 1, 1, vector(item("old.example.net", "Intel::DOMAIN", "1"),
		                          item("gone.example.net", "Intel::DOMAIN", "1"),
		                          item("192.0.2.1", "Intel::ADDR", "1"),
		                          item("192.0.2.2", "Intel::ADDR", "1"),
		                          item("192.0.2.3", "Intel::ADDR", "1")));
		},
	function() { hello("s-2"); },
	function() { begin("s-2", 1, 7); },
	function() { ping("s-2", 1); },
	function()
		{
		local changed = item("192.0.2.2", "Intel::ADDR", "1");
		changed$desc = "other";
		apply("s-2", 2, 7, vector(item("192.0.2.1", "Intel::ADDR", "1"), changed,
		                          item("new.example.net", "Intel::DOMAIN", "2")));
		},
	# Live changes in between; one entry is named twice.
	function()
		{
		apply("s-2", 3, 8, vector(item("live.example.net", "Intel::DOMAIN", "2"),
		                          item("192.0.2.1", "Intel::ADDR", "1")),
		      vector(key("192.0.2.3", "Intel::ADDR", "1"),
		             key("new.example.net", "Intel::DOMAIN", "2")));
		},
	function() { ping("s-2", 2); show(); },
	function() { end("s-2", 4, 9); },
	function() { ping("s-2", 3); show(); },
	# An empty one empties.
	function() { begin("s-2", 5, 10); },
	function() { end("s-2", 6, 10); },
	function() { ping("s-2", 4); show(); },
};
