# @TEST-DOC: What the service says reaches the workers of a cluster, on both backends: a snapshot, live changes, an indicator that two events name, one that another source names too, subnets inside each other.
# @TEST-REQUIRES: has-zeromq
# @TEST-EXEC: cluster-run zeromq %INPUT
# @TEST-EXEC: cluster-run broker %INPUT
# @TEST-EXEC: for b in zeromq broker; do for w in 1 2; do diff $b-manager/store.txt $b-worker-$w/store.txt || exit 1; done; done
# @TEST-EXEC: diff zeromq-proxy-1/output broker-proxy-1/output
# @TEST-EXEC: diff zeromq-worker-1/store.txt broker-worker-1/store.txt
# @TEST-EXEC: grep -v '^10\..* Intel::ADDR' zeromq-worker-1/store.txt >store
# @TEST-EXEC: grep -c '^10\..* Intel::ADDR' zeromq-worker-1/store.txt >>store
# @TEST-EXEC-FAIL: grep WORKER_REPAIR zeromq-manager/misp.log broker-manager/misp.log
# @TEST-EXEC: btest-diff zeromq-proxy-1/output
# @TEST-EXEC: btest-diff store

module MISPTest;

function batch(first: count): vector of MISP::ItemV2
	{
	local items: vector of MISP::ItemV2;
	while ( |items| < 200 )
		items += item(cat(counts_to_addr(vector(167772160 + first + |items|))), "Intel::ADDR", "1");

	return items;
	}

function five(event_id: string): vector of MISP::ItemV2
	{
	return vector(item("192.0.2.1", "Intel::ADDR", event_id),
	              item("192.0.0.0/16", "Intel::SUBNET", event_id),
	              item("192.0.2.0/24", "Intel::SUBNET", event_id),
	              item("a.example.net", "Intel::DOMAIN", event_id),
	              item("shared.example.net", "Intel::DOMAIN", event_id));
	}

function five_keys(event_id: string): vector of MISP::KeyV2
	{
	return vector(key("192.0.2.1", "Intel::ADDR", event_id),
	              key("192.0.0.0/16", "Intel::SUBNET", event_id),
	              key("192.0.2.0/24", "Intel::SUBNET", event_id),
	              key("a.example.net", "Intel::DOMAIN", event_id),
	              key("shared.example.net", "Intel::DOMAIN", event_id));
	}

hook do_it(name: string)
	{
	# Another source; the framework distributes it.
	if ( name == "insert" && Cluster::local_node_type() == Cluster::MANAGER )
		{
		Intel::insert(Intel::Item($indicator="shared.example.net", $indicator_type=Intel::DOMAIN,
		                          $meta=Intel::MetaData($source="a file")));
		Intel::insert(Intel::Item($indicator="file.example.net", $indicator_type=Intel::DOMAIN,
		                          $meta=Intel::MetaData($source="a file")));
		}
	}

redef steps += {
	function() { hello("s-1"); },
	function() { begin("s-1", 1, 1); },
	function() { apply("s-1", 2, 1, batch(0)); apply("s-1", 3, 1, batch(200)); apply("s-1", 4, 1, batch(400)); },
	function() { apply("s-1", 5, 1, five("1")); apply("s-1", 6, 1, five("2")); end("s-1", 7, 1); },
	function() { in_step("s-1"); },
	function() { let_all("insert"); },
	function() { in_step("s-1"); },
	# Event 2 still names all.
	function() { apply("s-1", 8, 2, vector(), five_keys("1")); },
	function() { in_step("s-1"); },
	# Nobody does, but for the other source; and in again, and out.
	function() { apply("s-1", 9, 3, vector(), five_keys("2")); apply("s-1", 10, 4, five("3")); },
	function() { apply("s-1", 11, 5, vector(), five_keys("3")); },
	function() { apply("s-1", 12, 6, vector(item("192.0.2.0/24", "Intel::SUBNET", "4"), item("last.example.net", "Intel::DOMAIN", "4"))); },
	function() { in_step("s-1"); },
	# A snapshot that sweeps.
	function() { hello("s-2"); },
	function() { begin("s-2", 1, 7); },
	function() { apply("s-2", 2, 7, batch(200)); apply("s-2", 3, 7, vector(item("192.0.2.0/24", "Intel::SUBNET", "4"))); },
	function() { end("s-2", 4, 7); },
	function() { in_step("s-2"); },
	function() { let_all("write"); },
};
