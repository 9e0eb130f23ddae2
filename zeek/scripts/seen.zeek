# SPDX-License-Identifier: BSD-3-Clause
##! What happens where indicators are seen: on the workers of a cluster.

@load base/frameworks/intel
@load base/protocols/http
@load policy/frameworks/intel/seen/where-locations
@load ./sighting-options

module MISP;

# Matches let through, by indicator and type.
global let_through: table[string, string] of Window &read_expire=10min;

hook Intel::seen_policy(s: Intel::Seen, found: bool)
	{
	if ( ! found || ! thin_matches )
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

# The URL as the client wrote it, without scheme and default port.
function url_of(http: HTTP::Info): string
	{
	local uri = http?$uri ? http$uri : "";
	local from_proxy = sub(uri, /^[[:alpha:]][[:alnum:]+.-]*:\/\//, "");
	if ( from_proxy != uri )
		return from_proxy;

	local host = http?$host ? http$host : addr_to_uri(http$id$resp_h);
	return sub(host, /:80$/, "") + uri;
	}

# Zeek's own script looks for the URL that HTTP::build_url() makes, which has
# the port twice if the client named it, and the scheme of a proxy's request.
event http_message_done(c: connection, is_orig: bool, stat: http_message_stat) &group="Intel::URL"
	{
	if ( ! mend_http_urls || ! is_orig || ! c?$http )
		return;

	local url = url_of(c$http);
	if ( url != HTTP::build_url(c$http) )
		Intel::seen(Intel::Seen($indicator=url, $indicator_type=Intel::URL, $conn=c,
		                        $where=HTTP::IN_URL));
	}
