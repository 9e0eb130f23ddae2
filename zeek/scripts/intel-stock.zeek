# SPDX-License-Identifier: BSD-3-Clause
##! The package on a Zeek whose Intel framework's internals it cannot reach: items
##! go by :zeek:see:`Intel::insert`, and a table beside the framework stands for
##! what it holds.

@load base/frameworks/intel
@load ./types

module MISP;

# What the package inserted.
global stock_store: table[string, Intel::Type] of table[string] of Intel::MetaData;
const stock_nothing: table[string] of Intel::MetaData = table();

function stock_metadata_of(i: string, t: Intel::Type): table[string] of Intel::MetaData
	{
	return [i, t] in stock_store ? stock_store[i, t] : stock_nothing;
	}

function stock_insert(item: Intel::Item): bool
	{
	local i = item$indicator;
	local t = item$indicator_type;
	local is_first = [i, t] !in stock_store;
	if ( is_first )
		stock_store[i, t] = table();

	stock_store[i, t][item$meta$source] = item$meta;
	Intel::insert(item);
	return is_first;
	}

function stock_remove(item: Intel::Item): bool
	{
	local i = item$indicator;
	local t = item$indicator_type;
	delete stock_store[i, t][item$meta$source];
	if ( |stock_store[i, t]| == 0 )
		delete stock_store[i, t];

	Intel::remove(item, F);
	return F;
	}
