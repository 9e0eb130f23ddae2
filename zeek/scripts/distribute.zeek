# SPDX-License-Identifier: BSD-3-Clause
##! The manager's side of the distribution: brings what MISP says to all workers,
##! and knows which of them hold it. The Intel framework announces item by item,
##! and loses some under load without a word; here a step of work is one batch,
##! and a worker that misses one is found and repaired.

@load ./expiry
@load ./holding
@load ./store-state

module MISP;

# Batches that are kept to be sent again. A worker that lacks older ones gets
# the whole store.
const batches_kept = 256;

# Batches that are sent again at a time.
const batches_per_repair = 32;

# A batch and the books after it.
type KeptBatch: record {
	batch: WorkerBatch;
	books: WorkerBooks;
};

# What MISP's indicators are, after the last batch.
global books: WorkerBooks;

# By number. The one numbered 0 is empty.
global kept_batches: table[count] of KeptBatch;

# What has changed since the last batch.
type Changes: table[Intel::Type] of vector of string;
global next_puts: Changes;
global next_removals: Changes;
global next_releases: Changes;

event zeek_init() &priority=9
	{
	books = WorkerBooks($instance=instance);
	kept_batches[0] = KeptBatch($batch=WorkerBatch($instance=instance, $seq=0),
	                            $books=copy(books));
	}

# Notes what the next batch has to say, and what it does to the number of keys.
function note_change(changes: Changes, item: Intel::Item, keys: int)
	{
	local t = item$indicator_type;
	books$digest = books$digest ^ noted_or_key_hash(item$indicator, t);
	books$keys += keys;
	if ( t !in changes )
		changes[t] = vector();

	changes[t] += item$indicator;
	}

function packed(changes: Changes): table[Intel::Type] of WorkerKeys
	{
	local result: table[Intel::Type] of WorkerKeys;
	for ( t, indicators in changes )
		{
		# Without a value it would be the one of the type before.
		local lengths: vector of count = vector();
		for ( _, indicator in indicators )
			lengths += |indicator|;

		result[t] = WorkerKeys($indicators=join_string_vec(indicators, ""), $lengths=lengths);
		}

	return result;
	}

# Puts an item in. Returns whether nobody refused it.
redef MISP::put = function(item: Intel::Item): bool
	{
	if ( ! has_internals )
		return stock_put(item);

	is_own_change = T;
	local result = put_quietly(item);
	if ( result == PUT_FIRST )
		note_change(next_puts, item, +1);

	is_own_change = F;
	return result != PUT_REFUSED;
	};

# Takes an item out.
redef MISP::take = function(item: Intel::Item)
	{
	if ( ! has_internals )
		{
		stock_take(item);
		return;
		}

	is_own_change = T;
	if ( take_quietly(item) )
		note_change(next_removals, item, -1);
	else if ( ! is_said_by_misp(item) )
		note_change(next_releases, item, -1);

	is_own_change = F;
	};

# For the workers, an item that has expired was released by MISP, and put() names
# it anew.
hook before_restore(item: Intel::Item)
	{
	if ( has_internals && ! is_said_by_misp(item) )
		note_change(next_releases, item, -1);
	}

# Sends what has changed to all workers.
function send_batch()
	{
	if ( |next_puts| + |next_removals| + |next_releases| == 0 )
		return;

	local batch = WorkerBatch($instance=instance, $seq=++books$seq, $puts=packed(next_puts),
	                          $removals=packed(next_removals), $releases=packed(next_releases));
	kept_batches[books$seq] = KeptBatch($batch=batch, $books=copy(books));
	if ( books$seq >= batches_kept )
		delete kept_batches[books$seq - batches_kept];

	next_puts = Changes();
	next_removals = Changes();
	next_releases = Changes();
	tell(Cluster::worker_topic, worker_batch, batch);
	}

# Sends kept batches to one worker again, and asks what became of it. Returns
# the last one.
function send_again(name: string, first: count, nonce: count): count
	{
	local topic = Cluster::node_topic(name);
	local seq = first;
	while ( seq <= books$seq && seq < first + batches_per_repair )
		{
		tell(topic, worker_batch, kept_batches[seq]$batch);
		++seq;
		}

	tell(topic, worker_check, WorkerCheck($nonce=nonce));
	return seq - 1;
	}
