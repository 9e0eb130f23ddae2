# @TEST-DOC: misp.log has a line for each entry of a live change and a summary of a snapshot; an option gives a snapshot's entries lines too.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >/dev/null
# @TEST-EXEC: zeek-cut action indicator indicator_type source attribute_uuids reason session revision items inserted updated unchanged removed rejected <misp.log >misp
# @TEST-EXEC: btest-diff misp

module MISPTest;

function snapshot(session: string)
	{
	begin(session, 1, 2);
	apply(session, 2, 2, vector(item("192.0.2.1", "Intel::ADDR", "1"),
	                            item("192.0.2.3", "Intel::ADDR", "1"),
	                            item("", "Intel::ADDR", "1")));
	end(session, 3, 2);
	}

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		apply("s-1", 1, 1, vector(item("192.0.2.1", "Intel::ADDR", "1"),
		                          item("192.0.2.2", "Intel::ADDR", "1"),
		                          item("x", "Intel::NO_SUCH_TYPE", "1")));
		},
	function()
		{
		local changed = item("192.0.2.1", "Intel::ADDR", "1");
		changed$desc = "other";
		apply("s-1", 2, 2, vector(changed), vector(key("192.0.2.2", "Intel::ADDR", "1")));
		},
	function() { hello("s-2"); },
	function() { snapshot("s-2"); },
	function() { apply("s-2", 9, 9, vector()); },
	function()
		{
		Config::set_value("MISP::log_snapshot_items", T);
		hello("s-3");
		},
	function() { apply("s-3", 1, 3, vector(), vector(key("192.0.2.3", "Intel::ADDR", "1"))); },
	function() { hello("s-4"); },
	function() { snapshot("s-4"); },
};
