# SPDX-License-Identifier: BSD-3-Clause
##! What Zeek holds from MISP, and the only place that changes it. The Intel
##! framework can neither list nor compare what it has, so the package keeps
##! its own books: a 64-bit hash for each entry.

@load ./log
@load ./options
@load ./validate
@load ./versions

module MISP;

# Hash of an entry, by indicator, type and event id.
type Holding: table[string, Intel::Type, string] of count;

# Names an entry whose type is known.
type EntryRef: record {
	indicator: string;
	indicator_type: Intel::Type;
	event_id: string;
};

# What all entries of an event have in common.
type Origin: record {
	source: string;
	desc: string;
	url: string;
	event_id: count &optional;
};

# What became of the entries of one message.
type Outcome: record {
	inserted: count &default=0;
	updated: count &default=0;
	unchanged: count &default=0;
	removed: count &default=0;
	rejected: count &default=0;
	rejects: vector of RejectV1 &default=vector();
};

# All entries are in exactly one of these. Without a snapshot that is `named`;
# a snapshot starts with all in `unnamed`, moves what it names, and sweeps the
# rest. After a broken snapshot both are in use.
global named: Holding;
global unnamed: Holding;

# Of the events met lately: the entries of an event share their strings, which
# saves more memory than the books above cost.
global origins: table[string] of Origin &read_expire=10min;

# XOR of the hashes of both.
global digest_bits = 0;

# Whether a snapshot is under way.
global snapshot_runs = F;

# Differs for each start of Zeek, also with a fixed random seed.
global instance = "";

global stored = F;

# Tells whether other handlers of the hook let the item through: none of them
# can be after this one.
hook Intel::filter_item(item: Intel::Item) &priority=-1000000000
	{
	stored = T;
	}

event zeek_init() &priority=10
	{
	instance = sha256_hash(unique_id(""), getpid(), current_time())[:16];
	}

function stock_put(item: Intel::Item): bool
	{
	stored = F;
	Intel::insert(item);
	return stored;
	}

function stock_take(item: Intel::Item)
	{
	Intel::remove(item, F);
	}

# How an item gets into the Intel framework; F: a hook refused it.
global put: function(item: Intel::Item): bool &redef;

# How an item's metadata gets out of the Intel framework.
global take: function(item: Intel::Item) &redef;

function put(item: Intel::Item): bool
	{
	return stock_put(item);
	}

function take(item: Intel::Item)
	{
	stock_take(item);
	}

function item_count(): count
	{
	return |named| + |unnamed|;
	}

function is_held(indicator: string, indicator_type: Intel::Type, event_id: string): bool
	{
	return [indicator, indicator_type, event_id] in named
	       || [indicator, indicator_type, event_id] in unnamed;
	}

function digest(): string
	{
	return fmt("%016x", digest_bits);
	}

function source_of(event_id: string): string
	{
	return cat("MISP-", event_id);
	}

# The first 8 bytes of the SHA-256 of the fields, joined by line feeds.
function item_hash(item: ItemV1): count
	{
	local hex = sha256_hash(item$indicator_type, "\n", item$indicator, "\n", item$event_id, "\n",
	                        item$attribute_uuids, "\n", item$desc, "\n", item$url, "\n",
	                        item$ports, "\n", item$tags, "\n", item$report_sightings ? "T" : "F");
	return hex_to_count(hex[:16]);
	}

# Whether `misp.log` gets lines for entries.
function logs_entries(): bool
	{
	return ! snapshot_runs || log_snapshot_items;
	}

function log_entry(action: Action, indicator: string, indicator_type: string, event_id: string,
                   attribute_uuids: string, reason: string, revision: count)
	{
	local info = Info($ts=network_time(), $action=action, $indicator=indicator,
	                  $indicator_type=indicator_type, $source=source_of(event_id),
	                  $revision=revision);
	if ( attribute_uuids != "" )
		info$attribute_uuids = attribute_uuids;

	if ( reason != "" )
		info$reason = reason;

	Log::write(LOG, info);
	}

function new_origin(item: ItemV1): Origin
	{
	local e = item$event_id;
	local origin = Origin($source=source_of(e), $desc=item$desc, $url=item$url);
	if ( is_event_id(e) )
		origin$event_id = to_count(e);

	origins[e] = origin;
	return origin;
	}

function to_intel(item: ItemV1, indicator_type: Intel::Type): Intel::Item
	{
	local origin = item$event_id in origins ? origins[item$event_id] : new_origin(item);
	if ( origin$desc != item$desc || origin$url != item$url )
		origin = new_origin(item);

	local meta = Intel::MetaData($source=origin$source,
	                             $misp_attribute_uuid=item$attribute_uuids,
	                             $report_sightings=item$report_sightings);
	if ( origin$desc != "" )
		meta$desc = origin$desc;

	if ( origin$url != "" )
		meta$url = origin$url;

	if ( origin?$event_id )
		meta$misp_event_id = origin$event_id;

	if ( item$ports != "" )
		meta$misp_ports = item$ports;

	if ( item$tags != "" )
		meta$misp_tags = item$tags;

	return Intel::Item($indicator=item$indicator, $indicator_type=indicator_type, $meta=meta);
	}

function refuse(item: ItemV1, reason: string, revision: count, outcome: Outcome)
	{
	++outcome$rejected;
	outcome$rejects += RejectV1($indicator=item$indicator, $indicator_type=item$indicator_type,
	                            $event_id=item$event_id, $reason=reason);
	if ( logs_entries() )
		log_entry(REJECT, item$indicator, item$indicator_type, item$event_id,
		          item$attribute_uuids, reason, revision);
	}

# Puts an item in or updates it. F: an entry that was there before has to be
# taken out, because its new fields were refused.
function upsert(item: ItemV1, t: Intel::Type, revision: count, outcome: Outcome): bool
	{
	local i = item$indicator;
	local e = item$event_id;
	local hash = item_hash(item);
	local was_named = [i, t, e] in named;
	local was_held = was_named || ( |unnamed| > 0 && [i, t, e] in unnamed );
	local old = 0;
	if ( was_held )
		old = was_named ? named[i, t, e] : unnamed[i, t, e];

	if ( was_held && old == hash )
		++outcome$unchanged;
	else
		{
		# Why it does not get into the Intel framework.
		local reason = objection(i, t);
		if ( reason == "" )
			{
			local intel_item = to_intel(item, t);
			if ( ! hook MISP::filter_item(intel_item) || ! put(intel_item) )
				reason = "vetoed";
			}

		if ( reason != "" )
			{
			refuse(item, reason, revision, outcome);
			return ! was_held;
			}

		digest_bits = digest_bits ^ old ^ hash;
		if ( was_held )
			++outcome$updated;
		else
			++outcome$inserted;

		# As logs_entries() says, without its call for each entry of a bulk load.
		if ( ! snapshot_runs || log_snapshot_items )
			log_entry(was_held ? UPDATE : INSERT, i, item$indicator_type, e,
			          item$attribute_uuids, "", revision);
		}

	named[i, t, e] = hash;
	if ( was_held && ! was_named )
		delete unnamed[i, t, e];

	return T;
	}

# Takes an entry's metadata out, and nobody else's. Does nothing if the entry
# is not there.
function take_out(entry: EntryRef, revision: count, outcome: Outcome)
	{
	local i = entry$indicator;
	local t = entry$indicator_type;
	local e = entry$event_id;
	if ( [i, t, e] in named )
		{
		digest_bits = digest_bits ^ named[i, t, e];
		delete named[i, t, e];
		}
	else if ( [i, t, e] in unnamed )
		{
		digest_bits = digest_bits ^ unnamed[i, t, e];
		delete unnamed[i, t, e];
		}
	else
		return;

	take(Intel::Item($indicator=i, $indicator_type=t,
	                 $meta=Intel::MetaData($source=source_of(e))));
	++outcome$removed;
	if ( logs_entries() )
		log_entry(REMOVE, i, cat(t), e, "", "", revision);
	}
