# SPDX-License-Identifier: BSD-3-Clause
##! Requests with ``://`` in the URI are looked for with their host, too: those to a
##! proxy (``http://host/x``), and those that have a URL in path or query. Zeek's own
##! script looks for the URI alone. Load it on all nodes of a cluster.

@load base/frameworks/intel
@load base/protocols/http
@load policy/frameworks/intel/seen/where-locations
@load ./groups
@load ../capabilities

module MISP;

redef capabilities += { "http-urls" };

# The URL as the client wrote it, without scheme and default port.
function url_of(http: HTTP::Info): string
	{
	local from_proxy = sub(http$uri, /^[[:alpha:]][[:alnum:]+.-]*:\/\//, "");
	if ( from_proxy != http$uri )
		return from_proxy;

	local host = http?$host ? http$host : addr_to_uri(http$id$resp_h);
	return sub(host, /:80$/, "") + http$uri;
	}

event http_message_done(c: connection, is_orig: bool, stat: http_message_stat) &group="MISP::url"
	{
	if ( ! is_orig || ! c?$http || ! c$http?$uri || "://" !in c$http$uri )
		return;

	Intel::seen(Intel::Seen($indicator=url_of(c$http), $indicator_type=Intel::URL, $conn=c,
	                        $where=HTTP::IN_URL));
	}
