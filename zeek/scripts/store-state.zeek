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

# Hashes of the types' names, which all nodes agree on.
global type_hashes: table[Intel::Type] of count
	&default_insert=function(t: Intel::Type): count { return fnv1a32(cat(t)); };

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

# Has to be cheap: every node calls this for every indicator that comes or goes.
function note_store_change(indicator: string, indicator_type: Intel::Type)
	{
	if ( indicator_type != Intel::SUBNET )
		{
		local hash = fnv1a32(indicator) + type_hashes[indicator_type];
		store_digest = store_digest ^ (hash * hash);
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
	is_own_change = T;
	visit_store(note_store_change);
	is_own_change = F;
	}
