# SPDX-License-Identifier: BSD-3-Clause
##! What is known of MISP, in columns of ``intel.log``.

@load base/frameworks/intel
@load ../types

module MISP;

redef record Intel::Info += {
	## Ids of the MISP events behind the match.
	misp_events: set[string] &log &optional;
	## Uuids of the MISP attributes behind the match.
	misp_attributes: set[string] &log &optional;
	## Tags of these, of those that the service is to show.
	misp_tags: set[string] &log &optional;
};

hook Intel::extend_match(info: Intel::Info, s: Intel::Seen, items: set[Intel::Item])
	{
	local events: set[string];
	local attributes: set[string];
	local tags: set[string];
	for ( item in items )
		{
		local meta = item$meta;
		if ( ! meta?$misp_hash )
			next;

		if ( meta?$misp_event_id )
			add events[cat(meta$misp_event_id)];

		for ( _, uuid in split_string(meta$misp_attribute_uuid, /,/) )
			add attributes[uuid];

		if ( meta?$misp_tags )
			for ( _, tag in split_string(meta$misp_tags, /,/) )
				add tags[tag];
		}

	if ( |attributes| > 0 )
		{
		info$misp_events = events;
		info$misp_attributes = attributes;
		}

	if ( |tags| > 0 )
		info$misp_tags = tags;
	}
