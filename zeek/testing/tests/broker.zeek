# @TEST-DOC: Over a real Broker connection the package answers on the service's topic, and the test inspector tells what the Intel framework holds.
# The system chooses the port: one that btest chooses may be in use by now.
# @TEST-EXEC: btest-bg-run zeek "quiet-zeek $PACKAGE $REPOSITORY/tests/support/zeek/inspect.zeek ../zeek-side.zeek"
# @TEST-EXEC: timeout 60 sh -c 'until [ -e zeek/port ]; do sleep 0.1; done'
# @TEST-EXEC: btest-bg-run service "MISP_TEST_PORT=$(cat zeek/port) quiet-zeek $PACKAGE/types.zeek $PACKAGE/api.zeek ../service-side.zeek >output"
# @TEST-EXEC: btest-bg-wait 120
# @TEST-EXEC: zeek-cut action reason <zeek/misp.log | sed 's/127.0.0.1:[0-9]*/<peer>/' >misp
# @TEST-EXEC: btest-diff service/output
# @TEST-EXEC: btest-diff misp

# @TEST-START-FILE zeek-side.zeek
redef exit_only_after_terminate = T;

# If the other side fails.
event out_of_time()
	{
	if ( ! zeek_is_terminating() )
		terminate();
	}

event zeek_init()
	{
	schedule 100sec { out_of_time() };
	local out = open("port.part");
	print out, Broker::listen("127.0.0.1", 0/tcp);
	close(out);
	rename("port.part", "port");
	}

event Broker::peer_lost(endpoint: Broker::EndpointInfo, msg: string) &priority=-10
	{
	terminate();
	}
# @TEST-END-FILE

# @TEST-START-FILE service-side.zeek
redef exit_only_after_terminate = T;

# If the other side fails.
event out_of_time()
	{
	if ( ! zeek_is_terminating() )
		terminate();
	}

event zeek_init()
	{
	schedule 100sec { out_of_time() };
	}

const service_id = "00c0ffee12345678";

export {
	global MISPTest::dump: event(nonce: count);
	global MISPTest::dump_min: event(nonce: count);
	global MISPTest::dump_reply: event(nonce: count, last: bool, entries: vector of string);
}

event zeek_init()
	{
	Broker::subscribe(MISP::service_topic_prefix + service_id);
	Broker::subscribe(MISP::probe_answer_topic_prefix + service_id);
	Broker::subscribe("misp-zeek-test/reply");
	Broker::peer("127.0.0.1", to_port(getenv("MISP_TEST_PORT")), 1sec);
	}

event Broker::peer_added(endpoint: Broker::EndpointInfo, msg: string)
	{
	Broker::publish(MISP::probe_topic, MISP::probe,
	                MISP::Probe($service_id=service_id, $contract=2));
	}

event MISP::probe_answer(m: MISP::ProbeAnswer)
	{
	print "probe_answer", m$contract, m$package_version == MISP::package_version, m$node;
	Broker::publish(MISP::zeek_topic, MISP::hello_v2,
	                MISP::HelloV2($service_id=service_id, $session="s-1", $service_version="1.0.0",
	                              $owner="MISP", $misp="m", $filter="f", $capabilities=set("a"),
	                              $auth=""));
	}

function apply(session: string, seq: count, upserts: vector of MISP::ItemV2)
	{
	Broker::publish(MISP::zeek_topic, MISP::apply_v2,
	                MISP::ApplyV2($session=session, $seq=seq, $epoch="e", $revision=5,
	                              $upserts=upserts, $removals=vector()));
	}

event MISP::hello_ack_v2(m: MISP::HelloAckV2)
	{
	print "hello_ack", m$session, m$instance == /[0-9a-f]{16}/,
	      m$package_version == MISP::package_version, m$zeek_version != "", m$node, m$role, m$epoch,
	      m$revision, m$items, m$digest, m$digest_key == /[0-9a-f]{32}/;
	Broker::publish(MISP::zeek_topic, MISP::begin_v2,
	                MISP::BeginV2($session=m$session, $seq=1, $epoch="e", $revision=5, $items=1,
	                              $auth=""));
	apply(m$session, 2, vector(
	    MISP::ItemV2($indicator="192.0.2.1", $indicator_type="Intel::ADDR", $event_id="7",
	                 $attribute_uuids="u-1,u-2", $desc="d", $url="u", $ports="", $tags="",
	                 $report_sightings=T, $kind="misp", $columns=table(["c"] = "v")),
	    MISP::ItemV2($indicator="192.0.2", $indicator_type="Intel::ADDR", $event_id="7",
	                 $attribute_uuids="u-3", $desc="d", $url="u", $ports="", $tags="",
	                 $report_sightings=T, $kind="misp")));
	Broker::publish(MISP::zeek_topic, MISP::end_v2,
	                MISP::EndV2($session=m$session, $seq=3, $epoch="e", $revision=5, $auth=""));
	}

event MISP::ack_v2(m: MISP::AckV2)
	{
	print "ack", m;
	if ( m$seq == 3 )
		Broker::publish(MISP::zeek_topic, MISP::ping_v2,
		                MISP::PingV2($session=m$session, $nonce=42, $auth=""));
	}

event MISP::pong_v2(m: MISP::PongV2)
	{
	print "pong", m$session, m$nonce, m$seq, m$epoch, m$revision, m$items, m$workers_configured;
	Broker::publish("misp-zeek-test/zeek", MISPTest::dump, 1);
	Broker::publish("misp-zeek-test/zeek", MISPTest::dump_min, 2);
	}

event MISPTest::dump_reply(nonce: count, last: bool, entries: vector of string)
	{
	print "dump", nonce, last, entries;
	if ( nonce == 2 )
		apply("s-1", 9, vector());
	}

event MISP::resync_v2(m: MISP::ResyncV2)
	{
	print "resync", m;
	terminate();
	}
# @TEST-END-FILE
