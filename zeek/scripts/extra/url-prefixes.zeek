# SPDX-License-Identifier: BSD-3-Clause
##! A URL that ends with a slash matches those below it, too: ``evil.example/kit/``
##! also ``evil.example/kit/gate.php``, and ``evil.example/`` all of its host. The
##! match shows the listed URL, its connection the other. Load it on all nodes of a
##! cluster.

@load base/frameworks/intel
@load ./groups
@load ./look-for
@load ../capabilities

module MISP;

redef capabilities += { "url-prefixes" };

# Slashes in a URL after which prefixes are looked for.
const max_url_prefixes = 16;

hook Intel::seen_policy(s: Intel::Seen, found: bool) &group="MISP::url"
	{
	if ( is_looking_up || ! s?$indicator_type || s$indicator_type != Intel::URL )
		return;

	local parts = split_string(s$indicator, /\//);
	local prefix = "";
	local i = 0;
	while ( i + 1 < |parts| && i < max_url_prefixes )
		{
		prefix += parts[i] + "/";
		++i;
		if ( prefix != s$indicator )
			look_for(s, to_lower(prefix));
		}
	}
