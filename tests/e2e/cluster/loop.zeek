# SPDX-License-Identifier: BSD-3-Clause
##! Test only: what Zeek's own distribution does with as many indicators, for
##! comparison. The manager inserts 200 per event when all nodes are up, and
##! writes a file when it begins and when it is done.

@load base/frameworks/intel
@load base/frameworks/cluster

module MISPTest;

const total = to_count(getenv("MISP_TEST_ITEMS"));
global inserted = 0;

@if ( Cluster::local_node_type() == Cluster::MANAGER )
global fill: event();

function tell(name: string)
	{
	local path = fmt("%s/%s", getenv("MISP_TEST_FOLDER"), name);
	local out = open(fmt("%s.part", path));
	print out, fmt("%.6f", current_time());
	close(out);
	rename(fmt("%s.part", path), path);
	}

function item_of(n: count): Intel::Item
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

event fill()
	{
	local last = inserted + 200 < total ? inserted + 200 : total;
	while ( inserted < last )
		{
		Intel::insert(item_of(inserted));
		++inserted;
		}

	if ( inserted < total )
		event fill();
	else
		tell("bare-end");
	}

event wait_for_start()
	{
	if ( file_size(fmt("%s/bare-go", getenv("MISP_TEST_FOLDER"))) < 0.0 )
		schedule 50msec { wait_for_start() };
	else
		{
		tell("bare-begin");
		event fill();
		}
	}

event zeek_init()
	{
	schedule 50msec { wait_for_start() };
	}
@endif
