# @TEST-DOC: The sweep of a big snapshot and the merge for a second one run in steps with other events in between, and the messages that arrive meanwhile are carried out in order afterwards.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

const total = 5000;

function batch(first: count): vector of MISP::ItemV2
	{
	local items: vector of MISP::ItemV2;
	while ( |items| < 200 )
		items += item(cat(counts_to_addr(vector(167772160 + first + |items|))), "Intel::ADDR", "1");

	return items;
	}

# How much changes between two looks, at most.
global watching = F;
global looks = 0;
global held = 0;
global most_taken = 0;

event look()
	{
	if ( ! watching )
		return;

	local now = |data()|;
	if ( held > now && held - now > most_taken )
		most_taken = held - now;

	held = now;
	++looks;
	event look();
	}

function watch()
	{
	watching = T;
	looks = 0;
	most_taken = 0;
	held = |data()|;
	event look();
	}

global filled = 0;
global fill_seq = 0;

# The next 800 entries of all.
function fill(session: string)
	{
	local burst = 0;
	while ( burst < 4 && filled < total )
		{
		++fill_seq;
		apply(session, fill_seq, 1, batch(filled));
		filled += 200;
		++burst;
		}
	}

redef steps += {
	function() { hello("s-1"); },
	function() { is_verbose = F; fill("s-1"); },
	function() { fill("s-1"); },
	function() { fill("s-1"); },
	function() { fill("s-1"); },
	function() { fill("s-1"); },
	function() { fill("s-1"); },
	function() { fill("s-1"); },
	function() { is_verbose = T; print |data()|, entries(); hello("s-2"); },
	# The sweep, with messages behind it and a question in between.
	function()
		{
		begin("s-2", 1, 2);
		apply("s-2", 2, 2, batch(1000));
		end("s-2", 3, 2);
		apply("s-2", 4, 3, batch(2000));
		apply("s-2", 5, 4, vector(), vector(key("10.0.3.232", "Intel::ADDR", "1")));
		watch();
		},
	function()
		{
		watching = F;
		print "most taken between two looks", most_taken, "looks enough", looks > total / 200;
		print |data()|, entries(), |disagreement()|;
		ping("s-2", 1);
		},
	# The merge: a snapshot breaks off half-way, a second one starts.
	function() { begin("s-2", 6, 5); },
	function() { is_verbose = F; filled = 0; fill_seq = 6; fill("s-2"); },
	function() { fill("s-2"); },
	function() { fill("s-2"); },
	function() { is_verbose = T; hello("s-3"); },
	function() { begin("s-3", 1, 6); apply("s-3", 2, 6, batch(0)); watch(); },
	function()
		{
		watching = F;
		print |data()|, entries(), |disagreement()|;
		ping("s-3", 1);
		},
	# A hello ends a sweep that is under way; nothing of the rest is lost.
	function()
		{
		is_verbose = F;
		event MISP::end_v2(MISP::EndV2($session="s-3", $seq=3, $epoch="8c1d2e3f40516273",
		                               $revision=6, $auth=""));
		hello("s-4");
		apply("s-4", 1, 7, batch(0));
		},
	function()
		{
		is_verbose = T;
		print "some left", entries() > 200, entries() == |data()|,
		      |disagreement()|;
		begin("s-4", 2, 8);
		},
	function() { end("s-4", 3, 8); },
	function() { print |data()|, |disagreement()|; ping("s-4", 1); },
};
