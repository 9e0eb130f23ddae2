# SPDX-License-Identifier: BSD-3-Clause
##! Whether a match is on a port that the entry names.

@load base/frameworks/intel
@load policy/frameworks/intel/seen/where-locations
@load ./sighting-options
@load ./types

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
	if ( ! match_ports || ! item$meta?$misp_ports )
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
