# SPDX-License-Identifier: BSD-3-Clause
##! What manager and workers of a cluster tell each other. All nodes of a
##! cluster run the same version of the package, so none of this is part of the
##! contract with the service.
##!
##! The manager sends what changes in batches to its workers' topic. Each node
##! keeps digests of the store that it matches against, in buckets, by whatever way
##! that changes. The manager asks its workers for theirs; a worker whose digest
##! keeps to differ sends its buckets and gets the contents of those that differ.
##! One that joins differs in all.

@load base/frameworks/cluster
@load ./types

module MISP;

export {
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

	## What changes on the workers, whatever events it comes from. Workers know
	## no metadata.
	type WorkerBatch: record {
		## Start of the manager.
		instance: string;
		## Number of the batch, from 1.
		seq: count;
		## Indicators that came in.
		inserts: table[Intel::Type] of vector of string;
		## Indicators that nobody names any more.
		removals: table[Intel::Type] of vector of string;
	};

	## What a bucket must be.
	type WorkerBucket: record {
		## Number of the bucket.
		number: count;
		## Its digest.
		digest: count;
		## Its indicators.
		indicators: table[Intel::Type] of vector of string;
	};

	## All subnets, which are in no bucket.
	type WorkerSubnets: record {
		subnets: vector of string;
	};

	## Asks a worker what it holds.
	type WorkerCheck: record {
		## Start of the manager.
		instance: string;
		## Repeated in the report; 0 in between of a repair.
		nonce: count;
		## Whether the digests of all buckets are wanted.
		wants_buckets: bool &default=F;
		## Whether the worker is to compute its digests anew from its store.
		renews: bool &default=F;
	};

	## What a worker holds.
	type WorkerReport: record {
		## Name of the worker.
		node: string;
		## Of this start of the worker.
		id: string;
		## Of the package.
		version: string;
		## Of the question; 0: it was not asked.
		nonce: count;
		## The manager that it follows, and the last batch of that.
		instance: string;
		seq: count;
		## What it matches against.
		store: StoreState;
		## Digests of the buckets, if they were wanted.
		buckets: vector of count &default=vector();
	};

	## Whether the package reaches the Intel framework's stores. Not for sites.
	const has_internals = F &redef;

	## Whether the framework's hooks tell of what was removed before.
	global is_drained = F;

	## Decides whether a worker takes a batch. For tests: breaking loses it.
	global take_batch: hook(batch: WorkerBatch);

	## Manager to all workers.
	global worker_batch: event(batch: WorkerBatch);

	## Manager to one worker.
	global worker_bucket: event(bucket: WorkerBucket);

	## Manager to one worker.
	global worker_subnets: event(all: WorkerSubnets);

	## Manager to all workers, or to one.
	global worker_check: event(check: WorkerCheck);

	## Worker to the manager.
	global worker_report: event(report: WorkerReport);
}
