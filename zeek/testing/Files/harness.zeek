# SPDX-License-Identifier: BSD-3-Clause
##! Drives the package inside one process: a test sets `steps`, each step says
##! what the service would, the answers are printed, and the next step runs when
##! all answers are there. Then Zeek ends.

@load ./books
@load ./stores

redef MISP::broker_listen = F;
redef exit_only_after_terminate = T;

module MISPTest;

export {
	## The steps of the test.
	const steps: vector of function() &redef;

	## Whether answers are printed.
	global is_verbose = T;

	## Called for each answer, before it is printed.
	global answered: hook(text: string);

	## Called when sightings were sent, which nothing else tells.
	global seen_sent: hook();

	## Each sends a message and expects one answer.
	global hello: function(session: string);
	global begin: function(session: string, seq: count, revision: count);
	global apply: function(session: string, seq: count, revision: count,
	                       upserts: vector of MISP::ItemV1,
	                       removals: vector of MISP::KeyV1 &default=vector());
	global end: function(session: string, seq: count, revision: count);
	global ping: function(session: string, nonce: count);

	## Expects so many answers to messages that the step raises by itself.
	global expect: function(answers: count);

	## An item with fields made from its name and event.
	global item: function(indicator: string, indicator_type: string, event_id: string): MISP::ItemV1;
	global key: function(indicator: string, indicator_type: string, event_id: string): MISP::KeyV1;

	## Prints the data store, and where the other store differs.
	global show: function();
}

global open_answers = 0;
global next_step = 0;

event run_step()
	{
	while ( open_answers == 0 )
		{
		if ( next_step == |steps| )
			{
			terminate();
			return;
			}

		print fmt("-- step %d", next_step);
		steps[next_step]();
		++next_step;
		}
	}

event out_of_time()
	{
	# Zeek raises what is scheduled when it ends, too.
	if ( zeek_is_terminating() )
		return;

	print "out of time";
	terminate();
	}

redef MISP::publish = function(topic: string, answer: Broker::Event)
	{
	local args: vector of string;
	for ( i, arg in answer$args )
		{
		local text = sub(sub(cat(arg), /^\[data=broker::data\{/, ""), /\}\]$/, "");
		# What is another each time.
		if ( answer$name == "MISP::hello_ack_v1" && i == 1 )
			text = text == /[0-9a-f]{16}/ ? "<instance>" : "bad instance";
		if ( answer$name == "MISP::hello_ack_v1" && i == 2 )
			text = text == MISP::package_version ? "<package_version>" : "bad version";
		if ( answer$name == "MISP::hello_ack_v1" && i == 3 )
			text = text == zeek_version() ? "<version>" : "bad version";
		args += text;
		}

	local line = fmt("%s %s", sub(answer$name, /^MISP::/, ""), join_string_vec(args, " | "));
	if ( answer$name == "MISP::seen_v1" )
		hook seen_sent();
	else
		{
		hook answered(line);
		if ( is_verbose )
			print line;
		}

	if ( open_answers == 0 )
		{
		print "not expected";
		return;
		}

	if ( --open_answers == 0 )
		event run_step();
	};

event zeek_init() &priority=-10
	{
	schedule 60sec { out_of_time() };
	event run_step();
	}

function expect(answers: count)
	{
	open_answers += answers;
	}

function hello(session: string)
	{
	expect(1);
	event MISP::hello_v1("00c0ffee12345678", session, "1.0.0");
	}

function begin(session: string, seq: count, revision: count)
	{
	expect(1);
	event MISP::begin_v1(session, seq, "8c1d2e3f40516273", revision, 0);
	}

function apply(session: string, seq: count, revision: count, upserts: vector of MISP::ItemV1,
               removals: vector of MISP::KeyV1)
	{
	expect(1);
	event MISP::apply_v1(session, seq, "8c1d2e3f40516273", revision, upserts, removals);
	}

function end(session: string, seq: count, revision: count)
	{
	expect(1);
	event MISP::end_v1(session, seq, "8c1d2e3f40516273", revision);
	}

function ping(session: string, nonce: count)
	{
	expect(1);
	event MISP::ping_v1(session, nonce);
	}

function item(indicator: string, indicator_type: string, event_id: string): MISP::ItemV1
	{
	return MISP::ItemV1($indicator=indicator, $indicator_type=indicator_type, $event_id=event_id,
	                    $attribute_uuids=fmt("uuid-of-%s", indicator),
	                    $desc=fmt("event %s", event_id),
	                    $url=fmt("https://misp.example.org/events/view/%s", event_id), $ports="", $tags="",
	                    $report_sightings=T);
	}

function key(indicator: string, indicator_type: string, event_id: string): MISP::KeyV1
	{
	return MISP::KeyV1($indicator=indicator, $indicator_type=indicator_type, $event_id=event_id);
	}

function show()
	{
	for ( _, line in data() )
		print fmt("   %s", line);

	for ( indicator in disagreement() )
		print fmt("   stores differ: %s", indicator);
	}
