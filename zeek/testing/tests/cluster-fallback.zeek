# @TEST-DOC: Where the Intel framework's internals cannot be reached, items go by its own distribution, step by step, and the workers are compared with the manager all the same.
# @TEST-REQUIRES: has-zeromq
# @TEST-EXEC: cluster-run zeromq %INPUT
# @TEST-EXEC: cluster-run broker %INPUT
# @TEST-EXEC: for b in zeromq broker; do for w in 1 2; do diff $b-manager/store.txt $b-worker-$w/store.txt || exit 1; done; done
# @TEST-EXEC: diff zeromq-proxy-1/output broker-proxy-1/output
# @TEST-EXEC: diff zeromq-worker-1/store.txt broker-worker-1/store.txt
# @TEST-EXEC: grep -v '^10\..* Intel::ADDR' zeromq-worker-1/store.txt >store
# @TEST-EXEC: grep -c '^10\..* Intel::ADDR' zeromq-worker-1/store.txt >>store
# @TEST-EXEC: btest-diff zeromq-proxy-1/output
# @TEST-EXEC: btest-diff store

redef MISP::has_internals = F;

module MISPTest;

function batch(first: count): vector of MISP::ItemV2
	{
	local items: vector of MISP::ItemV2;
	while ( |items| < 200 )
		items += item(cat(counts_to_addr(vector(167772160 + first + |items|))), "Intel::ADDR", "1");

	return items;
	}

redef steps += {
	function() { hello("s-1"); },
	function() { begin("s-1", 1, 1); },
	function() { apply("s-1", 2, 1, batch(0)); apply("s-1", 3, 1, batch(200)); apply("s-1", 4, 1, batch(400)); },
	function() { end("s-1", 5, 1); },
	function() { in_step("s-1"); },
	function() { apply("s-1", 6, 2, vector(item("a.example.net", "Intel::DOMAIN", "2")), vector(key("10.0.0.1", "Intel::ADDR", "1"))); },
	function() { in_step("s-1"); },
	function() { let_all("write"); },
};
