# SPDX-License-Identifier: BSD-3-Clause
##! The manager's side of the distribution: brings what MISP says to all workers,
##! knows which of them hold it, and repairs the others. The Intel framework
##! announces item by item, and loses some under load without a word; here a step
##! of work is one batch, and a worker that misses one is found and repaired.

@load ./main
@load ./notices
@load ./store-state
@load ./truth

module MISP;

# After this long without a report nothing is known about a worker.
const report_lifetime = 10sec;

# For so long a difference must stay the same to be a loss: what others insert is
# under way to the workers for a while.
const settling_time = 1sec;

# Buckets that are under way to a worker.
const buckets_under_way = 4;

type Worker: record {
	name: string;
	version: string &default="";
	# Whether its last report agreed with the manager.
	agrees: bool &default=F;
	# The last batch that it has applied.
	seq: count &default=0;
	# Of its last report and the last question that it answered.
	reported_at: time;
	nonce: count &default=0;
	# How it differed in its last report, and since when it does so.
	difference: string &default="";
	differs_since: time &default=double_to_time(0.0);
	# Whether the question under way asks for its buckets.
	asks_buckets: bool &default=F;
	# Whether it is being repaired, and the buckets that it will get.
	is_repairing: bool &default=F;
	repairs: vector of count &default=vector();
};

# By the id of the process: a name has two for a moment when a worker restarts.
global workers: table[string] of Worker;
global gone_ids: set[string] &create_expire=10min;

# The last question, and what the manager held then.
type Question: record {
	nonce: count &default=0;
	store: StoreState &default=StoreState();
	buckets: vector of count &default=vector();
};
global question = Question();

# The last batch, and what has changed since.
global batch_seq = 0;
global next_inserts: vector of Intel::Item;
global next_removals: vector of Intel::Item;

# Indicators that are not, or not only, in the store because of MISP, by bucket:
# together with what is held these are all.
type Indicators: set[string, Intel::Type];
global foreign: vector of Indicators;

# Whether work waits for workers, and since which round of waiting.
global waits_for_workers = F;
global waiting_round = 0;

# Without internals: whether the last step is not confirmed yet.
global is_unconfirmed = F;

# Pongs that wait for the workers' answers, by owner.
global waiting_pongs: table[string] of count;

global check_workers: event();
global waited_enough: event(round: count);
global pong_is_due: event(name: string, nonce: count);

event zeek_init() &priority=20
	{
	while ( |foreign| < 1024 )
		foreign += Indicators();
	}

# ---- what changes ----

function by_type(items: vector of Intel::Item): table[Intel::Type] of vector of string
	{
	local result: table[Intel::Type] of vector of string;
	local indicators: vector of string;
	local last: Intel::Type;
	for ( n, item in items )
		{
		# In a bulk load, neighbours are of one type.
		if ( n == 0 || item$indicator_type != last )
			{
			last = item$indicator_type;
			if ( last !in result )
				result[last] = vector();

			indicators = result[last];
			}

		indicators += item$indicator;
		}

	return result;
	}

hook inserted(item: Intel::Item, is_first: bool)
	{
	if ( is_first && has_internals )
		next_inserts += item;
	}

hook removed(item: Intel::Item, is_gone: bool)
	{
	if ( ! has_internals )
		return;

	if ( is_gone )
		next_removals += item;
	else if ( item$indicator_type != Intel::SUBNET
	          && ! has_entry(item$indicator, item$indicator_type) )
		add foreign[store_bucket_of(item$indicator)][item$indicator, item$indicator_type];
	}

hook mended(indicator: string, indicator_type: Intel::Type)
	{
	next_inserts += Intel::Item($indicator=indicator, $indicator_type=indicator_type,
	                            $meta=Intel::MetaData($source=""));
	hook after_step();
	}

@if ( notes_store_changes )
hook Intel::indicator_inserted(indicator: string, indicator_type: Intel::Type) &priority=1000000000
	{
	if ( ! is_own_change && indicator_type != Intel::SUBNET )
		add foreign[store_bucket_of(indicator)][indicator, indicator_type];
	}

hook Intel::indicator_removed(indicator: string, indicator_type: Intel::Type) &priority=1000000000
	{
	delete foreign[store_bucket_of(indicator)][indicator, indicator_type];
	}
@endif

# ---- questions and answers ----

function log_worker(action: Action, w: Worker, reason: string)
	{
	Log::write(LOG, Info($ts=network_time(), $action=action, $worker=w$name, $reason=reason,
	                     $items=all_items()));
	}

function ask_workers()
	{
	question = Question($nonce=question$nonce + 1, $store=store_state());
	local wants_buckets = F;
	for ( _, w in workers )
		wants_buckets = wants_buckets || w$asks_buckets;

	if ( wants_buckets )
		question$buckets = copy(store_buckets);

	tell(Cluster::worker_topic, worker_check,
	     WorkerCheck($instance=instance, $nonce=question$nonce, $wants_buckets=wants_buckets));
	}

function is_connected(w: Worker): bool
	{
	return current_time() - w$reported_at < report_lifetime;
	}

# Whether all workers have answered the last question.
function all_have_answered(): bool
	{
	for ( _, w in workers )
		if ( is_connected(w) && w$nonce != question$nonce )
			return F;

	return T;
	}

# Whether the next step can be done without losing a worker.
function can_go_on(): bool
	{
	if ( ! has_internals )
		return ! is_unconfirmed;

	for ( _, w in workers )
		if ( w$agrees && batch_seq >= w$seq + max_batches_ahead )
			return F;

	return T;
	}

hook before_step()
	{
	if ( can_go_on() )
		return;

	waits_for_workers = T;
	++waiting_round;
	schedule max_worker_wait { MISP::waited_enough(waiting_round) };
	break;
	}

hook after_step()
	{
	if ( |next_inserts| + |next_removals| > 0 )
		{
		++batch_seq;
		tell(Cluster::worker_topic, worker_batch,
		     WorkerBatch($instance=instance, $seq=batch_seq, $inserts=by_type(next_inserts),
		                 $removals=by_type(next_removals)));
		next_inserts = vector();
		next_removals = vector();
		}

	if ( ! has_internals && |workers| > 0 )
		{
		is_unconfirmed = T;
		ask_workers();
		}
	}

function stop_waiting()
	{
	if ( ! waits_for_workers )
		return;

	waits_for_workers = F;
	go_on();
	}

event waited_enough(round: count)
	{
	if ( zeek_is_terminating() || ! waits_for_workers || round != waiting_round )
		return;

	is_unconfirmed = F;
	for ( _, w in workers )
		{
		if ( batch_seq < w$seq + max_batches_ahead )
			next;

		w$agrees = F;
		log_worker(WORKER_BEHIND, w, fmt("batch %d of %d", w$seq, batch_seq));
		}

	stop_waiting();
	}

# ---- repair ----

# All that a bucket must have but subnets, by type.
function contents_of(bucket: count): table[Intel::Type] of vector of string
	{
	local result: table[Intel::Type] of vector of string;
	local all: set[string, Intel::Type] = copy(foreign[bucket]);
	for ( _, owner in owners )
		for ( [i, t] in owner$held[bucket] )
			add all[i, t];

	for ( [text, text_type] in all )
		{
		if ( text_type == Intel::SUBNET )
			next;

		if ( text_type !in result )
			result[text_type] = vector();

		result[text_type] += text;
		}

	return result;
	}

# Sends the next buckets, and asks whether they have arrived.
function send_repairs(w: Worker)
	{
	local n = 0;
	local topic = Cluster::node_topic(w$name);
	while ( n < buckets_under_way && n < |w$repairs| )
		{
		local number = w$repairs[n];
		tell(topic, worker_bucket, WorkerBucket($number=number, $digest=store_buckets[number],
		                                        $indicators=contents_of(number)));
		++n;
		}

	w$repairs = w$repairs[n:];
	tell(topic, worker_check, WorkerCheck($instance=instance, $nonce=0));
	}

# Sends what a worker lacks, and has it remove what it must not have.
function repair(w: Worker, r: WorkerReport)
	{
	w$asks_buckets = F;
	w$difference = "";
	w$is_repairing = T;
	w$repairs = vector();
	for ( n, digest in r$buckets )
		if ( digest != question$buckets[n] )
			w$repairs += n;

	log_worker(WORKER_REPAIR, w, fmt("%d of 1024 buckets differ", |w$repairs|));
	if ( |w$repairs| == 0 && r$store$subnets == question$store$subnets )
		{
		# Somebody has changed a store behind the framework's hooks.
		renew_store_state();
		tell(Cluster::node_topic(w$name), worker_check,
		     WorkerCheck($instance=instance, $nonce=0, $renews=T));
		return;
		}

	if ( r$store$subnets != question$store$subnets )
		tell(Cluster::node_topic(w$name), worker_subnets,
		     WorkerSubnets($subnets=matchable_subnets()));

	send_repairs(w);
	}

# How a store differs from the manager's; empty: not at all.
function difference_of(a: StoreState, b: StoreState): string
	{
	if ( a$hosts == b$hosts && a$subnets == b$subnets && a$strings == b$strings
	     && a$digest == b$digest )
		return "";

	return fmt("%s %s %s %x", count_to_double(a$hosts) - b$hosts,
	           count_to_double(a$subnets) - b$subnets, count_to_double(a$strings) - b$strings,
	           a$digest ^ b$digest);
	}

# Judges an answer to the last question. A difference that stays the same is a
# loss, whatever else changes.
function judge(w: Worker, r: WorkerReport)
	{
	local difference = difference_of(r$store, question$store);
	if ( difference == "" )
		{
		if ( ! w$agrees )
			log_worker(WORKER_IN_SYNC, w, fmt("%d batches", w$seq));

		w$agrees = T;
		w$asks_buckets = F;
		w$difference = "";
		return;
		}

	w$agrees = F;
	if ( difference != w$difference )
		{
		w$difference = difference;
		w$differs_since = current_time();
		}

	if ( ! has_internals )
		return;

	if ( |r$buckets| > 0 && w$asks_buckets )
		repair(w, r);
	else if ( current_time() - w$differs_since >= settling_time )
		w$asks_buckets = T;
	}

# Goes on with what waits for the workers, if it need not wait any more.
function look_at_waiting()
	{
	if ( all_have_answered() )
		{
		for ( name, nonce in waiting_pongs )
			answer_pong(owners[name], nonce);

		waiting_pongs = table();
		if ( is_unconfirmed )
			{
			is_unconfirmed = F;
			for ( _, w in workers )
				if ( is_connected(w) && ! w$agrees )
					is_unconfirmed = T;

			# The last items are still under way.
			if ( is_unconfirmed )
				ask_workers();
			}
		}

	if ( can_go_on() )
		stop_waiting();
	}

# A worker that nobody knows has joined: its hello was lost.
function worker_with(id: string, name: string): Worker
	{
	if ( id in workers )
		return workers[id];

	# What was there under this name was replaced.
	local replaced: set[string];
	for ( other, w in workers )
		if ( w$name == name )
			add replaced[other];

	for ( each in replaced )
		delete workers[each];

	workers[id] = Worker($name=name, $reported_at=current_time());
	return workers[id];
	}

event MISP::worker_report(r: WorkerReport)
	{
	if ( r$id in gone_ids )
		return;

	local w = worker_with(r$id, r$node);
	w$reported_at = current_time();
	w$seq = r$instance == instance ? r$seq : 0;
	if ( r$version != w$version && r$version != package_version )
		{
		local msg = fmt("%s has package %s, its manager %s", w$name, r$version, package_version);
		log_worker(WORKER_BEHIND, w, msg);
		tell_operator(Version_Mismatch, w$name, msg);
		}

	w$version = r$version;
	w$nonce = r$nonce > 0 ? r$nonce : w$nonce;
	if ( |w$repairs| > 0 )
		send_repairs(w);
	else if ( w$is_repairing )
		{
		w$is_repairing = F;
		ask_workers();
		}
	else if ( r$nonce == question$nonce )
		judge(w, r);

	look_at_waiting();
	}

event Cluster::node_up(name: string, id: string) &priority=-10
	{
	if ( name in Cluster::nodes && Cluster::nodes[name]$node_type == Cluster::WORKER )
		{
		delete gone_ids[id];
		worker_with(id, name);
		}
	}

event Cluster::node_down(name: string, id: string) &priority=-10
	{
	delete workers[id];
	add gone_ids[id];
	look_at_waiting();
	}

event check_workers()
	{
	if ( zeek_is_terminating() )
		return;

	# Those that differ are asked again soon.
	local pause = worker_check_interval;
	for ( _, w in workers )
		if ( is_connected(w) && ! w$agrees )
			pause = 500msec;

	ask_workers();
	schedule pause { MISP::check_workers() };
	}

event zeek_init()
	{
	if ( is_sensor() )
		schedule worker_check_interval { MISP::check_workers() };
	}

hook count_workers(counts: WorkerCounts)
	{
	counts$verified = notes_store_changes;
	for ( _, node in Cluster::nodes )
		if ( node$node_type == Cluster::WORKER )
			++counts$configured;

	for ( _, w in workers )
		{
		if ( ! is_connected(w) )
			next;

		++counts$connected;
		if ( w$agrees && w$version == package_version )
			++counts$in_sync;
		}
	}

hook watched()
	{
	for ( _, w in workers )
		watch(Worker_Out_Of_Sync, w$name, ! is_connected(w) || ! w$agrees,
		      fmt("%s does not match against what its manager does", w$name));
	}

# A pong tells what the workers say now.
hook before_pong(owner: Owner, nonce: count)
	{
	if ( |workers| == 0 )
		return;

	waiting_pongs[owner$name] = nonce;
	ask_workers();
	schedule max_worker_wait { MISP::pong_is_due(owner$name, nonce) };
	break;
	}

event pong_is_due(name: string, nonce: count)
	{
	if ( zeek_is_terminating() || name !in waiting_pongs || waiting_pongs[name] != nonce )
		return;

	delete waiting_pongs[name];
	answer_pong(owners[name], nonce);
	}
