# @TEST-DOC: A worker that loses batches is repaired: one in the middle, the last one, more than are kept; and so is one whose store was changed by somebody else.
# @TEST-REQUIRES: has-zeromq
# @TEST-EXEC: cluster-run zeromq %INPUT
# @TEST-EXEC: cluster-run broker %INPUT
# @TEST-EXEC: for b in zeromq broker; do for w in 1 2; do diff $b-manager/store.txt $b-worker-$w/store.txt || exit 1; done; done
# @TEST-EXEC: diff zeromq-proxy-1/output broker-proxy-1/output
# @TEST-EXEC: diff zeromq-worker-1/store.txt broker-worker-1/store.txt
# @TEST-EXEC: zeek-cut action worker <zeromq-manager/misp.log | grep WORKER_REPAIR | sort -u >repairs
# @TEST-EXEC: zeek-cut action worker <broker-manager/misp.log | grep WORKER_REPAIR | sort -u | diff repairs -
# @TEST-EXEC: btest-diff zeromq-proxy-1/output
# @TEST-EXEC: btest-diff repairs

module MISP;

global loses_one = F;
global loses_all = F;

hook MISP::take_batch(batch: WorkerBatch)
	{
	if ( loses_all )
		break;

	if ( loses_one )
		{
		loses_one = F;
		break;
		}
	}

# Gone from one worker's store without anybody's knowledge.
hook MISPTest::do_it(name: string)
	{
	if ( Cluster::node == "worker-1" && name == "lose one" )
		loses_one = T;

	if ( Cluster::node == "worker-2" )
		loses_all = name == "lose all";
	}

module Intel;

hook MISPTest::do_it(name: string)
	{
	if ( Cluster::node == "worker-1" && name == "damage" )
		delete min_data_store$string_data["n1.example.net", DOMAIN];
	}

module MISPTest;

global number = 0;
global seq = 0;

function add_one()
	{
	++number;
	++seq;
	apply("s-1", seq, seq, vector(item(fmt("n%d.example.net", number), "Intel::DOMAIN", "1")));
	}

# Few enough for the manager's queue.
function add_some()
	{
	local last = number + 14;
	while ( number < last )
		add_one();
	}

redef steps += {
	function() { hello("s-1"); },
	function() { add_one(); },
	function() { in_step("s-1"); },
	function() { let_all("lose one"); },
	function() { add_one(); add_one(); },
	function() { in_step("s-1"); },
	function() { let_all("lose one"); },
	function() { add_one(); },
	function() { in_step("s-1"); },
	function() { let_all("damage"); },
	function() { in_step("s-1"); },
	function() { is_verbose = F; let_all("lose all"); },
	function() { add_some(); }, function() { add_some(); }, function() { add_some(); },
	function() { add_some(); }, function() { add_some(); }, function() { add_some(); },
	function() { add_some(); }, function() { add_some(); }, function() { add_some(); },
	function() { add_some(); }, function() { add_some(); }, function() { add_some(); },
	function() { add_some(); }, function() { add_some(); }, function() { add_some(); },
	function() { add_some(); }, function() { add_some(); }, function() { add_some(); },
	function() { add_some(); }, function() { add_some(); }, function() { add_some(); },
	function() { let_all("lose no more"); },
	function() { in_step("s-1"); },
	function() { let_all("write"); },
};
