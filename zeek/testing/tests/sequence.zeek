# @TEST-DOC: A gap, a repetition, too many entries, too many messages and an end without begin are answered with a resync, and nothing more is heard until a hello.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

# The last message gets no answer.
function expect_none()
	{
	--open_answers;
	}

function one(n: count): vector of MISP::ItemV2
	{
	return vector(item(fmt("192.0.2.%d", n), "Intel::ADDR", "1"));
	}

function many(n: count): vector of MISP::ItemV2
	{
	local items: vector of MISP::ItemV2;
	while ( |items| < n )
		items += item(fmt("10.0.0.%d", |items|), "Intel::ADDR", "1");

	return items;
	}

function strange(service_id: string, owner: string)
	{
	event MISP::hello_v2(MISP::HelloV2($service_id=service_id, $session="s-1", $service_version="1",
	                                   $owner=owner, $misp="", $filter="", $capabilities=set(),
	                                   $auth=""));
	}

# What nobody answers.
function unheard(session: string, seq: count)
	{
	event MISP::begin_v2(MISP::BeginV2($session=session, $seq=seq, $epoch="e", $revision=1,
	                                   $items=0, $auth=""));
	event MISP::apply_v2(MISP::ApplyV2($session=session, $seq=seq, $epoch="e", $revision=1,
	                                   $upserts=one(99), $removals=vector()));
	event MISP::end_v2(MISP::EndV2($session=session, $seq=seq, $epoch="e", $revision=1, $auth=""));
	event MISP::ping_v2(MISP::PingV2($session=session, $nonce=1, $auth=""));
	}

redef steps += {
	# Nothing before the first hello, and nothing after a strange one.
	function()
		{
		unheard("", 1);
		unheard("s-1", 1);
		strange("../zeek", "MISP");
		strange("", "MISP");
		strange("00c0ffee12345678", "a-b");
		strange("00c0ffee12345678", "");
		unheard("s-1", 1);
		hello("s-1");
		},
	# A gap.
	function() { apply("s-1", 1, 1, one(1)); },
	function() { apply("s-1", 3, 3, one(3)); unheard("s-1", 2); unheard("s-1", 3); unheard("s-1", 4); },
	# A repetition. The earlier session is over.
	function() { hello("s-2"); },
	function() { unheard("s-1", 2); apply("s-2", 1, 2, one(2)); },
	function() { apply("s-2", 1, 2, one(2)); unheard("s-2", 2); },
	# Two hundred go in, one more does not, and counts as not received.
	function() { hello("s-3"); },
	function() { apply("s-3", 1, 3, many(200)); },
	function() { apply("s-3", 2, 4, many(200), vector(key("10.0.0.1", "Intel::ADDR", "1"))); },
	# To sweep without a snapshot would empty Zeek.
	function() { hello("s-4"); },
	function() { end("s-4", 1, 4); unheard("s-4", 2); },
	# More than waits.
	function() { hello("s-5"); },
	function()
		{
		local seq = 1;
		expect(1);
		while ( seq <= 20 )
			{
			event MISP::apply_v2(MISP::ApplyV2($session="s-5", $seq=seq, $epoch="e", $revision=seq,
			                                   $upserts=vector(),
			                                   $removals=vector(key(fmt("10.0.0.%d", seq), "Intel::ADDR", "1"))));
			++seq;
			}
		},
	# The same hello again, because the answer was late, does not disturb the session.
	function() { hello("s-6"); },
	function() { hello("s-6"); },
	function() { apply("s-6", 1, 5, one(5)); },
	function() { hello("s-6"); expect_none(); apply("s-6", 2, 6, one(6)); },
	function() { ping("s-6", 7); print |disagreement()|; },
};
