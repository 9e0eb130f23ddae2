# SPDX-License-Identifier: BSD-3-Clause
##! What a node of a cluster was told of: the manager keeps books of its batches,
##! a worker of those that it has applied, and equal books are equal batches.

@load ./versions

module MISP;

function count_keys(changes: table[Intel::Type] of vector of string): int
	{
	local keys = +0;
	for ( _, indicators in changes )
		keys += |indicators|;

	return keys;
	}

# Hash of one kind of changes of a batch. Nodes need not read tables in the same
# order, so it must not matter.
function changes_hash(seq: count, kind: string,
                      changes: table[Intel::Type] of vector of string): count
	{
	local result = 0;
	for ( t, indicators in changes )
		{
		local hex = sha256_hash(cat(seq, " ", kind, " ", t, "\n"),
		                        join_string_vec(indicators, "\n"));
		result = result ^ hex_to_count(hex[:16]);
		}

	return result;
	}

function books_after(before: WorkerBooks, batch: WorkerBatch): WorkerBooks
	{
	return WorkerBooks($instance=batch$instance, $seq=batch$seq,
	                   $keys=before$keys + count_keys(batch$puts)
	                         - count_keys(batch$removals) - count_keys(batch$releases),
	                   $digest=before$digest ^ changes_hash(batch$seq, "put", batch$puts)
	                           ^ changes_hash(batch$seq, "removal", batch$removals)
	                           ^ changes_hash(batch$seq, "release", batch$releases));
	}

function same_books(a: WorkerBooks, b: WorkerBooks): bool
	{
	return a$instance == b$instance && a$seq == b$seq && a$keys == b$keys && a$digest == b$digest;
	}
