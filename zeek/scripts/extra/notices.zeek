# SPDX-License-Identifier: BSD-3-Clause
##! Matches of MISP's entries become notices, by policy/frameworks/intel/do_notice.
##! It holds for entries that are put in afterwards.

@load policy/frameworks/intel/do_notice
@load ../api

module MISP;

export {
	## Names of tags: of entries that have one of them, matches become notices.
	## Empty: of all. The service's ``[mapping] show_tags`` must name them, too.
	option notice_tags: set[string] = {};
}

function is_for_notices(meta: Intel::MetaData): bool
	{
	if ( |notice_tags| == 0 )
		return T;

	if ( meta?$misp_tags )
		for ( _, tag in split_string(meta$misp_tags, /,/) )
			if ( tag in notice_tags )
				return T;

	return F;
	}

hook MISP::filter_item(item: Intel::Item)
	{
	if ( is_for_notices(item$meta) )
		item$meta$do_notice = T;
	}
