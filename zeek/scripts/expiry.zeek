# SPDX-License-Identifier: BSD-3-Clause
##! A site may let the Intel framework's items expire, as
##! policy/frameworks/intel/do_expire does. Items of MISP do not: the service
##! takes them out when MISP does not say them any more, and what expires before
##! is put in again at once.

@load ./work

module MISP;

# Called before an expired item is put in again.
global before_restore: hook(item: Intel::Item);

# Items of MISP that may be about to leave the Intel framework.
global expired: vector of Intel::Item;

# Takes what has expired for the next event.
global collect_expired: event();

# Puts items in again that are not there any more.
global restore: event(items: vector of Intel::Item);

# The priority is for handlers that break, by which the item goes: it is gone
# when the hook returns, and the store that is matched against follows by an
# event that is queued then. So what is collected here waits for two events.
hook Intel::item_expired(indicator: string, indicator_type: Intel::Type,
                         metas: set[Intel::MetaData]) &priority=1000000000
	{
	for ( meta in metas )
		{
		if ( ! starts_with(meta$source, "MISP-") )
			next;

		if ( |expired| == 0 )
			event MISP::collect_expired();

		expired += Intel::Item($indicator=indicator, $indicator_type=indicator_type, $meta=meta);
		}
	}

event collect_expired()
	{
	event MISP::restore(expired);
	expired = vector();
	}

# Whether the service still wants an item that is not there.
function is_lost(item: Intel::Item): bool
	{
	local event_id = item$meta$source[|"MISP-"|:];
	return is_held(item$indicator, item$indicator_type, event_id) && ! has_metadata(item);
	}

event restore(items: vector of Intel::Item)
	{
	if ( zeek_is_terminating() )
		return;

	local last = |items| < entries_per_step ? |items| : entries_per_step;
	for ( _, item in items[:last] )
		{
		if ( is_lost(item) )
			{
			hook before_restore(item);
			put(item);
			}
		}

	hook after_step();
	if ( last < |items| )
		event MISP::restore(items[last:]);
	}
