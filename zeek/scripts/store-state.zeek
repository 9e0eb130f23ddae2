# SPDX-License-Identifier: BSD-3-Clause
##! Digests of the store that a node of a cluster matches against, by whatever way
##! it changes. Subnets are not in them: the framework's hooks leave out one that
##! lies in another that is there already.

@load ./intel-internals

module MISP;

# XOR of the hashes of all indicators but subnets: of the bucket that the low bits
# of the hash name, and of all.
global store_buckets: vector of count;
global store_digest = 0;

# Hashes of the types' names, which all nodes agree on.
global type_hashes: table[Intel::Type] of count
	&default_insert=function(t: Intel::Type): count { return fnv1a32(cat(t)); };

event zeek_init() &priority=20
	{
	while ( |store_buckets| < 1024 )
		store_buckets += 0;
	}

function store_bucket_of(indicator: string): count &is_used
	{
	return fnv1a32(indicator) & 1023;
	}

function store_state(): StoreState &is_used
	{
	local state = store_sizes();
	state$digest = store_digest;
	return state;
	}

# Has to be cheap: every node calls this for every indicator that comes or goes.
function note_store_change(indicator: string, indicator_type: Intel::Type)
	{
	if ( indicator_type == Intel::SUBNET || is_drained )
		return;

	local plain = fnv1a32(indicator);
	local hash = plain + type_hashes[indicator_type];
	hash = hash * hash;
	store_digest = store_digest ^ hash;
	store_buckets[plain & 1023] = store_buckets[plain & 1023] ^ hash;
	}

function forget_store_state() &is_used
	{
	store_digest = 0;
	for ( n in store_buckets )
		store_buckets[n] = 0;
	}

# Computes the digests anew: what changes the store without the hooks would be in
# the way for ever.
function renew_store_state() &is_used
	{
	forget_store_state();
	visit_store(note_store_change);
	}

@if ( notes_store_changes && Cluster::is_enabled() )
# The priority is for handlers that break.
hook Intel::indicator_inserted(indicator: string, indicator_type: Intel::Type) &priority=1000000000
	{
	note_store_change(indicator, indicator_type);
	}

hook Intel::indicator_removed(indicator: string, indicator_type: Intel::Type) &priority=1000000000
	{
	note_store_change(indicator, indicator_type);
	}
@endif
