# @TEST-DOC: A batch that a worker loses is found and repaired while somebody else inserts all the time, on both backends, and two entries are repaired by their buckets alone.
# @TEST-REQUIRES: has-zeromq
# @TEST-EXEC: cluster-run zeromq %INPUT
# @TEST-EXEC: cluster-run broker %INPUT
# @TEST-EXEC: for b in zeromq broker; do for w in 1 2; do diff $b-manager/store.txt $b-worker-$w/store.txt || exit 1; done; done
# @TEST-EXEC: diff zeromq-proxy-1/output broker-proxy-1/output
# Under load the framework's own announcements may be late or lost for the other worker, too.
# @TEST-EXEC: for b in zeromq broker; do zeek-cut action worker <$b-manager/misp.log | grep "WORKER_REPAIR.worker-1" | sort -u; done >repairs
# @TEST-EXEC: btest-diff zeromq-proxy-1/output
# @TEST-EXEC: btest-diff repairs

module MISP;

global loses_one = F;

hook MISP::take_batch(batch: WorkerBatch)
	{
	if ( loses_one )
		{
		loses_one = F;
		break;
		}
	}

hook MISPTest::do_it(name: string)
	{
	if ( Cluster::node == "worker-1" && name == "lose one" )
		loses_one = T;
	}

module MISPTest;

global churns = F;
global churned = 0;

event churn()
	{
	if ( ! churns || zeek_is_terminating() )
		return;

	++churned;
	Intel::insert(Intel::Item($indicator=fmt("foreign%d.example.net", churned),
	                          $indicator_type=Intel::DOMAIN,
	                          $meta=Intel::MetaData($source="a file")));
	schedule 250msec { churn() };
	}

hook do_it(name: string)
	{
	if ( Cluster::local_node_type() != Cluster::MANAGER )
		return;

	churns = name == "churn";
	if ( churns )
		event churn();
	}

redef steps += {
	function() { hello("s-1"); },
	function() { apply("s-1", 1, 1, vector(item("a.example.net", "Intel::DOMAIN", "1"))); },
	function() { in_step("s-1"); },
	function() { let_all("lose one"); },
	function() { let_all("churn"); },
	function() { apply("s-1", 2, 2, vector(item("b.example.net", "Intel::DOMAIN", "1"),
	                                       item("192.0.2.7", "Intel::ADDR", "1"))); },
	function() { in_step("s-1"); },
	function() { let_all("calm"); },
	function() { in_step("s-1"); },
	function() { let_all("write"); },
};
