# SPDX-License-Identifier: BSD-3-Clause
##! The node that sees an indicator, MISP's or not, lets only a few matches of it
##! through in a while. The others are neither reported nor in intel.log. Load it on
##! all nodes of a cluster.

@load base/frameworks/intel
@load ../sighting-options

module MISP;

export {
	## Matches of an indicator within :zeek:see:`MISP::thinning_interval`.
	option max_thinned_matches: count = 5;

	## See :zeek:see:`MISP::max_thinned_matches`.
	option thinning_interval: interval = 5sec;
}

# Matches let through, by indicator and type.
global let_through: table[string, string] of Window &read_expire=10min;

hook Intel::seen_policy(s: Intel::Seen, found: bool)
	{
	if ( ! found )
		return;

	local indicator = s?$host ? cat(s$host) : to_lower(s$indicator);
	local kind = s?$host || ! s?$indicator_type ? "" : cat(s$indicator_type);
	if ( [indicator, kind] !in let_through )
		let_through[indicator, kind] = Window();

	local window = let_through[indicator, kind];
	if ( ! fits(window, max_thinned_matches, thinning_interval) )
		break;

	++window$used;
	}
