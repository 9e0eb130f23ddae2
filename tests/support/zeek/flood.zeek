# SPDX-License-Identifier: BSD-3-Clause
##! Test only: sees one indicator again and again, up to a thousand times a
##! second, and writes down what that did to Zeek's main loop. It begins when
##! Zeek holds an entry of MISP's.
##!
##! FLOOD_MATCHES says how many matches; 0 is none for FLOOD_SECONDS. At the end
##! ``flood.json`` has the matches, the seconds they took, how long rounds that
##! are due each 5 ms were late, in ms, and what the package's queue held and
##! dropped.

module MISP;

global flood: event();
global flood_begin = double_to_time(0.0);
global flood_round = double_to_time(0.0);
global flood_lags: vector of double;
global flood_done = 0;

function flood_percentile(part: double): double
	{
	return flood_lags[double_to_count(floor(part * (|flood_lags| - 1)))];
	}

function end_flood()
	{
	sort(flood_lags, function(a: double, b: double): int { return a < b ? -1 : a > b ? 1 : 0; });
	local out = open("flood.json.tmp");
	print out, fmt("{\"matches\":%d,\"seconds\":%.1f,\"lag_p50\":%.2f,\"lag_p99\":%.2f,\"lag_max\":%.2f,\"waiting\":%d,\"dropped\":%d}",
	               flood_done, interval_to_double(current_time() - flood_begin),
	               flood_percentile(0.5), flood_percentile(0.99), flood_percentile(1.0),
	               |sighting_queues["MISP"]$waiting|, sighting_queues["MISP"]$dropped);
	close(out);
	rename("flood.json.tmp", "flood.json");
	}

event MISP::flood()
	{
	local now = current_time();
	local passed = interval_to_double(now - flood_begin);
	local total = to_count(getenv("FLOOD_MATCHES"));
	flood_lags += 1000.0 * interval_to_double(now - flood_round) - 5.0;
	flood_round = now;
	while ( flood_done < total && flood_done < double_to_count(1000.0 * passed) )
		{
		Intel::seen(Intel::Seen($indicator="flood.example", $indicator_type=Intel::DOMAIN,
		                        $where=Intel::IN_ANYWHERE));
		++flood_done;
		}

	if ( flood_done < total || ( total == 0 && passed < to_double(getenv("FLOOD_SECONDS")) ) )
		schedule 5msec { MISP::flood() };
	else
		end_flood();
	}

event MISP::ping_v2(m: PingV2) &priority=-10
	{
	if ( all_items() == 0 || flood_begin > double_to_time(0.0) )
		return;

	flood_begin = current_time();
	flood_round = flood_begin;
	schedule 5msec { MISP::flood() };
	}
