# SPDX-License-Identifier: BSD-3-Clause
##! Drives the package inside one process: a test sets `steps`, each step says
##! what the service would, the answers are printed, and the next step runs when
##! all answers are there. Then Zeek ends.

@load ./replication
@load ./stores


# A test that lasts must not find its service gone.
redef MISP::lease = 60sec;
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
	global hello_as: function(session: string, owner: string, service_id: string);
	global begin: function(session: string, seq: count, revision: count);
	global apply: function(session: string, seq: count, revision: count,
	                       upserts: vector of MISP::ItemV2,
	                       removals: vector of MISP::KeyV2 &default=vector());
	global end: function(session: string, seq: count, revision: count);
	global ping: function(session: string, nonce: count);

	## Expects so many answers to messages that the step raises by itself.
	global expect: function(answers: count);

	## An item with fields made from its name and event.
	global item: function(indicator: string, indicator_type: string, event_id: string): MISP::ItemV2;
	global key: function(indicator: string, indicator_type: string, event_id: string): MISP::KeyV2;

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

# What is another each time.
function settled(name: string, field: string, value: string): string
	{
	if ( name != "hello_ack_v2" && name != "probe_answer" )
		return value;

	switch ( field )
		{
		case "instance":
			return value == /[0-9a-f]{16}/ ? "<instance>" : "bad instance";
		case "package_version":
			return value == MISP::package_version ? "<package_version>" : "bad version";
		case "zeek_version":
			return value == zeek_version() ? "<version>" : "bad version";
		case "digest_key":
			return value == /[0-9a-f]{32}/ ? "<key>" : "bad key";
		default:
			return value;
		}
	}

# A record's fields with their names; what is 0, empty or as usual is left out.
function describe(name: string, m: any): string
	{
	local text: vector of string;
	local fields = record_fields(m);
	local names: vector of string;
	for ( field, _ in fields )
		names += field;

	sort(names, strcmp);
	for ( _, f in names )
		{
		local value = settled(name, f, fields[f]?$value ? cat(fields[f]$value) : "");
		if ( value != "" && value != "0" && value != "[]" && value != "{\x0a\x0a}" && value != "T"
		     && f != "capabilities" && f != "digest_key" )
			text += fmt("%s=%s", f, value);
		}

	return join_string_vec(text, " ");
	}

# Instead of the ways to a service.
hook MISP::publish(topic: string, ev: any, m: any) &priority=100
	{
	local name = sub(Broker::make_event(ev, m)$name, /^MISP::/, "");
	local line = fmt("%s %s", name, describe(name, m));
	if ( name == "seen_v2" )
		hook seen_sent();
	else
		{
		hook answered(line);
		if ( is_verbose )
			print line;
		}

	if ( open_answers == 0 )
		print "not expected";
	else if ( --open_answers == 0 )
		event run_step();

	break;
	}

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
	hello_as(session, "MISP", "00c0ffee12345678");
	}

function hello_as(session: string, owner: string, service_id: string)
	{
	expect(1);
	event MISP::hello_v2(MISP::HelloV2($service_id=service_id, $session=session,
	                                   $service_version="1.0.0", $owner=owner,
	                                   $misp="https://misp.example.org", $filter="f",
	                                   $capabilities=set(), $auth=""));
	}

function begin(session: string, seq: count, revision: count)
	{
	expect(1);
	event MISP::begin_v2(MISP::BeginV2($session=session, $seq=seq, $epoch="8c1d2e3f40516273",
	                                   $revision=revision, $items=0, $auth=""));
	}

function apply(session: string, seq: count, revision: count, upserts: vector of MISP::ItemV2,
               removals: vector of MISP::KeyV2)
	{
	expect(1);
	event MISP::apply_v2(MISP::ApplyV2($session=session, $seq=seq, $epoch="8c1d2e3f40516273",
	                                   $revision=revision, $upserts=upserts, $removals=removals));
	}

function end(session: string, seq: count, revision: count)
	{
	expect(1);
	event MISP::end_v2(MISP::EndV2($session=session, $seq=seq, $epoch="8c1d2e3f40516273",
	                               $revision=revision, $auth=""));
	}

function ping(session: string, nonce: count)
	{
	expect(1);
	event MISP::ping_v2(MISP::PingV2($session=session, $nonce=nonce, $auth=""));
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

function show()
	{
	for ( _, line in data() )
		print fmt("   %s", line);

	for ( indicator in disagreement() )
		print fmt("   stores differ: %s", indicator);
	}
