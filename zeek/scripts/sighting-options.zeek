# SPDX-License-Identifier: BSD-3-Clause
##! What a site may set about matches and sightings. A count of 0 switches a cap
##! off.

module MISP;

export {
	## Whether matches are reported to MISP as sightings. The service's
	## ``[sightings] enabled`` decides, too.
	option report_sightings = T;

	## Sightings that may wait for the service of an owner. At the bound the
	## oldest are dropped and counted.
	const max_waiting_sightings = 100000 &redef;

	## Sightings of an entry within
	## :zeek:see:`MISP::max_item_sightings_interval`.
	option max_item_sightings: count = 5;

	## See :zeek:see:`MISP::max_item_sightings`.
	option max_item_sightings_interval: interval = 5sec;

	## Sightings of an entry in DNS requests within
	## :zeek:see:`MISP::sighting_cap_period`.
	option max_dns_sightings: count = 2;

	## Sightings of an address that comes in from outside, as scanners do,
	## within :zeek:see:`MISP::sighting_cap_period`: it is the originator of a
	## connection to an address of :zeek:see:`Site::local_nets`.
	option max_scan_sightings: count = 2;

	## See :zeek:see:`MISP::max_dns_sightings` and
	## :zeek:see:`MISP::max_scan_sightings`.
	option sighting_cap_period: interval = 4hrs;

	## Whether a name in a certificate is no sighting if the client asked for
	## another name: certificates of hosting services name many.
	option require_matching_sni = T;
}

# Some number of things since a time.
type Window: record {
	start: time &default=double_to_time(0.0);
	used: count &default=0;
};

# Whether one more fits. A cap of 0 is none.
function fits(window: Window, cap: count, length: interval): bool &is_used
	{
	if ( network_time() - window$start >= length )
		{
		window$start = network_time();
		window$used = 0;
		}

	return cap == 0 || window$used < cap;
	}
