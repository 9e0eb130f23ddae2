# SPDX-License-Identifier: BSD-3-Clause
##! A worker's side of the distribution. A worker applies batches in their order
##! and reports what it holds; when something is missing it applies nothing more
##! until the manager has sent it again.

@load ./books
@load ./store-state

module MISP;

# Batches between two reports that nobody asked for. They pace the manager.
const batches_per_report = 16;

# What this worker was told of.
global held = WorkerBooks();

# Whether the manager knows of the gap that this worker stands before.
global gap_is_reported = F;

function report(nonce: count, has_gap: bool)
	{
	tell(Cluster::manager_topic, worker_report,
	     WorkerReport($node=Cluster::node, $nonce=nonce, $books=held, $store=store_state(),
	                  $has_gap=has_gap));
	}

function apply_batch(batch: WorkerBatch)
	{
	is_own_change = T;
	for ( t, indicators in batch$puts )
		put_on_worker(indicators, t);

	for ( gone_type, gone in batch$removals )
		take_from_worker(gone, gone_type);

	is_own_change = F;
	held = books_after(held, batch);
	}

event MISP::worker_batch(batch: WorkerBatch)
	{
	if ( ! hook take_batch(batch) )
		return;

	# A base or a whole store is still to come, or has overtaken.
	if ( batch$instance != held$instance || batch$seq <= held$seq )
		return;

	if ( batch$seq != held$seq + 1 )
		{
		if ( ! gap_is_reported )
			report(0, T);

		gap_is_reported = T;
		return;
		}

	gap_is_reported = F;
	apply_batch(batch);
	if ( held$seq % batches_per_report == 0 )
		report(0, F);
	}

# The framework has sent its store just before, in one event: either it is
# here, or nothing of it.
event MISP::worker_base(base: WorkerBase)
	{
	held = same_store(base$store, store_state()) ? base$books : WorkerBooks();
	gap_is_reported = F;
	report(0, F);
	}

hook MISP::store_replaced(books: WorkerBooks)
	{
	renew_store_digest();
	held = books;
	gap_is_reported = F;
	report(0, F);
	}

event MISP::worker_check(check: WorkerCheck)
	{
	report(check$nonce, F);
	}
