# SPDX-License-Identifier: BSD-3-Clause
##! Keeps the state of the store that a node of a cluster matches against, by
##! whatever way it changes. Subnets are not in the digest: the framework's hooks
##! leave out one that lies in another that is there already.

@load ./versions

module MISP;

# XOR of the hashes of all indicators but subnets.
global store_digest = 0;

# Whether it is the package that changes the store.
global is_own_change = F;

# When somebody else changed the store.
global foreign_change_at = double_to_time(0.0);

# Hash of an indicator for the digests between the nodes. It has to be cheap:
# every node computes it for every indicator that comes or goes.
function key_hash(indicator: string, indicator_type: Intel::Type): count
	{
	local hash = fnv1a32(cat(indicator_type, " ", indicator));
	return hash * hash;
	}

# The indicator that changed the store last, and its hash.
global noted_indicator = "";
global noted_type = Intel::ADDR;
global noted_hash = key_hash(noted_indicator, noted_type);

# The same, for an indicator that has often just changed the store.
function noted_or_key_hash(indicator: string, indicator_type: Intel::Type): count
	{
	return indicator == noted_indicator && indicator_type == noted_type
	       ? noted_hash : key_hash(indicator, indicator_type);
	}

function same_store(a: StoreState, b: StoreState): bool
	{
	return a$hosts == b$hosts && a$subnets == b$subnets && a$strings == b$strings
	       && a$digest == b$digest;
	}

function store_state(): StoreState
	{
	local state = store_sizes();
	state$digest = store_digest;
	return state;
	}

function add_to_store_digest(indicator: string, indicator_type: Intel::Type)
	{
	store_digest = store_digest ^ key_hash(indicator, indicator_type);
	}

function note_store_change(indicator: string, indicator_type: Intel::Type)
	{
	if ( indicator_type != Intel::SUBNET )
		{
		noted_indicator = indicator;
		noted_type = indicator_type;
		noted_hash = key_hash(indicator, indicator_type);
		store_digest = store_digest ^ noted_hash;
		}

	if ( ! is_own_change )
		foreign_change_at = current_time();
	}

# Makes the digest anew from the store itself: what changes the store without
# the hooks would be in the way for ever.
function renew_store_digest()
	{
	if ( ! notes_store_changes )
		return;

	store_digest = 0;
	visit_store(add_to_store_digest);
	}
