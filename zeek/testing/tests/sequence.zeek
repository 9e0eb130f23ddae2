# @TEST-DOC: A gap, a repetition, too many entries, too many messages and an end without begin are answered with a resync, and nothing more is heard until a hello.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

function one(n: count): vector of MISP::ItemV1
	{
	return vector(item(fmt("192.0.2.%d", n), "Intel::ADDR", "1"));
	}

function many(n: count): vector of MISP::ItemV1
	{
	local items: vector of MISP::ItemV1;
	while ( |items| < n )
		items += item(fmt("10.0.0.%d", |items|), "Intel::ADDR", "1");

	return items;
	}

# What nobody answers.
function unheard(session: string, seq: count)
	{
	event MISP::begin_v1(session, seq, "e", 1, 0);
	event MISP::apply_v1(session, seq, "e", 1, one(99), vector());
	event MISP::end_v1(session, seq, "e", 1);
	event MISP::ping_v1(session, 1);
	}

redef steps += {
	# Nothing before the first hello, and nothing after a strange one.
	function()
		{
		unheard("", 1);
		unheard("s-1", 1);
		event MISP::hello_v1("../zeek", "s-1", "1.0.0");
		event MISP::hello_v1("", "s-1", "1.0.0");
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
			event MISP::apply_v1("s-5", seq, "e", seq, vector(),
			                     vector(key(fmt("10.0.0.%d", seq), "Intel::ADDR", "1")));
			++seq;
			}
		},
	# The same hello again starts its session again.
	function() { hello("s-6"); },
	function() { apply("s-6", 1, 5, one(5)); },
	function() { hello("s-6"); },
	function() { apply("s-6", 1, 6, one(6)); },
	function() { ping("s-6", 7); print |disagreement()|; },
};
