# SPDX-License-Identifier: BSD-3-Clause
##! What a site may set about matches and sightings. A count of 0 switches a cap
##! off.

module MISP;

export {
	## Whether matches are reported to MISP as sightings. The service's
	## ``[sightings] enabled`` decides, too.
	option report_sightings = T;

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

	## Whether entries of ``ip|port`` and ``hostname|port`` attributes alone
	## match on these ports only: others are not reported and not in
	## ``intel.log``. :zeek:see:`Intel::match` is raised nevertheless. Where a
	## connection's port says nothing of the indicator, as in DNS, they match.
	option match_ports = F;

	## Whether ``misp_events``, ``misp_attributes`` and ``misp_tags`` of
	## ``intel.log`` are filled in.
	option extend_intel_log = F;

	## Whether matches of MISP's entries become notices. Needs
	## ``frameworks/intel/do_notice``, loaded before this package, and holds
	## for entries that are put in afterwards.
	option do_notice = F;

	## Names of tags: matches of entries that have one of them become notices,
	## as with :zeek:see:`MISP::do_notice`. The service's ``[mapping]
	## show_tags`` must name them, too.
	option notice_tags: set[string] = {};

	## Whether URLs with a port are looked for as they are: Zeek's own script
	## doubles the port.
	option mend_http_urls = T;

	## Whether the node that sees an indicator, MISP's or not, lets no more
	## than :zeek:see:`MISP::max_thinned_matches` of it through within
	## :zeek:see:`MISP::thinning_interval`. The others are neither reported nor
	## in ``intel.log``.
	option thin_matches = F;

	## See :zeek:see:`MISP::thin_matches`.
	option max_thinned_matches: count = 5;

	## See :zeek:see:`MISP::thin_matches`.
	option thinning_interval: interval = 5sec;
}

# Some number of things since a time.
type Window: record {
	start: time &default=double_to_time(0.0);
	used: count &default=0;
};

# Whether one more fits. A cap of 0 is none.
function fits(window: Window, cap: count, length: interval): bool
	{
	if ( network_time() - window$start >= length )
		{
		window$start = network_time();
		window$used = 0;
		}

	return cap == 0 || window$used < cap;
	}
