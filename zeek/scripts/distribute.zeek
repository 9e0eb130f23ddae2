# SPDX-License-Identifier: BSD-3-Clause
##! The manager's side of the distribution: brings what MISP says to all workers,
##! and knows which of them hold it. The Intel framework announces item by item,
##! and loses some under load without a word; here a step of work is one batch,
##! and a worker that misses one is found and repaired.

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

# What changed since the last batch.
global next_batch: WorkerBatch;

event zeek_init() &priority=9
	{
	books = WorkerBooks($instance=instance);
	next_batch = WorkerBatch($instance=instance, $seq=1);
	kept_batches[0] = KeptBatch($batch=WorkerBatch($instance=instance, $seq=0),
	                            $books=copy(books));
	}

function key_of(item: Intel::Item): WorkerKey
	{
	books$digest = books$digest ^ noted_or_key_hash(item$indicator, item$indicator_type);
	return WorkerKey($indicator=item$indicator, $indicator_type=item$indicator_type);
	}

# Puts an item in. Returns whether nobody refused it.
redef MISP::put = function(item: Intel::Item): bool
	{
	if ( ! has_internals )
		return stock_put(item);

	is_own_change = T;
	local result = put_quietly(item);
	if ( result == PUT_FIRST )
		next_batch$puts += key_of(item);

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
		next_batch$removals += key_of(item);
	else if ( ! is_said_by_misp(item) )
		next_batch$releases += key_of(item);

	is_own_change = F;
	};

# Sends what has changed to all workers.
function send_batch()
	{
	local batch = next_batch;
	local gone = |batch$removals| + |batch$releases|;
	if ( |batch$puts| + gone == 0 )
		return;

	books$seq = batch$seq;
	books$keys += |batch$puts|;
	books$keys -= gone;
	kept_batches[batch$seq] = KeptBatch($batch=batch, $books=copy(books));
	if ( batch$seq >= batches_kept )
		delete kept_batches[batch$seq - batches_kept];

	next_batch = WorkerBatch($instance=instance, $seq=batch$seq + 1);
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
