# @TEST-DOC: What expires on the manager stays on the workers if MISP says it, the workers stay in sync without a repair, and what is taken out afterwards goes.
# @TEST-REQUIRES: has-zeromq
# @TEST-EXEC: cluster-run zeromq %INPUT
# @TEST-EXEC: cluster-run broker %INPUT
# @TEST-EXEC: for b in zeromq broker; do for w in 1 2; do diff $b-manager/store.txt $b-worker-$w/store.txt || exit 1; done; done
# @TEST-EXEC: diff zeromq-proxy-1/output broker-proxy-1/output
# @TEST-EXEC: diff zeromq-worker-1/store.txt broker-worker-1/store.txt
# A worker that joins may need the whole store, one that is there does not.
# @TEST-EXEC: for b in zeromq broker; do ! grep WORKER_REPAIR $b-manager/misp.log | grep -v 'instance=,' || exit 1; done
# @TEST-EXEC: btest-diff zeromq-proxy-1/output
# @TEST-EXEC: btest-diff zeromq-worker-1/store.txt

@load policy/frameworks/intel/do_expire

module MISPTest;

redef Intel::item_expiration = 1sec;
redef table_expire_interval = 100msec;
redef table_expire_delay = 0sec;

# Times that items of MISP have expired.
global expiries = 0;

hook Intel::item_expired(indicator: string, indicator_type: Intel::Type,
                         metas: set[Intel::MetaData])
	{
	for ( meta in metas )
		if ( starts_with(meta$source, "MISP-") )
			++expiries;
	}

# The manager obeys when all of MISP has expired twice.
event wait_for_expiries()
	{
	if ( expiries < 14 )
		schedule 100msec { wait_for_expiries() };
	else
		Cluster::publish(Cluster::proxy_topic, MISPTest::obeyed, Cluster::node, "expire");
	}

hook do_it(name: string)
	{
	if ( Cluster::local_node_type() != Cluster::MANAGER )
		return;

	if ( name == "insert" )
		Intel::insert(Intel::Item($indicator="file.example.net", $indicator_type=Intel::DOMAIN,
		                          $meta=Intel::MetaData($source="a file")));

	if ( name == "expire" )
		event wait_for_expiries();
	}

function four(event_id: string): vector of MISP::ItemV1
	{
	return vector(item("192.0.2.1", "Intel::ADDR", event_id),
	              item("192.0.2.0/24", "Intel::SUBNET", event_id),
	              item("a.example.net", "Intel::DOMAIN", event_id),
	              item(fmt("only-%s.example.net", event_id), "Intel::DOMAIN", event_id));
	}

redef steps += {
	function() { hello("s-1"); },
	function() { let_all("insert"); },
	function() { apply("s-1", 1, 1, four("1")); apply("s-1", 2, 2, four("2")); },
	function() { in_step("s-1"); },
	# All three nodes obey at once, and the manager again when it has happened.
	function() { let_all("expire"); ++open_answers; },
	function() { in_step("s-1"); },
	function()
		{
		apply("s-1", 3, 3, vector(), vector(key("192.0.2.1", "Intel::ADDR", "1"),
		                                    key("192.0.2.1", "Intel::ADDR", "2"),
		                                    key("only-1.example.net", "Intel::DOMAIN", "1")));
		},
	function() { apply("s-1", 4, 4, vector(item("new.example.net", "Intel::DOMAIN", "4"))); },
	function() { in_step("s-1"); },
	function() { let_all("write"); },
};
