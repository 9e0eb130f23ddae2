# SPDX-License-Identifier: BSD-3-Clause
##! A cluster of manager, proxy and two workers. The proxy plays the service, over
##! the cluster's bus: it runs the test's `steps`, each when all answers to the one
##! before are there, and prints them. The other nodes write what they hold to a
##! file when they are told to, and end when the last step is done.

@load ./stores

redef exit_only_after_terminate = T;
redef MISP::lease = 60sec;
redef Log::default_rotation_interval = 0sec;

module MISPTest;

export {
	## The steps of the test, run by the proxy.
	const steps: vector of function() &redef;

	## Whether the answers to changes are printed.
	global is_verbose = T;

	## Each sends a message and expects one answer.
	global hello: function(session: string);
	global begin: function(session: string, seq: count, revision: count);
	global apply: function(session: string, seq: count, revision: count,
	                       upserts: vector of MISP::ItemV2,
	                       removals: vector of MISP::KeyV2 &default=vector());
	global end: function(session: string, seq: count, revision: count);

	## Asks until the pong says that both workers are there and in sync.
	global in_step: function(session: string);

	## Expects each node to do this by itself.
	global let_all: function(name: string);

	## What a node does for :zeek:see:`MISPTest::let_all`.
	global do_it: hook(name: string);

	global item: function(indicator: string, indicator_type: string, event_id: string): MISP::ItemV2;
	global key: function(indicator: string, indicator_type: string, event_id: string): MISP::KeyV2;

	global ordered: event(name: string);
	global obeyed: event(node: string, name: string);
	global finish: event();
}

const service_id = "00c0ffee12345678";
const epoch = "8c1d2e3f40516273";

global open_answers = 0;
global next_step = 0;
global asked_session = "";
global nonce = 0;
global others_up: set[string];

event out_of_time()
	{
	if ( zeek_is_terminating() )
		return;

	print "out of time";
	terminate();
	}

event finish()
	{
	terminate();
	}

event ordered(name: string)
	{
	hook do_it(name);
	if ( name == "write" )
		{
		local out = open("store.txt");
		for ( _, line in matched() )
			print out, line;
		close(out);
		}

	Cluster::publish(Cluster::proxy_topic, MISPTest::obeyed, Cluster::node, name);
	}

@if ( Cluster::local_node_type() == Cluster::PROXY )
function to_zeek_topic(): string
	{
	return MISP::zeek_topic;
	}

global run_step: event();

event ask()
	{
	if ( zeek_is_terminating() )
		return;

	++nonce;
	Cluster::publish(to_zeek_topic(), MISP::ping_v2,
	                 MISP::PingV2($session=asked_session, $nonce=nonce, $auth=""));
	}

event run_step()
	{
	while ( open_answers == 0 )
		{
		if ( next_step == |steps| )
			{
			Cluster::publish(Cluster::worker_topic, MISPTest::finish);
			Cluster::publish(Cluster::manager_topic, MISPTest::finish);
			schedule 1sec { finish() };
			return;
			}

		print fmt("-- step %d", next_step);
		steps[next_step]();
		++next_step;
		}
	}

function answered(text: string)
	{
	if ( text != "" )
		print text;

	if ( open_answers == 0 )
		print "not expected";
	else if ( --open_answers == 0 )
		event run_step();
	}

event MISP::hello_ack_v2(m: MISP::HelloAckV2)
	{
	answered(fmt("hello_ack %s %s %d", m$session, m$node, m$items));
	}

event MISP::ack_v2(m: MISP::AckV2)
	{
	answered(! is_verbose ? "" : fmt("ack %d: %d inserted, %d updated, %d unchanged, %d removed, %d rejected", m$seq,
	             m$inserted, m$updated, m$unchanged, m$removed, |m$rejects|));
	}

event MISP::pong_v2(m: MISP::PongV2)
	{
	if ( m$workers_configured == 2 && m$workers_connected == 2 && m$workers_in_sync == 2 && m$lost == 0 )
		answered(fmt("pong: %d items, 2 workers in sync", m$items));
	else
		schedule 100msec { ask() };
	}

event MISP::resync_v2(m: MISP::ResyncV2)
	{
	answered(fmt("resync %s", m$reason));
	}

event obeyed(node: string, name: string)
	{
	answered("");
	}

event Cluster::node_up(name: string, id: string)
	{
	add others_up[name];
	if ( next_step == 0 && |others_up| == 3 )
		event run_step();
	}

event zeek_init()
	{
	Cluster::subscribe(MISP::service_topic_prefix + service_id);
	}
@endif

event zeek_init()
	{
	schedule 80sec { out_of_time() };
	}

function hello(session: string)
	{
	++open_answers;
	Cluster::publish(MISP::zeek_topic, MISP::hello_v2,
	                 MISP::HelloV2($service_id=service_id, $session=session,
	                               $service_version="1.0.0", $owner="MISP", $misp="m", $filter="f",
	                               $capabilities=set(), $auth=""));
	}

function begin(session: string, seq: count, revision: count)
	{
	++open_answers;
	Cluster::publish(MISP::zeek_topic, MISP::begin_v2,
	                 MISP::BeginV2($session=session, $seq=seq, $epoch=epoch, $revision=revision,
	                               $items=0, $auth=""));
	}

function apply(session: string, seq: count, revision: count, upserts: vector of MISP::ItemV2,
               removals: vector of MISP::KeyV2)
	{
	++open_answers;
	Cluster::publish(MISP::zeek_topic, MISP::apply_v2,
	                 MISP::ApplyV2($session=session, $seq=seq, $epoch=epoch, $revision=revision,
	                               $upserts=upserts, $removals=removals));
	}

function end(session: string, seq: count, revision: count)
	{
	++open_answers;
	Cluster::publish(MISP::zeek_topic, MISP::end_v2,
	                 MISP::EndV2($session=session, $seq=seq, $epoch=epoch, $revision=revision,
	                             $auth=""));
	}

function in_step(session: string)
	{
	++open_answers;
	asked_session = session;
@if ( Cluster::local_node_type() == Cluster::PROXY )
	event ask();
@endif
	}

function let_all(name: string)
	{
	open_answers += 3;
	Cluster::publish(Cluster::worker_topic, MISPTest::ordered, name);
	Cluster::publish(Cluster::manager_topic, MISPTest::ordered, name);
	}

function item(indicator: string, indicator_type: string, event_id: string): MISP::ItemV2
	{
	return MISP::ItemV2($indicator=indicator, $indicator_type=indicator_type, $event_id=event_id,
	                    $attribute_uuids=fmt("uuid-of-%s", indicator),
	                    $desc=fmt("event %s", event_id),
	                    $url=fmt("https://misp.example.org/events/view/%s", event_id), $ports="", $tags="",
	                    $report_sightings=T, $kind="misp");
	}

function key(indicator: string, indicator_type: string, event_id: string): MISP::KeyV2
	{
	return MISP::KeyV2($indicator=indicator, $indicator_type=indicator_type, $event_id=event_id);
	}
