# SPDX-License-Identifier: BSD-3-Clause
##! Test only: on every node of a cluster, writes what the Intel framework holds
##! to a file when asked by a file, past the package and its own replication state. Tests do
##! not depend on the backend that way. A worker also writes when its store
##! changed last, and a file makes it lose one batch.

# The stores are not exported: only this module can read them.
module Intel;

const folder = getenv("MISP_TEST_FOLDER");
const ask_interval = 50msec;

global next_dump = 1;
global misp_test_look: event();

function write_lines(name: string, lines: vector of string)
	{
	local path = fmt("%s/%s", folder, name);
	local out = open(fmt("%s.part", path));
	# print would escape the tabs.
	write_file(out, join_string_vec(lines, "\n"));
	close(out);
	rename(fmt("%s.part", path), path);
	}

# "indicator\ttype" of what is matched against.
function matched(): vector of string
	{
	local lines: vector of string;
	for ( host in min_data_store$host_data )
		lines += cat(host, "\tIntel::ADDR");

	for ( net in min_data_store$subnet_data )
		lines += cat(net, "\tIntel::SUBNET");

	for ( [text, text_type] in min_data_store$string_data )
		lines += cat(text, "\t", text_type);

	return lines;
	}

function add_metadata(lines: vector of string, indicator: string, indicator_type: Type,
                      metas: MetaDataTable)
	{
	for ( source, _ in metas )
		lines += cat(indicator, "\t", indicator_type, "\t", source);
	}

# "indicator\ttype\tsource" of the manager's metadata.
function metadata(): vector of string
	{
	local lines: vector of string;
	for ( host, host_metas in data_store$host_data )
		add_metadata(lines, cat(host), ADDR, host_metas);

	for ( net, net_metas in data_store$subnet_data )
		add_metadata(lines, cat(net), SUBNET, net_metas);

	for ( [text, text_type], text_metas in data_store$string_data )
		add_metadata(lines, text, text_type, text_metas);

	return lines;
	}

event misp_test_look()
	{
	if ( zeek_is_terminating() )
		return;

	if ( file_size(fmt("%s/ask-%d", folder, next_dump)) >= 0.0 )
		{
		write_lines(fmt("metadata-%s-%d", Cluster::node, next_dump), metadata());
		write_lines(fmt("matched-%s-%d", Cluster::node, next_dump), matched());
		++next_dump;
		}

	schedule ask_interval { misp_test_look() };
	}

event zeek_init()
	{
	# After a restart, old questions are no business of this process.
	while ( file_size(fmt("%s/ask-%d", folder, next_dump)) >= 0.0 )
		++next_dump;

	schedule ask_interval { misp_test_look() };
	}

@if ( Cluster::local_node_type() == Cluster::MANAGER )
global others_up: set[string];

# The test may begin when the manager knows all others.
event Cluster::node_up(name: string, id: string)
	{
	add others_up[name];
	if ( |others_up| == |Cluster::nodes| - 1 )
		write_lines("all-up", vector());
	}
@endif

@if ( Cluster::local_node_type() == Cluster::WORKER )
const watch_interval = 100msec;

global watched_size = 0;
global misp_test_watch: event();

event misp_test_watch()
	{
	if ( zeek_is_terminating() )
		return;

	local size = |min_data_store$host_data| + |min_data_store$subnet_data|
	             + |min_data_store$string_data|;
	if ( size != watched_size )
		write_lines(fmt("changed-%s", Cluster::node), vector(fmt("%.6f", current_time())));

	watched_size = size;
	schedule watch_interval { misp_test_watch() };
	}

event zeek_init()
	{
	schedule watch_interval { misp_test_watch() };
	}

@ifdef ( MISP::take_batch )
hook MISP::take_batch(batch: MISP::WorkerBatch)
	{
	local wish = fmt("%s/lose-%s", folder, Cluster::node);
	if ( file_size(wish) < 0.0 )
		return;

	unlink(wish);
	break;
	}
@endif
@endif
