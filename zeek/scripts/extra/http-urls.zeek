# SPDX-License-Identifier: BSD-3-Clause
##! URLs with a port are looked for as they are, too: ``host:8080/x``, of which
##! Zeek's own script makes ``host:8080:8080/x``. Costs something for every HTTP
##! request. Load it on all nodes of a cluster.

@load base/frameworks/intel
@load base/protocols/http
@load policy/frameworks/intel/seen/where-locations

module MISP;

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
	if ( ! is_orig || ! c?$http )
		return;

	local url = url_of(c$http);
	if ( url != HTTP::build_url(c$http) )
		Intel::seen(Intel::Seen($indicator=url, $indicator_type=Intel::URL, $conn=c,
		                        $where=HTTP::IN_URL));
	}
