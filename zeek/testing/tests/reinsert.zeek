# @TEST-DOC: An insert right after the removal of the same indicator stays in both of the Intel framework's stores, whatever message brings it.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

function three(event_id: string): vector of MISP::ItemV2
	{
	return vector(item("192.0.2.1", "Intel::ADDR", event_id),
	              item("192.0.2.0/24", "Intel::SUBNET", event_id),
	              item("a.example.net", "Intel::DOMAIN", event_id));
	}

function three_keys(event_id: string): vector of MISP::KeyV2
	{
	return vector(key("192.0.2.1", "Intel::ADDR", event_id),
	              key("192.0.2.0/24", "Intel::SUBNET", event_id),
	              key("a.example.net", "Intel::DOMAIN", event_id));
	}

redef steps += {
	function() { hello("s-1"); },
	function() { apply("s-1", 1, 1, three("1")); },
	# All are queued before the first one is carried out.
	function()
		{
		apply("s-1", 2, 2, vector(), three_keys("1"));
		apply("s-1", 3, 3, three("1"));
		apply("s-1", 4, 4, vector(), three_keys("1"));
		apply("s-1", 5, 5, three("2"));
		},
	function() { show(); ping("s-1", 1); },
	# A new session between removal and insert.
	function()
		{
		event MISP::apply_v2(MISP::ApplyV2($session="s-1", $seq=6, $epoch="e", $revision=6,
		                                   $upserts=vector(), $removals=three_keys("2")));
		hello("s-2");
		apply("s-2", 1, 7, three("2"));
		},
	function() { show(); ping("s-2", 1); },
	# The sweep of a snapshot.
	function()
		{
		begin("s-2", 2, 8);
		end("s-2", 3, 8);
		apply("s-2", 4, 9, three("2"));
		},
	function() { show(); ping("s-2", 2); },
};
