# SPDX-License-Identifier: BSD-3-Clause
##! All that depends on Zeek's version, and the only place that does: the bus of
##! a cluster, and what the package takes from inside the Intel framework. Where
##! that is missing, ``MISP::has_internals`` is ``F``, and items go by
##! :zeek:see:`Intel::insert`.

@load base/frameworks/broker
@load base/frameworks/cluster
@load base/frameworks/intel
@load base/misc/version
@load ./cluster

module MISP;

export {
	## Publishes an event with one argument to nodes of the cluster.
	global tell: function(topic: string, ev: any, arg: any);
}

# Makes what publish_on_bus() takes of an event and its arguments.
@ifdef ( Cluster::make_event )
const make_bus_event = Cluster::make_event;
@else
const make_bus_event = Broker::make_event;
@endif

# Whether the cluster's bus is not Broker.
function has_other_bus(): bool &is_used
	{
@ifdef ( Cluster::CLUSTER_BACKEND_NONE )
	if ( Cluster::backend == Cluster::CLUSTER_BACKEND_NONE )
		return F;
@endif
@ifdef ( Cluster::CLUSTER_BACKEND_BROKER )
	return Cluster::backend != Cluster::CLUSTER_BACKEND_BROKER;
@else
	return F;
@endif
	}

function publish_on_bus(topic: string, ev: any) &is_used
	{
@ifdef ( Cluster::publish )
	Cluster::publish(topic, ev);
@endif
	}

function subscribe_on_bus(topic: string) &is_used
	{
@ifdef ( Cluster::subscribe )
	Cluster::subscribe(topic);
@endif
	}

function tell(topic: string, ev: any, arg: any)
	{
@ifdef ( Cluster::publish )
	Cluster::publish(topic, ev, arg);
@else
	Broker::publish(topic, ev, arg);
@endif
	}

# Whether Zeek itself listens at this port of this machine. The bus's scripts
# may be loaded later than this one. At Broker's own default nobody listens
# unless told to.
function zeek_has_port(p: port): bool &is_used
	{
	local ending = fmt(":%d", port_to_count(p));
	return (Broker::default_port == p && p != 9999/tcp)
	       || (Cluster::is_enabled() && Cluster::nodes[Cluster::node]$p == p)
	       || ends_with(cat(lookup_ID("Cluster::Backend::ZeroMQ::listen_xpub_endpoint")), ending)
	       || ends_with(cat(lookup_ID("Cluster::Backend::ZeroMQ::listen_xsub_endpoint")), ending);
	}

# The number that up to 16 hexadecimal digits say.
@if ( Version::at_least("7.2") )
function hex_to_count(hex: string): count &is_used
	{
	return to_count(hex, 16);
	}
@else
function hex_to_count(hex: string): count &is_used
	{
	return bytestring_to_count(hexstr_to_bytestring(hex));
	}
@endif

# Called when an indicator comes into the store that this node of a cluster
# matches against, or goes from it.
global note_store_change: function(indicator: string, indicator_type: Intel::Type);

# Whether note_store_change() is called.
@ifdef ( Intel::indicator_inserted )
const notes_store_changes = T;
@else
const notes_store_changes = F;
@endif

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

# The stores are not exported: only this module can reach them.
module Intel;

export {
	## Whether the data store has metadata of MISP for an item's indicator.
	global MISP::is_said_by_misp: function(item: Item): bool;

	## Whether the data store has an item's own metadata.
	global MISP::has_metadata: function(item: Item): bool;

	## As :zeek:see:`Intel::insert`, without announcing the item to the workers.
	global MISP::put_quietly: function(item: Item): MISP::PutResult;

	## As :zeek:see:`Intel::remove`, without announcing it to the workers, and
	## done when it returns. Returns whether the indicator is gone.
	global MISP::take_quietly: function(item: Item): bool;

	## Puts indicators of one type in the store that workers match against.
	global MISP::put_on_worker: function(indicators: vector of string, indicator_type: Type);

	## Takes indicators of one type out of the store that workers match against.
	global MISP::take_from_worker: function(indicators: vector of string, indicator_type: Type);

	## Sizes of the store that this node matches against, and no digest.
	global MISP::store_sizes: function(): MISP::StoreState;

	## Calls a function for all indicators in that store but subnets.
	global MISP::visit_store: function(visit: function(indicator: string, indicator_type: Type));

	## Sends this node's whole store to a worker.
	global MISP::send_store: function(topic: string, books: MISP::WorkerBooks);

	## Called on a worker whose store is the manager's now.
	global MISP::store_replaced: hook(books: MISP::WorkerBooks);
}

@ifdef ( _insert )
@ifdef ( data_store )
@ifdef ( min_data_store )

redef MISP::has_internals = T;

export {
	## The manager's whole store for one worker.
	type MISP::WorkerStore: record {
		## What the worker has with it.
		books: MISP::WorkerBooks;
		## The store.
		store: MinDataStore;
	};

	## Manager to one worker.
	global MISP::worker_store: event(whole: MISP::WorkerStore);
}

# What the data store has of an indicator that is not there.
const misp_nothing = MetaDataTable();

# The metadata of an item's indicator, by source. Subnets are looked up
# exactly: for a table, "in" and the index would take a wider one, too.
function misp_metadata(item: Item): MetaDataTable
	{
	switch ( item$indicator_type )
		{
		case ADDR:
			local host = to_addr(item$indicator);
			if ( host in data_store$host_data )
				return data_store$host_data[host];
			break;
		case SUBNET:
			local net = to_subnet(item$indicator);
			if ( check_subnet(net, data_store$subnet_data) )
				return data_store$subnet_data[net];
			break;
		default:
			local text = to_lower(item$indicator);
			if ( [text, item$indicator_type] in data_store$string_data )
				return data_store$string_data[text, item$indicator_type];
			break;
		}

	return misp_nothing;
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

function misp_has_source(metas: MetaDataTable): bool
	{
	for ( source, _ in metas )
		if ( starts_with(source, "MISP-") )
			return T;

	return F;
	}

function MISP::is_said_by_misp(item: Item): bool
	{
	return misp_has_source(misp_metadata(item));
	}

function MISP::has_metadata(item: Item): bool
	{
	return item$meta$source in misp_metadata(item);
	}

# Does what _insert() does, at two thirds of its cost: a bulk load is as fast as
# the manager. Metadata is assigned anew where it is there already, which makes
# it young for Intel::item_expiration. Subnets are few.
function MISP::put_quietly(item: Item): MISP::PutResult
	{
	if ( ! hook filter_item(item) )
		return MISP::PUT_REFUSED;

	local t = item$indicator_type;
	if ( t == SUBNET )
		{
		local was_said = MISP::is_said_by_misp(item);
		_insert(item, F);
		return was_said ? MISP::PUT_AGAIN : MISP::PUT_FIRST;
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
			is_first = ! misp_has_source(metas);
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
			is_first = ! misp_has_source(metas);
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

@ifdef ( indicator_inserted )
	if ( inserted != "" )
		hook indicator_inserted(inserted, t);
@endif

	return is_first ? MISP::PUT_FIRST : MISP::PUT_AGAIN;
	}

# Takes an indicator out of the store that is matched against.
function misp_take_from_min_store(indicator: string, indicator_type: Type)
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

function MISP::take_quietly(item: Item): bool
	{
	local metas = misp_metadata(item);
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

	misp_take_from_min_store(item$indicator, item$indicator_type);
	return T;
	}

# Workers hold no metadata.
const misp_no_metadata = MetaData($source="MISP");

function MISP::put_on_worker(indicators: vector of string, indicator_type: Type)
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
			# Raises the hook by its own rule.
			_insert(Item($indicator=indicator, $indicator_type=SUBNET,
			             $meta=misp_no_metadata), F);
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

function MISP::take_from_worker(indicators: vector of string, indicator_type: Type)
	{
	for ( _, indicator in indicators )
		misp_take_from_min_store(indicator, indicator_type);
	}

function MISP::store_sizes(): MISP::StoreState
	{
	return MISP::StoreState($hosts=|min_data_store$host_data|,
	                        $subnets=|min_data_store$subnet_data|,
	                        $strings=|min_data_store$string_data|);
	}

function MISP::visit_store(visit: function(indicator: string, indicator_type: Type))
	{
	for ( host in min_data_store$host_data )
		visit(cat(host), ADDR);

	for ( [text, text_type] in min_data_store$string_data )
		visit(text, text_type);
	}

function MISP::send_store(topic: string, books: MISP::WorkerBooks)
	{
	MISP::tell(topic, MISP::worker_store, MISP::WorkerStore($books=books, $store=min_data_store));
	}

# Tells the difference between two stores by the framework's hooks: what the
# first one has and the second one has not.
function misp_tell_difference(a: MinDataStore, b: MinDataStore, report: function(v: string, t: Type))
	{
	for ( host in a$host_data )
		if ( host !in b$host_data )
			report(cat(host), ADDR);

	for ( net in a$subnet_data )
		if ( ! check_subnet(net, b$subnet_data) )
			report(cat(net), SUBNET);

	for ( [text, text_type] in a$string_data )
		if ( [text, text_type] !in b$string_data )
			report(text, text_type);
	}

event MISP::worker_store(whole: MISP::WorkerStore)
	{
	local before = min_data_store;
	min_data_store = whole$store;
	misp_tell_difference(before, min_data_store, misp_raise_removed);
	misp_tell_difference(min_data_store, before, misp_raise_inserted);
	hook MISP::store_replaced(whole$books);
	}

@endif
@endif
@endif

# What stands in where the internals are missing, and is never called.
@if ( ! MISP::has_internals )
function MISP::is_said_by_misp(item: Item): bool { return F; }
function MISP::has_metadata(item: Item): bool { return F; }
function MISP::put_quietly(item: Item): MISP::PutResult { return MISP::PUT_REFUSED; }
function MISP::take_quietly(item: Item): bool { return F; }
function MISP::put_on_worker(indicators: vector of string, indicator_type: Type) { }
function MISP::take_from_worker(indicators: vector of string, indicator_type: Type) { }
function MISP::store_sizes(): MISP::StoreState { return MISP::StoreState(); }
function MISP::visit_store(visit: function(indicator: string, indicator_type: Type)) { }
function MISP::send_store(topic: string, books: MISP::WorkerBooks) { }
@endif
