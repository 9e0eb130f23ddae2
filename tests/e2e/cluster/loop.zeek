# SPDX-License-Identifier: BSD-3-Clause
##! Test only, for comparison: how indicators get to the workers without a service,
##! messages and what is checked of them. The manager inserts 200 per event when all
##! nodes are up, and writes a file when it begins and when it is done. It does so
##! with the Intel framework alone, or, if the package is loaded before this script,
##! with the package's own distribution.

@load base/frameworks/intel
@load base/frameworks/cluster

# The package exports nothing of this.
module MISP;

const test_total = to_count(getenv("MISP_TEST_ITEMS"));
global test_inserted = 0;

@if ( Cluster::local_node_type() == Cluster::MANAGER )
global test_fill: event();

function test_tell(name: string)
	{
	local path = fmt("%s/%s", getenv("MISP_TEST_FOLDER"), name);
	local out = open(fmt("%s.part", path));
	print out, fmt("%.6f", current_time());
	close(out);
	rename(fmt("%s.part", path), path);
	}

function test_item_of(n: count): Intel::Item
	{
	local meta = Intel::MetaData($source=fmt("MISP-%d", n / 1000),
	                             $desc=fmt("synthetic event %d, as long as a usual title", n / 1000),
	                             $url=fmt("https://misp.example.org/events/view/%d", n / 1000));
	if ( n % 2 == 0 )
		return Intel::Item($indicator=cat(counts_to_addr(vector(184549376 + n))),
		                   $indicator_type=Intel::ADDR, $meta=meta);

	return Intel::Item($indicator=fmt("n%d.s1.example.com", n), $indicator_type=Intel::DOMAIN,
	                   $meta=meta);
	}

@ifdef ( MISP::insert_item )
function test_put(item: Intel::Item)
	{
	insert_item(owner_named("MISP"), item);
	}

# The package waits for workers here, too.
function test_may_go_on(): bool
	{
	return can_go_on();
	}

function test_end_step()
	{
	hook after_step();
	}
@else
const test_put = Intel::insert;

function test_may_go_on(): bool
	{
	return T;
	}

function test_end_step()
	{
	}
@endif

event test_fill()
	{
	if ( ! test_may_go_on() )
		{
		schedule 1msec { test_fill() };
		return;
		}

	local last = test_inserted + 200 < test_total ? test_inserted + 200 : test_total;
	while ( test_inserted < last )
		{
		test_put(test_item_of(test_inserted));
		++test_inserted;
		}

	test_end_step();
	if ( test_inserted < test_total )
		event test_fill();
	else
		test_tell("loop-end");
	}

event test_wait_for_start()
	{
	if ( file_size(fmt("%s/loop-go", getenv("MISP_TEST_FOLDER"))) < 0.0 )
		schedule 50msec { test_wait_for_start() };
	else
		{
		test_tell("loop-begin");
		event test_fill();
		}
	}

event zeek_init()
	{
	schedule 50msec { test_wait_for_start() };
	}
@endif
