# @TEST-DOC: The golden messages fit the declared events, the package carries them out, and item hashes and digest are the golden ones.
# @TEST-EXEC: golden-to-zeek $REPOSITORY/proto/golden/*.json >golden-messages.zeek
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

@load ./golden-messages

function send(name: string)
	{
	MISPTest::expect(1);
	golden[name]();
	}

redef MISPTest::steps += {
	function()
		{
		for ( i, item in golden_items )
			{
			if ( MISPTest::digest_of(item) != golden_hashes[i] )
				print "hash differs", item, golden_hashes[i];
			}

		print "items", |golden_items|;
		},
	function() { send("hello_v2"); },
	function() { send("begin_v2"); },
	function() { send("apply_v2"); },
	function() { send("end_v2"); },
	function() { send("ping_v2"); print "golden digest", MISPTest::digest() == golden_digest; MISPTest::show(); },
	function() { send("apply_v2_removals"); },
	function() { send("apply_v2_upsert"); },
	function() { print "golden digest", MISPTest::digest() == golden_digest; },
	function() { send("probe"); },
	function()
		{
		golden["bye_v2"]();
		# Only that they fit: these are for the service.
		for ( name in set("hello_ack_v2", "hello_ack_v2_empty", "ack_v2", "ack_v2_clean",
		                  "hello_ack_v2_standby", "pong_v2", "resync_v2", "lost_v2", "seen_v2",
		                  "seen_ack_v2", "probe_answer") )
			golden[name]();
		},
};
