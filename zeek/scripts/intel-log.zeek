# SPDX-License-Identifier: BSD-3-Clause
##! What ``intel.log`` and notices tell of MISP.

@load base/frameworks/intel
@load ./api
@load ./ports
@load ./sighting-options

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
	local others = 0;
	for ( item in items )
		{
		if ( is_on_its_port(s, item) )
			++others;
		else
			delete info$sources[item$meta$source];
		}

	# Nothing is left of it.
	if ( others == 0 && |items| > 0 )
		break;

	if ( ! extend_intel_log )
		return;

	local events: set[string];
	local attributes: set[string];
	local tags: set[string];
	for ( item in items )
		{
		if ( ! item$meta?$misp_attribute_uuid || ! is_on_its_port(s, item) )
			next;

		if ( item$meta?$misp_event_id )
			add events[cat(item$meta$misp_event_id)];

		for ( _, uuid in split_string(item$meta$misp_attribute_uuid, /,/) )
			add attributes[uuid];

		if ( item$meta?$misp_tags )
			{
			for ( _, tag in split_string(item$meta$misp_tags, /,/) )
				add tags[tag];
			}
		}

	if ( |attributes| > 0 )
		{
		info$misp_events = events;
		info$misp_attributes = attributes;
		}

	if ( |tags| > 0 )
		info$misp_tags = tags;
	}

@ifdef ( Intel::Notice )
function has_notice_tag(meta: Intel::MetaData): bool
	{
	if ( |notice_tags| == 0 || ! meta?$misp_tags )
		return F;

	for ( _, tag in split_string(meta$misp_tags, /,/) )
		{
		if ( tag in notice_tags )
			return T;
		}

	return F;
	}

hook MISP::filter_item(item: Intel::Item)
	{
	if ( do_notice || has_notice_tag(item$meta) )
		item$meta$do_notice = T;
	}
@endif
