# SPDX-License-Identifier: BSD-3-Clause
##! What the package takes from inside the Intel framework, and the only place
##! that does. Where that is missing, ``MISP::has_internals`` is ``F``, and
##! intel-stock.zeek is used.

@load base/frameworks/intel
@load ./cluster
@load ./versions

# The stores are not exported: only this module can reach them.
module Intel;

export {
	## The metadata of an indicator by source, or an empty table, which must
	## not be changed.
	global MISP::metadata_of: function(indicator: string, indicator_type: Type): table[string] of MetaData;

	## As :zeek:see:`Intel::insert`, without its hook and without announcing the
	## item to the workers. Returns whether it is the first one of MISP with its
	## indicator.
	global MISP::insert_quietly: function(item: Item): bool;

	## As :zeek:see:`Intel::remove`, without announcing it to the workers, and
	## done when it returns. Returns whether the indicator is gone.
	global MISP::remove_quietly: function(item: Item): bool;

	## Resets the timer of :zeek:see:`Intel::item_expiration`.
	global MISP::keep_alive: function(indicator: string, indicator_type: Type);

	## Whether an indicator is in the store that this node matches against.
	global MISP::is_matchable: function(indicator: string, indicator_type: Type): bool;

	## Inserts indicators of one type into the store that workers match against.
	global MISP::make_matchable: function(indicators: vector of string, indicator_type: Type);

	## Removes indicators of one type from the store that workers match against.
	global MISP::make_unmatchable: function(indicators: vector of string, indicator_type: Type);

	## Sizes of the store that this node matches against, and no digest.
	global MISP::store_sizes: function(): MISP::StoreState;

	## Empties that store on a worker, at once; the framework's hooks follow in
	## steps.
	global MISP::forget_store: function();

	## Calls a function for all indicators in that store but subnets.
	global MISP::visit_store: function(visit: function(indicator: string, indicator_type: Type));

	## The subnets in that store.
	global MISP::matchable_subnets: function(): vector of string;

	## Called when somebody else has removed the last source of an indicator, or
	## purged it, and the stores for matching have followed.
	global MISP::indicator_was_removed: hook(indicator: string, indicator_type: Type);

	## Called when a worker has inserted an item.
	global MISP::item_was_inserted: hook(item: Item);

	## Whether the package holds an entry of the indicator.
	global MISP::has_entry: function(indicator: string, indicator_type: Type): bool;
}

@ifdef ( _insert )
@ifdef ( data_store )
@ifdef ( min_data_store )

redef MISP::has_internals = T;

# Workers that join get all by buckets. Before 8.0 there are no hooks to keep these.
@ifdef ( send_store_on_node_up )
@ifdef ( indicator_inserted )
redef send_store_on_node_up = F;
@endif
@endif

event remove_indicator(item: Item) &priority=-10
	{
	hook MISP::indicator_was_removed(item$indicator, item$indicator_type);
	}

@ifdef ( insert_item )
event insert_item(item: Item)
	{
	hook MISP::item_was_inserted(item);
	}
@endif

# What the data store has of an indicator that is not there.
const misp_nothing = MetaDataTable();

# Subnets are looked up exactly: for a table, "in" and the index would take a
# wider one, too.
function MISP::metadata_of(indicator: string, indicator_type: Type): table[string] of MetaData
	{
	switch ( indicator_type )
		{
		case ADDR:
			local host = to_addr(indicator);
			if ( host in data_store$host_data )
				return data_store$host_data[host];
			break;
		case SUBNET:
			local net = to_subnet(indicator);
			if ( check_subnet(net, data_store$subnet_data) )
				return data_store$subnet_data[net];
			break;
		default:
			local text = to_lower(indicator);
			if ( [text, indicator_type] in data_store$string_data )
				return data_store$string_data[text, indicator_type];
			break;
		}

	return misp_nothing;
	}

function misp_has_entry(metas: MetaDataTable): bool
	{
	for ( _, meta in metas )
		if ( meta?$misp_hash )
			return T;

	return F;
	}

function misp_raise_removed(indicator: string, indicator_type: Type)
	{
@ifdef ( indicator_removed )
	hook indicator_removed(indicator, indicator_type);
@endif
	}

function misp_raise_inserted(indicator: string, indicator_type: Type)
	{
@ifdef ( indicator_inserted )
	hook indicator_inserted(indicator, indicator_type);
@endif
	}

# Does what _insert() does, at two thirds of its cost: a bulk load is as fast as
# the manager. Metadata is assigned anew where it is there already, which makes
# it young for Intel::item_expiration. Subnets are few.
function MISP::insert_quietly(item: Item): bool
	{
	local t = item$indicator_type;
	if ( t == SUBNET )
		{
		local had_entry = misp_has_entry(MISP::metadata_of(item$indicator, SUBNET));
		_insert(item, F);
		return ! had_entry;
		}

	local meta = item$meta;
	local metas = misp_nothing;
	local is_first = T;
	local before = 0;
	local inserted = "";
	if ( t == ADDR )
		{
		local host = to_addr(item$indicator);
		if ( host in data_store$host_data )
			{
			metas = data_store$host_data[host];
			is_first = ! misp_has_entry(metas);
			metas[meta$source] = meta;
			data_store$host_data[host] = metas;
			}
		else
			data_store$host_data[host] = table([meta$source] = meta);

		before = |min_data_store$host_data|;
		add min_data_store$host_data[host];
		if ( |min_data_store$host_data| > before )
			inserted = cat(host);
		}
	else
		{
		local text = to_lower(item$indicator);
		if ( [text, t] in data_store$string_data )
			{
			metas = data_store$string_data[text, t];
			is_first = ! misp_has_entry(metas);
			metas[meta$source] = meta;
			data_store$string_data[text, t] = metas;
			}
		else
			data_store$string_data[text, t] = table([meta$source] = meta);

		before = |min_data_store$string_data|;
		add min_data_store$string_data[text, t];
		if ( |min_data_store$string_data| > before )
			inserted = text;
		}

	if ( inserted != "" )
		misp_raise_inserted(inserted, t);

	return is_first;
	}

function MISP::keep_alive(indicator: string, indicator_type: Type)
	{
	local metas = MISP::metadata_of(indicator, indicator_type);
	if ( |metas| == 0 )
		return;

	switch ( indicator_type )
		{
		case ADDR:
			data_store$host_data[to_addr(indicator)] = metas;
			break;
		case SUBNET:
			data_store$subnet_data[to_subnet(indicator)] = metas;
			break;
		default:
			data_store$string_data[to_lower(indicator), indicator_type] = metas;
			break;
		}
	}

function MISP::is_matchable(indicator: string, indicator_type: Type): bool
	{
	switch ( indicator_type )
		{
		case ADDR:
			return to_addr(indicator) in min_data_store$host_data;
		case SUBNET:
			return check_subnet(to_subnet(indicator), min_data_store$subnet_data);
		default:
			return [to_lower(indicator), indicator_type] in min_data_store$string_data;
		}
	}

# Removes an indicator from the store that is matched against.
function misp_make_unmatchable(indicator: string, indicator_type: Type)
	{
	switch ( indicator_type )
		{
		case ADDR:
			local host = to_addr(indicator);
			if ( host !in min_data_store$host_data )
				return;

			delete min_data_store$host_data[host];
			misp_raise_removed(cat(host), ADDR);
			break;
		case SUBNET:
			local net = to_subnet(indicator);
			if ( ! check_subnet(net, min_data_store$subnet_data) )
				return;

			delete min_data_store$subnet_data[net];
			misp_raise_removed(cat(net), SUBNET);
			break;
		default:
			local text = to_lower(indicator);
			if ( [text, indicator_type] !in min_data_store$string_data )
				return;

			delete min_data_store$string_data[text, indicator_type];
			misp_raise_removed(text, indicator_type);
			break;
		}
	}

function MISP::remove_quietly(item: Item): bool
	{
	local metas = MISP::metadata_of(item$indicator, item$indicator_type);
	if ( item$meta$source !in metas )
		return F;

	delete metas[item$meta$source];
	if ( |metas| > 0 )
		return F;

	switch ( item$indicator_type )
		{
		case ADDR:
			delete data_store$host_data[to_addr(item$indicator)];
			break;
		case SUBNET:
			delete data_store$subnet_data[to_subnet(item$indicator)];
			break;
		default:
			delete data_store$string_data[to_lower(item$indicator), item$indicator_type];
			break;
		}

	misp_make_unmatchable(item$indicator, item$indicator_type);
	return T;
	}

# Workers hold no metadata.
const misp_no_metadata = MetaData($source="MISP");

function MISP::make_matchable(indicators: vector of string, indicator_type: Type)
	{
	local before = 0;
	for ( _, indicator in indicators )
		{
		if ( indicator_type == ADDR )
			{
			local host = to_addr(indicator);
			before = |min_data_store$host_data|;
			add min_data_store$host_data[host];
			if ( |min_data_store$host_data| > before )
				misp_raise_inserted(cat(host), ADDR);
			}
		else if ( indicator_type == SUBNET )
			{
			# As the framework has it: no hook for one that lies in another.
			local net = to_subnet(indicator);
			local is_new = net !in min_data_store$subnet_data;
			add min_data_store$subnet_data[net];
			if ( is_new )
				misp_raise_inserted(cat(net), SUBNET);
			}
		else
			{
			local text = to_lower(indicator);
			before = |min_data_store$string_data|;
			add min_data_store$string_data[text, indicator_type];
			if ( |min_data_store$string_data| > before )
				misp_raise_inserted(text, indicator_type);
			}
		}
	}

function MISP::make_unmatchable(indicators: vector of string, indicator_type: Type)
	{
	for ( _, indicator in indicators )
		misp_make_unmatchable(indicator, indicator_type);
	}

function MISP::store_sizes(): MISP::StoreState
	{
	return MISP::StoreState($hosts=|min_data_store$host_data|,
	                        $subnets=|min_data_store$subnet_data|,
	                        $strings=|min_data_store$string_data|);
	}

# What was in the store before it was emptied, and is to be told by the hooks.
global misp_forgotten: vector of MinDataStore;
const misp_told_per_step = 1000;
global misp_tell_forgotten: event();

# The next of a set, which are removed from it.
function misp_take_hosts(hosts: set[addr]): vector of addr
	{
	local next_hosts: vector of addr;
	for ( host in hosts )
		{
		next_hosts += host;
		if ( |next_hosts| == misp_told_per_step )
			break;
		}

	for ( _, h in next_hosts )
		delete hosts[h];

	return next_hosts;
	}

event misp_tell_forgotten()
	{
	local store = misp_forgotten[0];
	MISP::is_drained = T;
	for ( _, host in misp_take_hosts(store$host_data) )
		misp_raise_removed(cat(host), ADDR);

	for ( net in store$subnet_data )
		misp_raise_removed(cat(net), SUBNET);

	store$subnet_data = set();
	local texts: set[string, Type];
	for ( [text, text_type] in store$string_data )
		{
		add texts[text, text_type];
		if ( |texts| == misp_told_per_step )
			break;
		}

	for ( [gone, gone_type] in texts )
		{
		delete store$string_data[gone, gone_type];
		misp_raise_removed(gone, gone_type);
		}

	MISP::is_drained = F;
	if ( |store$host_data| + |store$string_data| == 0 )
		misp_forgotten = misp_forgotten[1:];

	if ( |misp_forgotten| > 0 && ! zeek_is_terminating() )
		schedule 1msec { misp_tell_forgotten() };
	}

function MISP::forget_store()
	{
	misp_forgotten += min_data_store;
	min_data_store = MinDataStore();
	if ( |misp_forgotten| == 1 )
		event misp_tell_forgotten();
	}

function MISP::visit_store(visit: function(indicator: string, indicator_type: Type))
	{
	for ( host in min_data_store$host_data )
		visit(cat(host), ADDR);

	for ( [text, text_type] in min_data_store$string_data )
		visit(text, text_type);
	}

function MISP::matchable_subnets(): vector of string
	{
	local found: vector of string;
	for ( net in min_data_store$subnet_data )
		found += cat(net);

	return found;
	}

function MISP::has_entry(indicator: string, indicator_type: Type): bool
	{
	return misp_has_entry(MISP::metadata_of(indicator, indicator_type));
	}

@endif
@endif
@endif

# What stands in where the internals are missing, and is never called.
@if ( ! MISP::has_internals )
function MISP::metadata_of(indicator: string, indicator_type: Type): table[string] of MetaData
	{ return table(); }
function MISP::insert_quietly(item: Item): bool { return F; }
function MISP::remove_quietly(item: Item): bool { return F; }
function MISP::keep_alive(indicator: string, indicator_type: Type) { }
function MISP::is_matchable(indicator: string, indicator_type: Type): bool { return T; }
function MISP::make_matchable(indicators: vector of string, indicator_type: Type) { }
function MISP::make_unmatchable(indicators: vector of string, indicator_type: Type) { }
function MISP::store_sizes(): MISP::StoreState { return MISP::StoreState(); }
function MISP::forget_store() { }
function MISP::visit_store(visit: function(indicator: string, indicator_type: Type)) { }
function MISP::matchable_subnets(): vector of string { return vector(); }
function MISP::has_entry(indicator: string, indicator_type: Type): bool { return F; }
@endif
