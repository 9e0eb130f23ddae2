# SPDX-License-Identifier: BSD-3-Clause
##! What the extras share, and load: their handlers are off while Zeek has no
##! indicator that they could match. Zeek before 8.0 does not say what it has: there
##! they stay on.

@load base/frameworks/intel

module MISP;

# The group of event handlers that look for indicators of a type.
const groups: table[Intel::Type] of string = {
	[Intel::ADDR] = "MISP::address",
	[Intel::SUBNET] = "MISP::address",
	[Intel::DOMAIN] = "MISP::domain",
	[Intel::URL] = "MISP::url",
	[Intel::EMAIL] = "MISP::email",
} &redef;

@ifdef ( Intel::indicator_inserted )

# Indicators that a group could match.
global group_sizes: table[string] of count &default=0;

event zeek_init() &priority=1000
	{
	for ( _, name in groups )
		if ( has_event_group(name) && group_sizes[name] == 0 )
			disable_event_group(name);
	}

hook Intel::indicator_inserted(indicator: string, indicator_type: Intel::Type)
	{
	if ( indicator_type !in groups )
		return;

	local name = groups[indicator_type];
	if ( ++group_sizes[name] == 1 && has_event_group(name) )
		enable_event_group(name);
	}

hook Intel::indicator_removed(indicator: string, indicator_type: Intel::Type)
	{
	if ( indicator_type !in groups )
		return;

	local name = groups[indicator_type];
	if ( --group_sizes[name] == 0 && has_event_group(name) )
		disable_event_group(name);
	}

@endif
