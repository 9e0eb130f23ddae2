# @TEST-DOC: Where others expire on the manager, entries of MISP do not, the workers stay in sync without a repair, and what is taken out afterwards goes.
# @TEST-REQUIRES: has-zeromq
# @TEST-EXEC: cluster-run zeromq %INPUT
# @TEST-EXEC: cluster-run broker %INPUT
# @TEST-EXEC: for b in zeromq broker; do for w in 1 2; do diff $b-manager/store.txt $b-worker-$w/store.txt || exit 1; done; done
# @TEST-EXEC: grep -x 'expired of MISP, 0' zeromq-manager/output broker-manager/output
# @TEST-EXEC: diff zeromq-proxy-1/output broker-proxy-1/output
# @TEST-EXEC: diff zeromq-worker-1/store.txt broker-worker-1/store.txt
# @TEST-EXEC-FAIL: grep WORKER_REPAIR zeromq-manager/misp.log broker-manager/misp.log
# @TEST-EXEC: btest-diff zeromq-proxy-1/output
# @TEST-EXEC: btest-diff zeromq-worker-1/store.txt

@load policy/frameworks/intel/do_expire

module MISPTest;

redef Intel::item_expiration = 3sec;
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

# The manager obeys when all would have expired twice.
event end_wait()
	{
	print "expired of MISP", expiries;
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
		schedule 7sec { end_wait() };
	}

function four(event_id: string): vector of MISP::ItemV2
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
