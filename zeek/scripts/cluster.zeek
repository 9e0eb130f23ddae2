# SPDX-License-Identifier: BSD-3-Clause
##! What manager and workers of a cluster tell each other. All nodes of a
##! cluster run the same version of the package, so none of this is part of the
##! contract with the service.
##!
##! The manager numbers the batches that it sends to its workers' topic. A worker
##! applies them in this order and reports what it holds: the number of the last
##! batch, how many indicators of MISP it was told of and a digest of these, and
##! how full the store is that it matches against. The manager compares this with
##! its own, and brings a worker that differs into step again.

@load base/frameworks/cluster
@load ./types

module MISP;

export {
	## What MISP's indicators are, at one batch.
	type WorkerBooks: record {
		## Start of the manager that counts the batches; empty if there was none.
		instance: string &default="";
		## The last batch.
		seq: count &default=0;
		## Number of indicators.
		keys: int &default=+0;
		## XOR of the hashes of all batches up to it.
		digest: count &default=0;
	};

	## What the store holds that a node matches against, whoever put it in.
	type StoreState: record {
		## Number of addresses.
		hosts: count &default=0;
		## Number of subnets.
		subnets: count &default=0;
		## Number of all others.
		strings: count &default=0;
		## XOR of the hashes of all but subnets; 0 before Zeek 8.0.
		digest: count &default=0;
	};

	## What became of an item that was to be put in.
	type PutResult: enum {
		## :zeek:see:`Intel::filter_item` refused it.
		PUT_REFUSED,
		## It is the first one of MISP with its indicator.
		PUT_FIRST,
		## It is in, and others of MISP name the same indicator.
		PUT_AGAIN,
	};

	## What changes on the workers: indicators by their type, whatever events they
	## come from. Workers know no metadata.
	type WorkerBatch: record {
		## Start of the manager.
		instance: string;
		## Number of the batch, from 1 without a gap.
		seq: count;
		## Indicators that MISP has named.
		puts: table[Intel::Type] of vector of string &default=table();
		## Indicators that nobody names any more.
		removals: table[Intel::Type] of vector of string &default=table();
		## Indicators that MISP does not name any more, but somebody else.
		releases: table[Intel::Type] of vector of string &default=table();
	};

	## Sent to a worker that has just got the Intel framework's whole store.
	type WorkerBase: record {
		## What it has from then on.
		books: WorkerBooks;
		## What the store must be for it.
		store: StoreState;
	};

	## Asks a worker what it holds.
	type WorkerCheck: record {
		## Repeated in the report.
		nonce: count;
	};

	## What a worker holds.
	type WorkerReport: record {
		## Name of the worker.
		node: string;
		## Of the question; 0: it was not asked.
		nonce: count;
		## What it was told of.
		books: WorkerBooks;
		## What it matches against.
		store: StoreState;
		## Whether a later batch has arrived, but not the next one.
		has_gap: bool;
	};

	## Whether the package reaches the Intel framework's stores. Not for sites.
	const has_internals = F &redef;

	## Decides whether a worker takes a batch. For tests: breaking loses it.
	global take_batch: hook(batch: WorkerBatch);

	## Manager to all workers, or again to one.
	global worker_batch: event(batch: WorkerBatch);

	## Manager to one worker.
	global worker_base: event(base: WorkerBase);

	## Manager to all workers, or to one.
	global worker_check: event(check: WorkerCheck);

	## Worker to the manager.
	global worker_report: event(report: WorkerReport);
}
