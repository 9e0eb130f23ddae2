# SPDX-License-Identifier: BSD-3-Clause
##! The manager's side of the distribution: brings what MISP says to all workers,
##! and knows which of them hold it. The Intel framework announces item by item,
##! and loses some under load without a word; here a step of work is one batch,
##! and a worker that misses one is found and repaired.

@load ./books
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
global next_puts: vector of Intel::Item;
global next_removals: vector of Intel::Item;
global next_releases: vector of Intel::Item;

event zeek_init() &priority=9
	{
	books = WorkerBooks($instance=instance);
	kept_batches[0] = KeptBatch($batch=WorkerBatch($instance=instance, $seq=0),
	                            $books=books);
	}

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

# Puts an item in. Returns whether nobody refused it.
redef MISP::put = function(item: Intel::Item): bool
	{
	if ( ! has_internals )
		return stock_put(item);

	is_own_change = T;
	local result = put_quietly(item);
	if ( result == PUT_FIRST )
		next_puts += item;

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
		next_removals += item;
	else if ( ! is_said_by_misp(item) )
		next_releases += item;

	is_own_change = F;
	};

# For the workers, an item that has expired was released by MISP, and put() names
# it anew.
hook before_restore(item: Intel::Item)
	{
	if ( has_internals && ! is_said_by_misp(item) )
		next_releases += item;
	}

# Sends what has changed to all workers.
function send_batch()
	{
	if ( |next_puts| + |next_removals| + |next_releases| == 0 )
		return;

	local batch = WorkerBatch($instance=instance, $seq=books$seq + 1, $puts=by_type(next_puts),
	                          $removals=by_type(next_removals), $releases=by_type(next_releases));
	books = books_after(books, batch);
	kept_batches[books$seq] = KeptBatch($batch=batch, $books=books);
	if ( books$seq >= batches_kept )
		delete kept_batches[books$seq - batches_kept];

	next_puts = vector();
	next_removals = vector();
	next_releases = vector();
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
