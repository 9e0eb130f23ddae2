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
redef MISP::broker_listen = F;

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

function tell(ev: Broker::Event)
	{
	Broker::publish(MISP::zeek_topic, ev);
	}

event zeek_init()
	{
	Broker::subscribe(MISP::service_topic_prefix + service_id);
	Broker::subscribe("misp-zeek-test/reply");
	Broker::peer("127.0.0.1", to_port(getenv("MISP_TEST_PORT")), 1sec);
	}

event Broker::peer_added(endpoint: Broker::EndpointInfo, msg: string)
	{
	tell(Broker::make_event(MISP::hello_v1, service_id, "s-1", "1.0.0"));
	}

event MISP::hello_ack_v1(session: string, instance: string, package_version: string,
                         zeek_version: string, node: string, epoch: string, revision: count,
                         items: count, digest: string)
	{
	print "hello_ack", session, instance == /[0-9a-f]{16}/,
	      package_version == MISP::package_version, zeek_version != "", node, epoch, revision, items, digest;
	tell(Broker::make_event(MISP::begin_v1, session, 1, "e", 5, 1));
	local upserts = vector(MISP::ItemV1($indicator="192.0.2.1", $indicator_type="Intel::ADDR",
	                                    $event_id="7", $attribute_uuids="u-1,u-2", $desc="d",
	                                    $url="u", $ports="", $tags="", $report_sightings=T),
	                       MISP::ItemV1($indicator="192.0.2", $indicator_type="Intel::ADDR",
	                                    $event_id="7", $attribute_uuids="u-3", $desc="d",
	                                    $url="u", $ports="", $tags="", $report_sightings=T));
	local removals: vector of MISP::KeyV1;
	tell(Broker::make_event(MISP::apply_v1, session, 2, "e", 5, upserts, removals));
	tell(Broker::make_event(MISP::end_v1, session, 3, "e", 5));
	}

event MISP::ack_v1(session: string, seq: count, revision: count, inserted: count, updated: count,
                   unchanged: count, removed: count, rejects: vector of MISP::RejectV1)
	{
	print "ack", session, seq, revision, inserted, updated, unchanged, removed, rejects;
	if ( seq == 3 )
		tell(Broker::make_event(MISP::ping_v1, session, 42));
	}

event MISP::pong_v1(session: string, nonce: count, seq: count, epoch: string, revision: count,
                    items: count, digest: string, workers: count, workers_in_step: count)
	{
	print "pong", session, nonce, seq, epoch, revision, items, digest, workers, workers_in_step;
	Broker::publish("misp-zeek-test/zeek", MISPTest::dump, 1);
	Broker::publish("misp-zeek-test/zeek", MISPTest::dump_min, 2);
	}

event MISPTest::dump_reply(nonce: count, last: bool, entries: vector of string)
	{
	print "dump", nonce, last, entries;
	if ( nonce == 2 )
		tell(Broker::make_event(MISP::apply_v1, "s-1", 9, "e", 5, vector(), vector()));
	}

event MISP::resync_v1(session: string, expected_seq: count, reason: string)
	{
	print "resync", session, expected_seq, reason;
	terminate();
	}
# @TEST-END-FILE
