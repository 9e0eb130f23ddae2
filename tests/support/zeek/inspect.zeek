# SPDX-License-Identifier: BSD-3-Clause
##! Test only: tells over Broker and the cluster's bus what the Intel framework holds, past the
##! package and its own replication state. The questions come on the topic
##! "misp-zeek-test/zeek", the answers go to "misp-zeek-test/reply".

# The stores are not exported: only this module can read them.
module Intel;

export {
	## Asks for all metadata of MISP in the data store. The answer's entries are
	## "indicator\ttype\tsource\tattribute uuids".
	global MISPTest::dump: event(nonce: count);

	## Asks for the store that workers match against. The answer's entries are
	## "indicator\ttype", whatever source they have.
	global MISPTest::dump_min: event(nonce: count);

	## Asks how many indicators workers match against. The answer's only entry is
	## the number; it costs Zeek nothing, however many there are.
	global MISPTest::size: event(nonce: count);

	## Zeek sees an indicator of any type, as if in traffic.
	global MISPTest::see: event(indicator: string);

	## A part of an answer.
	##
	## nonce: of the question.
	##
	## last: whether this is the last part.
	##
	## entries: in no order.
	global MISPTest::dump_reply: event(nonce: count, last: bool, entries: vector of string);

	## The lines that :zeek:see:`MISPTest::dump` answers with.
	global MISPTest::lines: function(): vector of string;

	## The lines that :zeek:see:`MISPTest::dump_min` answers with.
	global MISPTest::min_lines: function(): vector of string;
}

const entries_per_reply = 500;

function describe(indicator: string, indicator_type: Type, metas: MetaDataTable,
                  lines: vector of string)
	{
	for ( source, meta in metas )
		{
		if ( ! starts_with(source, "MISP-") )
			next;

		local uuids = meta?$misp_attribute_uuid ? meta$misp_attribute_uuid : "";
		lines += fmt("%s\t%s\t%s\t%s", indicator, indicator_type, source, uuids);
		}
	}

function MISPTest::lines(): vector of string
	{
	local lines: vector of string;
	for ( host, metas in data_store$host_data )
		describe(cat(host), ADDR, metas, lines);

	for ( net, metas in data_store$subnet_data )
		describe(cat(net), SUBNET, metas, lines);

	for ( [text, text_type], metas in data_store$string_data )
		describe(text, text_type, metas, lines);

	return lines;
	}

function MISPTest::min_lines(): vector of string
	{
	local lines: vector of string;
	for ( host in min_data_store$host_data )
		lines += fmt("%s\t%s", host, ADDR);

	for ( net in min_data_store$subnet_data )
		lines += fmt("%s\t%s", net, SUBNET);

	for ( [text, text_type] in min_data_store$string_data )
		lines += fmt("%s\t%s", text, text_type);

	return lines;
	}

# Whether the cluster's bus is another one than Broker, and Zeek's WebSocket server
# on it.
function has_other_bus(): bool
	{
@ifdef ( Cluster::CLUSTER_BACKEND_NONE )
	return Cluster::backend != Cluster::CLUSTER_BACKEND_NONE
	       && Cluster::backend != Cluster::CLUSTER_BACKEND_BROKER;
@else
	return F;
@endif
	}

function send(nonce: count, last: bool, entries: vector of string)
	{
	Broker::publish("misp-zeek-test/reply", MISPTest::dump_reply, nonce, last, entries);
@ifdef ( Cluster::publish )
	if ( has_other_bus() )
		Cluster::publish("misp-zeek-test/reply", MISPTest::dump_reply, nonce, last, entries);
@endif
	}

function reply(nonce: count, lines: vector of string)
	{
	local first = 0;
	while ( T )
		{
		local rest = |lines| - first;
		local size = rest > entries_per_reply ? entries_per_reply : rest;
		send(nonce, size == rest, lines[first:first + size]);
		first += size;
		if ( size == rest )
			break;
		}
	}

event MISPTest::dump(nonce: count)
	{
	reply(nonce, MISPTest::lines());
	}

event MISPTest::dump_min(nonce: count)
	{
	reply(nonce, MISPTest::min_lines());
	}

event MISPTest::size(nonce: count)
	{
	reply(nonce, vector(cat(|min_data_store$host_data| + |min_data_store$subnet_data|
	                        + |min_data_store$string_data|)));
	}

event MISPTest::see(indicator: string)
	{
	if ( is_valid_ip(indicator) )
		Intel::seen(Seen($host=to_addr(indicator), $where=IN_ANYWHERE));

	for ( [text, text_type] in min_data_store$string_data )
		if ( text == indicator )
			Intel::seen(Seen($indicator=text, $indicator_type=text_type, $where=IN_ANYWHERE));
	}

event zeek_init()
	{
	Broker::subscribe("misp-zeek-test/zeek");
@ifdef ( Cluster::subscribe )
	if ( has_other_bus() )
		Cluster::subscribe("misp-zeek-test/zeek");
@endif
	}
