# SPDX-License-Identifier: BSD-3-Clause
##! Entries with ports match on these ports alone: others are not in intel.log, and
##! become neither sightings nor notices. Where a connection's port says nothing of
##! the indicator, as in DNS, they match. An entry has the ports of all attributes
##! behind it.

@load base/frameworks/intel
@load policy/frameworks/intel/seen/where-locations
@load ../types

module MISP;

# The port of the side that the indicator is about; nothing if the connection
# is about something else, as in DNS.
function port_of_indicator(s: Intel::Seen): string
	{
	if ( ! s?$conn )
		return "";

	switch ( s$where )
		{
		case Conn::IN_ORIG:
			return cat(port_to_count(s$conn$id$orig_p));
		case Conn::IN_RESP, HTTP::IN_HOST_HEADER, SSL::IN_SERVER_NAME:
			return cat(port_to_count(s$conn$id$resp_p));
		default:
			return "";
		}
	}

function is_on_its_port(s: Intel::Seen, item: Intel::Item): bool
	{
	if ( ! item$meta?$misp_ports )
		return T;

	local found = port_of_indicator(s);
	if ( found == "" )
		return T;

	for ( _, named in split_string(item$meta$misp_ports, /,/) )
		{
		if ( named == found )
			return T;
		}

	return F;
	}

# Before all other handlers: they see what is left.
event Intel::match(s: Intel::Seen, items: set[Intel::Item]) &priority=1000
	{
	local others: set[Intel::Item];
	for ( item in items )
		if ( ! is_on_its_port(s, item) )
			add others[item];

	for ( other in others )
		delete items[other];
	}

hook Intel::extend_match(info: Intel::Info, s: Intel::Seen, items: set[Intel::Item]) &priority=1000
	{
	if ( |items| == 0 )
		break;
	}
