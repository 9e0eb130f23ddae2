# SPDX-License-Identifier: BSD-3-Clause
##! Looks for links in mails as people see them. Zeek's own script takes what is up to
##! the next blank: line ends and quotes, too, and of a host with a hyphen what is in
##! front of it. Load it on all nodes of a cluster.

@load base/frameworks/intel
@load base/protocols/smtp
@load policy/frameworks/intel/seen/smtp-url-extraction
@load policy/frameworks/intel/seen/where-locations
@load ./groups
@load ../capabilities

module MISP;

redef capabilities += { "mail-urls" };

# The URL of a link, without its scheme, and with the path that a browser adds.
function url_of_link(link: string): string
	{
	local url = sub(link, /^[[:alpha:]]+:\/\//, "");
	# What ends the sentence.
	url = sub(url, /[.,;:!\)\]]+$/, "");
	url = gsub(url, /&amp;/, "&");
	local rest = sub(url, /^[^\/?#]*/, "");
	if ( starts_with(rest, "/") )
		return url;

	return url[:|url| - |rest|] + "/" + rest;
	}

event intel_mime_data(f: fa_file, data: string) &group="MISP::url"
	{
	if ( ! f?$conns || "://" !in data )
		return;

	local links = find_all(data, /[[:alpha:]]{3,5}:\/\/[^[:space:]\"'<>]+/);
	for ( _, c in f$conns )
		for ( link in links )
			Intel::seen(Intel::Seen($indicator=url_of_link(link), $indicator_type=Intel::URL,
			                        $conn=c, $where=SMTP::IN_MESSAGE));
	}
