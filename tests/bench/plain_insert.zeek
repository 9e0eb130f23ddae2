# SPDX-License-Identifier: BSD-3-Clause
##! Measures what Zeek itself takes for `Intel::insert`, without anything of ours: the limit that
##! a bridge can reach. Prints items, seconds.

global items = to_count(getenv("ITEMS"));

event zeek_init()
	{
	local begin = current_time();
	local i = 0;
	while ( i < items )
		{
		Intel::insert([$indicator=fmt("%d.plain.example", i), $indicator_type=Intel::DOMAIN,
		               $meta=[$source=fmt("plain-%d", i / 100),
		                      $desc="an event's info of a usual length, 48 bytes or so",
		                      $url="https://misp.example.org/events/view/1"]]);
		++i;
		}
	print fmt("%d %.6f", items, interval_to_double(current_time() - begin));
	terminate();
	}
