# SPDX-License-Identifier: BSD-3-Clause
##! A domain matches the names below it, too: ``evil.example`` also
##! ``a.b.evil.example``. The match shows the domain, its connection the name. Without
##! this script the package refuses wildcards (``*.evil.example``), which match the
##! names below alone. Load it on all nodes of a cluster.

@load base/frameworks/intel
@load ./groups
@load ./look-for
@load ../capabilities

module MISP;

redef capabilities += { "subdomains" };

# Without names of one label: "com" is no domain to match below.
hook Intel::seen_policy(s: Intel::Seen, found: bool) &group="MISP::domain"
	{
	if ( is_looking_up || ! s?$indicator_type || s$indicator_type != Intel::DOMAIN )
		return;

	local labels = split_string(to_lower(s$indicator), /\./);
	local name = labels[|labels| - 1];
	local i = |labels| - 1;
	while ( i > 1 )
		{
		--i;
		name = labels[i] + "." + name;
		look_for(s, name);
		look_for(s, "*." + name);
		}
	}
