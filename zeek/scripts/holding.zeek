# SPDX-License-Identifier: BSD-3-Clause
##! What Zeek holds from MISP, and the only place that changes it. What an entry
##! adds to the digest stands in its metadata, inside the Intel framework; the
##! table here says what must be there, so that the two can be compared.

@load ./intel-internals
@load ./intel-stock
@load ./log
@load ./options
@load ./validate

module MISP;

# What the entries of an indicator add to the digest, by XOR.
type Held: table[string, Intel::Type] of count;

# An indicator whose type is known.
type Indicator: record {
	value: string;
	kind: Intel::Type;
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
	rejects: vector of RejectV2 &default=vector();
};

# By the low bits of the indicator's hash: a table cannot be read in slices, one
# of these is a slice.
const buckets = 1024;

# Everything of one owner. The session is main.zeek's.
type Owner: record {
	name: string;
	# Of the sources of its entries.
	prefix: string;
	held: vector of Held &default=vector();
	# Number of entries of an indicator that has more than one.
	several: table[string, Intel::Type] of count &default=table();
	items: count &default=0;
	digest: count &default=0;
	# Of the events met lately: the entries of an event share their strings, which
	# saves more memory than the table above costs.
	origins: table[string] of Origin &default=table();
	# Number of the last snapshot, and how many entries it has named. What comes
	# in without a snapshot counts as named.
	round: count &default=0;
	named: count &default=0;
	# Whether a snapshot is under way.
	snapshot_runs: bool &default=F;
	# Sum over the messages of the running snapshot.
	snapshot_outcome: Outcome &default=Outcome();
	# What Zeek was brought to; `epoch` is empty when that is no revision.
	epoch: string &default="";
	revision: count &default=0;
	# Indicators of which somebody else removed or overwrote entries.
	lost: set[string, Intel::Type] &default=set();
	# Of these, what the site keeps out.
	suppressed: set[string, Intel::Type] &default=set();
	# Entries under the owner's sources that somebody else put in.
	strays: set[string, Intel::Type, string] &default=set();
	# The session; the topic of its answers is that of `service_id`.
	session: string &default="";
	service_id: string &default="";
	service_version: string &default="";
	misp: string &default="";
	filter: string &default="";
	# Whether the session goes on; F after a resync.
	is_open: bool &default=F;
	# Whether its service has not taken leave, and when it was heard.
	has_lease: bool &default=F;
	heard_at: time &default=double_to_time(0.0);
	# The last message that was accepted, and the last that was carried out.
	last_seq: count &default=0;
	done_seq: count &default=0;
	# Messages that wait or are carried out.
	waiting: count &default=0;
};

global owners: table[string] of Owner;

# Differs for each start of Zeek, also with a fixed random seed.
global instance = "";

# The key of digests.
global digest_mask = 0;
global digest_factor = 1;

# Whether it is the package that changes the Intel framework.
global is_own_change = F;

# Called for an item that went in, with whether it is the first one of MISP with
# its indicator, and for one that went out, with whether the indicator is gone.
global inserted: hook(item: Intel::Item, is_first: bool);
global removed: hook(item: Intel::Item, is_gone: bool);

event zeek_init() &priority=10
	{
	instance = sha256_hash(unique_id(""), getpid(), current_time())[:16];
	local secret = sha256_hash(instance, rand(2147483648), rand(2147483648), rand(2147483648));
	digest_mask = hex_to_count(secret[:16]);
	digest_factor = hex_to_count(secret[16:32]) | 1;
	}

# The owner; one that is new holds nothing.
function owner_named(name: string): Owner
	{
	if ( name in owners )
		return owners[name];

	local owner = Owner($name=name, $prefix=cat(name, "-"));
	while ( |owner$held| < buckets )
		owner$held += Held();

	owners[name] = owner;
	return owner;
	}

# The name before the last "-" of a source; empty if no event id follows.
function owner_of(source: string): string
	{
	local name = sub(source, /-[0-9]+$/, "");
	return name != source && name in owners ? name : "";
	}

function bucket_of(owner: Owner, indicator: string): Held
	{
	return owner$held[fnv1a32(indicator) & (buckets - 1)];
	}

function format_digest(digest: count): string
	{
	return fmt("%016x", digest);
	}

# The further columns, for the hash.
function columns_text(columns: table[string] of string): string
	{
	local names: vector of string;
	for ( name, _ in columns )
		names += name;

	sort(names, strcmp);
	local text = "";
	for ( _, n in names )
		text += cat("\n", n, "\n", columns[n]);

	return text;
	}

# The first 8 bytes of the SHA-256 of the fields, joined by line feeds.
function item_hash(item: ItemV2): count
	{
	local hex = sha256_hash(item$indicator_type, "\n", item$indicator, "\n", item$event_id, "\n",
	                        item$attribute_uuids, "\n", item$desc, "\n", item$url, "\n",
	                        item$ports, "\n", item$tags, item$report_sightings ? "\nT\n" : "\nF\n",
	                        item$kind, item?$columns ? columns_text(item$columns) : "");
	return hex_to_count(hex[:16]);
	}

# The metadata of an indicator by source, or an empty table.
function metas_of(i: string, t: Intel::Type): table[string] of Intel::MetaData
	{
	return has_internals ? metadata_of(i, t) : stock_metadata_of(i, t);
	}

# Whether `misp.log` gets lines for entries.
function logs_entries(owner: Owner): bool
	{
	return ! owner$snapshot_runs || log_snapshot_items;
	}

function log_entry(action: Action, indicator: string, indicator_type: string, source: string,
                   attribute_uuids: string, reason: string, revision: count)
	{
	local info = Info($ts=network_time(), $action=action, $indicator=indicator,
	                  $indicator_type=indicator_type, $source=source, $revision=revision);
	if ( attribute_uuids != "" )
		info$attribute_uuids = attribute_uuids;

	if ( reason != "" )
		info$reason = reason;

	Log::write(LOG, info);
	}

function origin_of(owner: Owner, item: ItemV2): Origin
	{
	local e = item$event_id;
	if ( e in owner$origins )
		{
		local known = owner$origins[e];
		if ( known$desc == item$desc && known$url == item$url )
			return known;
		}

	local origin = Origin($source=owner$prefix + e, $desc=item$desc, $url=item$url);
	if ( is_event_id(e) )
		origin$event_id = to_count(e);

	# Bounded: a bulk load goes through all events.
	if ( |owner$origins| > 1000 )
		owner$origins = table();

	owner$origins[e] = origin;
	return origin;
	}

function to_intel(item: ItemV2, indicator_type: Intel::Type, origin: Origin, hash: count,
                  round: count): Intel::Item
	{
	local meta = Intel::MetaData($source=origin$source,
	                             $misp_attribute_uuid=item$attribute_uuids,
	                             $report_sightings=item$report_sightings,
	                             $misp_hash=hash, $misp_round=round);
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

	if ( item$kind != "misp" )
		meta$misp_kind = item$kind;

	if ( item?$columns )
		meta$misp_columns = item$columns;

	return Intel::Item($indicator=item$indicator, $indicator_type=indicator_type, $meta=meta);
	}

function refuse(owner: Owner, item: ItemV2, reason: string, revision: count, outcome: Outcome)
	{
	++outcome$rejected;
	outcome$rejects += RejectV2($indicator=item$indicator, $indicator_type=item$indicator_type,
	                            $event_id=item$event_id, $reason=reason);
	if ( logs_entries(owner) )
		log_entry(REJECT, item$indicator, item$indicator_type, owner$prefix + item$event_id,
		          item$attribute_uuids, reason, revision);
	}

# Why the item does not get into the Intel framework; empty if it did.
function insert_item(owner: Owner, item: Intel::Item): string
	{
	local i = item$indicator;
	local t = item$indicator_type;
	local source = item$meta$source;
	if ( |owner$suppressed| > 0 && [i, t] in owner$suppressed )
		return "suppressed";

	is_own_change = T;
	local reason = "";
	if ( ! hook MISP::filter_item(item) || ! hook Intel::filter_item(item) )
		reason = "vetoed";
	else if ( item$indicator != i || item$indicator_type != t || item$meta$source != source )
		reason = "changed";
	else
		hook inserted(item, has_internals ? insert_quietly(item) : stock_insert(item));

	is_own_change = F;
	return reason;
	}

# Puts an item in or updates it. F: an entry that was there before has to be
# removed, because its new fields were refused.
function upsert(owner: Owner, item: ItemV2, t: Intel::Type, revision: count,
                outcome: Outcome): bool
	{
	local i = item$indicator;
	local bucket = owner$held[fnv1a32(i) & (buckets - 1)];
	local hash = (item_hash(item) ^ digest_mask) * digest_factor;
	local origin = origin_of(owner, item);
	local is_indicator_held = [i, t] in bucket;
	local was_held = F;
	local was_named = F;
	local old = 0;
	if ( is_indicator_held )
		{
		local metas = metas_of(i, t);
		if ( origin$source in metas && metas[origin$source]?$misp_hash )
			{
			was_held = T;
			local meta = metas[origin$source];
			old = meta$misp_hash;
			was_named = meta$misp_round == owner$round;
			if ( old == hash )
				{
				++outcome$unchanged;
				if ( ! was_named )
					{
					meta$misp_round = owner$round;
					++owner$named;
					}

				return T;
				}
			}
		}

	local reason = objection(i, t);
	if ( reason == "" )
		reason = insert_item(owner, to_intel(item, t, origin, hash, owner$round));

	if ( reason != "" )
		{
		refuse(owner, item, reason, revision, outcome);
		return ! was_held;
		}

	owner$digest = owner$digest ^ old ^ hash;
	if ( was_held )
		++outcome$updated;
	else
		{
		++outcome$inserted;
		++owner$items;
		if ( is_indicator_held )
			owner$several[i, t] = ([i, t] in owner$several ? owner$several[i, t] : 1) + 1;
		}

	if ( ! was_named )
		++owner$named;

	bucket[i, t] = is_indicator_held ? bucket[i, t] ^ old ^ hash : hash;
	if ( |owner$lost| > 0 )
		delete owner$lost[i, t];

	# As logs_entries() says, without its call for each entry of a bulk load.
	if ( ! owner$snapshot_runs || log_snapshot_items )
		log_entry(was_held ? UPDATE : INSERT, i, item$indicator_type, origin$source,
		          item$attribute_uuids, "", revision);

	return T;
	}

# Sets how many entries an indicator has, and what they add to the digest.
function set_held(owner: Owner, i: string, t: Intel::Type, hash: count, entries: count)
	{
	local bucket = bucket_of(owner, i);
	local entries_before = [i, t] in owner$several ? owner$several[i, t] : 1;
	owner$digest = owner$digest ^ bucket[i, t] ^ hash;
	owner$items = owner$items + entries - entries_before;
	if ( entries > 1 )
		owner$several[i, t] = entries;
	else
		delete owner$several[i, t];

	if ( entries > 0 )
		bucket[i, t] = hash;
	else
		delete bucket[i, t];
	}

# Removes an entry's metadata, and nobody else's. Does nothing if the entry is not
# there.
function remove_entry(owner: Owner, i: string, t: Intel::Type, source: string, revision: count,
                      outcome: Outcome)
	{
	if ( |owner$lost| > 0 )
		delete owner$lost[i, t];

	if ( |owner$suppressed| > 0 )
		delete owner$suppressed[i, t];

	local bucket = bucket_of(owner, i);
	if ( [i, t] !in bucket )
		return;

	local metas = metas_of(i, t);
	if ( source !in metas || ! metas[source]?$misp_hash )
		return;

	local meta = metas[source];
	local entries = [i, t] in owner$several ? owner$several[i, t] : 1;
	set_held(owner, i, t, bucket[i, t] ^ meta$misp_hash, entries - 1);
	if ( meta$misp_round == owner$round )
		--owner$named;

	local item = Intel::Item($indicator=i, $indicator_type=t, $meta=meta);
	is_own_change = T;
	hook removed(item, has_internals ? remove_quietly(item) : stock_remove(item));
	is_own_change = F;
	++outcome$removed;
	if ( logs_entries(owner) )
		log_entry(REMOVE, i, cat(t), source, "", "", revision);
	}

# Whether metadata is of an entry of the owner.
function is_entry_of(owner: Owner, source: string, meta: Intel::MetaData): bool
	{
	return meta?$misp_hash && starts_with(source, owner$prefix);
	}

# Removes the entries of a bucket that the snapshot did not name. Returns how many
# were looked at.
function sweep(owner: Owner, bucket: count, revision: count, outcome: Outcome): count
	{
	local gone: vector of Indicator;
	for ( [i, t] in owner$held[bucket] )
		{
		for ( source, meta in metas_of(i, t) )
			if ( is_entry_of(owner, source, meta) && meta$misp_round != owner$round )
				{
				gone += Indicator($value=i, $kind=t);
				break;
				}
		}

	local seen = |owner$held[bucket]|;
	for ( _, it in gone )
		{
		local sources: vector of string = vector();
		for ( s, m in metas_of(it$value, it$kind) )
			if ( is_entry_of(owner, s, m) && m$misp_round != owner$round )
				sources += s;

		for ( _, each in sources )
			remove_entry(owner, it$value, it$kind, each, revision, outcome);
		}

	return seen;
	}
