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
	function() { send("hello_v1"); },
	function() { send("begin_v1"); },
	function() { send("apply_v1"); },
	function() { send("end_v1"); },
	function() { send("ping_v1"); print "golden digest", MISPTest::digest() == golden_digest; MISPTest::show(); },
	function() { send("apply_v1_removals"); },
	function() { send("apply_v1_upsert"); },
	function() { print "golden digest", MISPTest::digest() == golden_digest; },
	function()
		{
		# Only that they fit: these are for the service.
		for ( name in set("hello_ack_v1", "hello_ack_v1_empty", "ack_v1", "ack_v1_clean",
		                  "pong_v1", "resync_v1", "seen_v1", "seen_ack_v1") )
			golden[name]();
		},
};
