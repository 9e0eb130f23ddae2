# SPDX-License-Identifier: BSD-3-Clause
##! Looks into the Intel framework's two stores.

# They are not exported: only this module can read them.
module Intel;

export {
	## What the data store holds, sorted, each "indicator type source[,source]".
	global MISPTest::data: function(): vector of string;

	## What is matched against, sorted, each "indicator type".
	global MISPTest::matched: function(): vector of string;

	## The difference between the data store and the store that workers match
	## against: indicators that one has and the other has not.
	global MISPTest::disagreement: function(): set[string];
}

function describe(indicator: string, indicator_type: Type, metas: MetaDataTable): string
	{
	local sources: vector of string;
	for ( source, _ in metas )
		sources += source;

	sort(sources, strcmp);
	return fmt("%s %s %s", indicator, indicator_type, join_string_vec(sources, ","));
	}

function MISPTest::data(): vector of string
	{
	local lines: vector of string;
	for ( host, metas in data_store$host_data )
		lines += describe(cat(host), ADDR, metas);

	for ( net, metas in data_store$subnet_data )
		lines += describe(cat(net), SUBNET, metas);

	for ( [text, text_type], metas in data_store$string_data )
		lines += describe(text, text_type, metas);

	sort(lines, strcmp);
	return lines;
	}

function MISPTest::matched(): vector of string
	{
	local lines: vector of string;
	for ( host in min_data_store$host_data )
		lines += fmt("%s %s", host, ADDR);

	for ( net in min_data_store$subnet_data )
		lines += fmt("%s %s", net, SUBNET);

	for ( [text, text_type] in min_data_store$string_data )
		lines += fmt("%s %s", text, text_type);

	sort(lines, strcmp);
	return lines;
	}

function MISPTest::disagreement(): set[string]
	{
	local all: set[string];
	local both: set[string];
	for ( host, _ in data_store$host_data )
		add all[cat(host)];

	for ( net, _ in data_store$subnet_data )
		add all[cat(net)];

	for ( [text, text_type], _ in data_store$string_data )
		add all[cat(text, text_type)];

	local min_all: set[string];
	for ( host in min_data_store$host_data )
		add min_all[cat(host)];

	for ( net in min_data_store$subnet_data )
		add min_all[cat(net)];

	for ( [text, text_type] in min_data_store$string_data )
		add min_all[cat(text, text_type)];

	for ( key in all )
		if ( key in min_all )
			add both[key];

	return (all | min_all) - both;
	}
