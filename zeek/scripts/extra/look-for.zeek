# SPDX-License-Identifier: BSD-3-Clause
##! Sees an indicator in place of another one. Loaded by other extras.

@load base/frameworks/intel
@load ../intel-internals

module MISP;

# Whether what Intel::seen() is given comes from look_for().
global is_looking_up = F;

# The same with another indicator.
function seen_as(s: Intel::Seen, indicator: string): Intel::Seen
	{
	local other = Intel::Seen($indicator=indicator, $indicator_type=s$indicator_type,
	                          $where=s$where);
	if ( s?$conn )
		other$conn = s$conn;

	if ( s?$uid )
		other$uid = s$uid;

	if ( s?$f )
		other$f = s$f;

	if ( s?$fuid )
		other$fuid = s$fuid;

	return other;
	}

# Sees another indicator in place of one, if there is such an entry.
function look_for(s: Intel::Seen, indicator: string)
	{
	if ( ! is_matchable(indicator, s$indicator_type) )
		return;

	is_looking_up = T;
	Intel::seen(seen_as(s, indicator));
	is_looking_up = F;
	}
