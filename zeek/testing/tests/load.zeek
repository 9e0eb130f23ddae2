# @TEST-DOC: The package loads without a word on a stand-alone Zeek, also in bare mode, and on each node of a cluster; only the manager of one carries out messages.
# @TEST-EXEC: zeek --parse-only $PACKAGE 2>stderr-parse && test ! -s stderr-parse
# @TEST-EXEC: zeek -b --parse-only $PACKAGE 2>stderr-bare && test ! -s stderr-bare
# @TEST-EXEC: quiet-zeek $PACKAGE %INPUT >>output
# @TEST-EXEC: quiet-zeek -b $PACKAGE %INPUT >>output
# @TEST-EXEC: CLUSTER_NODE=manager quiet-zeek --parse-only $(cluster-backend) $PACKAGE
# @TEST-EXEC: CLUSTER_NODE=manager zeek $(cluster-backend) $PACKAGE %INPUT >>output
# @TEST-EXEC: CLUSTER_NODE=proxy-1 quiet-zeek --parse-only $(cluster-backend) $PACKAGE
# @TEST-EXEC: CLUSTER_NODE=proxy-1 zeek $(cluster-backend) $PACKAGE %INPUT >>output
# @TEST-EXEC: CLUSTER_NODE=worker-1 quiet-zeek --parse-only $(cluster-backend) $PACKAGE
# @TEST-EXEC: CLUSTER_NODE=worker-1 zeek $(cluster-backend) $PACKAGE %INPUT >>output
# @TEST-EXEC: btest-diff output
# @TEST-PORT: MANAGER_PORT
# @TEST-PORT: PROXY_PORT
# @TEST-PORT: WORKER_PORT

# @TEST-START-FILE cluster-layout.zeek
redef Cluster::nodes = {
	["manager"] = Cluster::Node($node_type=Cluster::MANAGER, $ip=127.0.0.1, $p=to_port(getenv("MANAGER_PORT"))),
	["proxy-1"] = Cluster::Node($node_type=Cluster::PROXY, $ip=127.0.0.1, $p=to_port(getenv("PROXY_PORT")), $manager="manager"),
	["worker-1"] = Cluster::Node($node_type=Cluster::WORKER, $ip=127.0.0.1, $p=to_port(getenv("WORKER_PORT")), $manager="manager"),
};
# @TEST-END-FILE

redef Log::default_rotation_interval = 0sec;
redef Log::default_rotation_postprocessor_cmd = "";

function is_field(name: string): bool
	{
	return name in record_fields(Intel::MetaData($source=""));
	}

event zeek_init() &priority=-100
	{
	local id = lookup_ID("MISP::add_job");
	print peer_description, type_name(id) == "string" ? "listens not" : "carries out messages",
	      is_field("misp_event_id") && is_field("misp_attribute_uuid") && is_field("misp_ports")
	      && is_field("misp_tags") && is_field("report_sightings");
	terminate();
	}
