# SPDX-License-Identifier: BSD-3-Clause
##! Which workers hold what the manager holds, and what is done about the others.
##! A worker that misses batches gets them again; one that differs in any other
##! way gets the manager's whole store, which is verified afterwards as well.

@load ./distribute
@load ./log
@load ./main
@load ./options

module MISP;

# After this long without a report nothing is known about a worker.
const report_lifetime = 10sec;

# Between two whole stores for one worker, at first; doubles up to the second
# one. In between, at most one is sent in so much time to all workers together.
const store_pause = 5sec;
const max_store_pause = 60sec;
const store_gap = 500msec;

# Stores are compared when nobody else has changed the manager's for so long:
# what others insert is under way to the workers for a while.
const settling_time = 1sec;

# Between questions that a report brings about.
const min_question_pause = 100msec;

# Before batches that were sent again are lost, too.
const resend_pause = 500msec;

type Worker: record {
	# Whether its last report agreed with the manager.
	agrees: bool &default=F;
	# The last batch up to which it agreed.
	seq: count &default=0;
	# Of its last report and the last question that it answered.
	reported_at: time;
	nonce: count &default=0;
	# The last batch that was sent again, and when.
	resent: count &default=0;
	resent_at: time &default=double_to_time(0.0);
	# Comparisons in a row in which its store differed.
	misses: count &default=0;
	# Pause before the next whole store, and when that may be sent.
	pause: interval &default=store_pause;
	next_store: time &default=double_to_time(0.0);
};

# The workers that are up.
global workers: table[string] of Worker;

# The last question.
type Question: record {
	nonce: count &default=0;
	seq: count &default=0;
	store: StoreState &default=StoreState();
	at: time &default=double_to_time(0.0);
};
global question = Question();

# When any worker may get a whole store again.
global next_store_at = double_to_time(0.0);

# Whether work waits for workers, and since which round of waiting.
global waits_for_workers = F;
global waiting_round = 0;

# Without internals: whether the last step is not confirmed yet.
global is_unconfirmed = F;

# The pong that waits for the workers' answers; 0: none does.
global waiting_pong = 0;

global check_workers: event();
global waited_enough: event(round: count);
global pong_is_due: event(nonce: count);

function log_worker(action: Action, name: string, reason: string)
	{
	Log::write(LOG, Info($ts=network_time(), $action=action, $worker=name, $reason=reason,
	                     $items=item_count()));
	}

function ask_workers()
	{
	question = Question($nonce=question$nonce + 1, $seq=books$seq, $store=store_state(),
	                    $at=current_time());
	tell(Cluster::worker_topic, worker_check, WorkerCheck($nonce=question$nonce));
	}

function is_in_step(w: Worker): bool
	{
	return w$agrees && w$seq >= question$seq && current_time() - w$reported_at < report_lifetime;
	}

# Whether all workers have answered the last question.
function all_have_answered(): bool
	{
	for ( _, w in workers )
		if ( w$nonce != question$nonce )
			return F;

	return T;
	}

# Whether the next step can be done without losing a worker.
function can_go_on(): bool
	{
	if ( ! has_internals )
		return ! is_unconfirmed;

	for ( _, w in workers )
		if ( w$agrees && books$seq >= w$seq + max_batches_ahead )
			return F;

	return T;
	}

hook before_step()
	{
	if ( can_go_on() )
		return;

	waits_for_workers = T;
	++waiting_round;
	schedule max_worker_wait { waited_enough(waiting_round) };
	break;
	}

hook after_step()
	{
	send_batch();
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
	for ( name, w in workers )
		{
		if ( books$seq < w$seq + max_batches_ahead )
			next;

		w$agrees = F;
		log_worker(WORKER_BEHIND, name, fmt("batch %d of %d", w$seq, books$seq));
		}

	stop_waiting();
	}

# Sends the whole store, if the last one is long enough ago.
function repair_by_store(name: string, w: Worker, reason: string)
	{
	local now = current_time();
	w$agrees = F;
	if ( ! has_internals || now < w$next_store || now < next_store_at )
		return;

	log_worker(WORKER_REPAIR, name, reason);
	w$next_store = now + w$pause;
	w$pause = w$pause * 2 < max_store_pause ? w$pause * 2 : max_store_pause;
	w$misses = 0;
	next_store_at = now + store_gap;
	renew_store_digest();
	send_store(Cluster::node_topic(name), books);
	}

# What a worker's store says, at the batch of the question.
function compare_stores(name: string, w: Worker, theirs: StoreState)
	{
	if ( same_store(theirs, question$store) )
		w$misses = 0;
	else if ( ! has_internals || foreign_change_at + settling_time < question$at )
		++w$misses;

	if ( w$misses > 1 )
		{
		repair_by_store(name, w, fmt("its store is %s, not %s", theirs, question$store));
		return;
		}

	if ( w$misses == 0 && ! w$agrees )
		{
		w$pause = store_pause;
		log_worker(WORKER_IN_STEP, name, fmt("%d indicators", books$keys));
		}

	w$agrees = w$misses == 0;
	}

function is_known(b: WorkerBooks): bool
	{
	return b$seq in kept_batches && same_books(b, kept_batches[b$seq]$books);
	}

# Sends the next batches that a worker lacks, unless they are on their way.
function catch_up(name: string, w: Worker)
	{
	local now = current_time();
	if ( w$seq < w$resent && now < w$resent_at + resend_pause )
		return;

	w$resent = send_again(name, w$seq + 1, question$nonce);
	w$resent_at = now;
	}

function judge(name: string, w: Worker, r: WorkerReport)
	{
	if ( ! is_known(r$books) )
		{
		repair_by_store(name, w, fmt("it holds %s at batch %d", r$books, books$seq));
		return;
		}

	w$seq = r$books$seq;
	local is_answer = r$nonce == question$nonce;
	if ( r$has_gap || (is_answer && w$seq < question$seq) )
		{
		if ( w$agrees )
			log_worker(WORKER_BEHIND, name, fmt("batch %d of %d", w$seq, books$seq));

		w$agrees = F;
		catch_up(name, w);
		}
	else if ( is_answer && w$seq == question$seq )
		compare_stores(name, w, r$store);
	else if ( ! w$agrees && question$at + min_question_pause < current_time() )
		# It has caught up, or joined.
		ask_workers();
	}

# Goes on with what waits for the workers, if it need not wait any more.
function look_at_waiting()
	{
	if ( all_have_answered() )
		{
		if ( waiting_pong > 0 )
			{
			answer_pong(waiting_pong);
			waiting_pong = 0;
			}

		if ( is_unconfirmed )
			{
			is_unconfirmed = F;
			for ( _, w in workers )
				if ( ! w$agrees )
					is_unconfirmed = T;

			# The last items are still under way.
			if ( is_unconfirmed )
				ask_workers();
			}
		}

	if ( can_go_on() )
		stop_waiting();
	}

event MISP::worker_report(r: WorkerReport)
	{
	if ( r$node !in workers )
		return;

	local w = workers[r$node];
	w$reported_at = current_time();
	w$nonce = r$nonce > 0 ? r$nonce : w$nonce;
	judge(r$node, w, r);
	look_at_waiting();
	}

# The framework's handler has sent its store to the worker.
event Cluster::node_up(name: string, id: string) &priority=-10
	{
	if ( name !in Cluster::nodes || Cluster::nodes[name]$node_type != Cluster::WORKER )
		return;

	workers[name] = Worker($reported_at=current_time());
	tell(Cluster::node_topic(name), worker_base, WorkerBase($books=books, $store=store_state()));
	}

event Cluster::node_down(name: string, id: string) &priority=-10
	{
	delete workers[name];
	look_at_waiting();
	}

event check_workers()
	{
	if ( zeek_is_terminating() )
		return;

	if ( |workers| > 0 )
		ask_workers();

	schedule worker_check_interval { check_workers() };
	}

event zeek_init()
	{
	schedule worker_check_interval { check_workers() };
	}

hook count_workers(counts: WorkerCounts)
	{
	for ( _, w in workers )
		{
		++counts$active;
		if ( is_in_step(w) )
			++counts$in_step;
		}
	}

# A pong tells what the workers say now.
hook before_pong(nonce: count)
	{
	if ( |workers| == 0 )
		return;

	waiting_pong = nonce;
	ask_workers();
	schedule max_worker_wait { pong_is_due(nonce) };
	break;
	}

event pong_is_due(nonce: count)
	{
	if ( zeek_is_terminating() || waiting_pong != nonce )
		return;

	waiting_pong = 0;
	answer_pong(nonce);
	}
