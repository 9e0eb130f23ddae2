# SPDX-License-Identifier: BSD-3-Clause
##! Keeps the digest that of the Intel framework, whoever changes it. What others
##! do with an indicator's last source, and what they put in its place, is noticed
##! at once by the framework's own events and hooks; the rest by an audit that
##! goes through all entries without end. What is lost is asked for from the
##! service. The audit also keeps entries from expiring: see
##! policy/frameworks/intel/do_expire.

@load ./main

module MISP;

# Entries that one step of the audit looks at, but for the last bucket.
const entries_per_audit = 200;

# An indicator whose metadata is about to be changed by somebody else.
type Suspect: record {
	owner: Owner;
	indicator: string;
	kind: Intel::Type;
};

# To look at when the change is done, and whether an event is queued for it.
global suspects: vector of Suspect;
global check_suspects: event();

# Sends what is lost.
global report_lost: event();
global will_report = F;

# Where the audit is.
global audit: event();
global audit_bucket = 0;

# Called when the framework's store for matching lacked an indicator that it must
# have.
global mended: hook(indicator: string, indicator_type: Intel::Type);

function lost_of(owner: Owner): vector of LostV2
	{
	local found: vector of LostV2;
	for ( [i, t] in owner$lost )
		{
		found += LostV2($indicator=i, $indicator_type=cat(t), $suppressed=F);
		if ( |found| == max_indicators_per_lost )
			break;
		}

	return found;
	}

event report_lost()
	{
	will_report = F;
	for ( _, owner in owners )
		if ( owner$is_open && |owner$lost| > 0 )
			answer(owner, lost_v2, LostMessageV2($session=owner$session,
			                                     $indicators=lost_of(owner)));
	}

function note_loss(owner: Owner, i: string, t: Intel::Type)
	{
	# What it named of the indicator is not known any more: the sweep must look.
	owner$named = 0;
	if ( hook restore_policy(i, t) )
		{
		log_entry(LOST, i, cat(t), owner$name, "", "", owner$revision);
		add owner$lost[i, t];
		if ( ! will_report )
			schedule 50msec { MISP::report_lost() };

		will_report = T;
		return;
		}

	log_entry(SUPPRESSED, i, cat(t), owner$name, "", "", owner$revision);
	add owner$suppressed[i, t];
	answer(owner, lost_v2,
	       LostMessageV2($session=owner$session,
	                     $indicators=vector(LostV2($indicator=i, $indicator_type=cat(t),
	                                               $suppressed=T))));
	}

# Compares an indicator with what the Intel framework has of it.
function verify(owner: Owner, i: string, t: Intel::Type)
	{
	local bucket = bucket_of(owner, i);
	if ( [i, t] !in bucket )
		return;

	local hash = 0;
	local entries = 0;
	for ( source, meta in metas_of(i, t) )
		{
		if ( is_entry_of(owner, source, meta) )
			{
			hash = hash ^ meta$misp_hash;
			++entries;
			}
		}

	if ( hash != bucket[i, t] )
		{
		set_held(owner, i, t, hash, entries);
		note_loss(owner, i, t);
		}

	if ( entries > 0 && ! is_matchable(i, t) )
		{
		is_own_change = T;
		make_matchable(vector(i), t);
		hook mended(i, t);
		is_own_change = F;
		}
	}

# A removal of the last source, or a purge. The framework's handlers, which remove
# the indicator from the stores for matching, have run; if somebody has put it in
# again before that, it has to go in there once more.
hook indicator_was_removed(indicator: string, indicator_type: Intel::Type)
	{
	if ( has_internals )
		for ( _, owner in owners )
			verify(owner, to_lower(indicator), indicator_type);
	}

# An insert under the source of an owner by somebody else.
function suspect(item: Intel::Item)
	{
	local name = owner_of(item$meta$source);
	if ( is_own_change || ! has_internals || name == "" || item$meta?$misp_hash )
		return;

	local owner = owners[name];
	local i = to_lower(item$indicator);
	if ( |owner$strays| < 10000 )
		add owner$strays[i, item$indicator_type, item$meta$source];

	if ( |suspects| == 0 )
		event MISP::check_suspects();

	suspects += Suspect($owner=owner, $indicator=i, $kind=item$indicator_type);
	}

event check_suspects()
	{
	local all = suspects;
	suspects = vector();
	for ( _, s in all )
		verify(s$owner, s$indicator, s$kind);
	}

# After the handlers that may refuse it.
hook Intel::filter_item(item: Intel::Item) &priority=-1000000000
	{
	suspect(item);
	}

hook item_was_inserted(item: Intel::Item)
	{
	suspect(item);
	}

function all_items(): count
	{
	local sum = 0;
	for ( _, owner in owners )
		sum += owner$items;

	return sum;
	}

# How long a round of the audit may take. Zeek counts a table's time in whole
# seconds.
function audit_length(): interval
	{
	local expiration = (Intel::item_expiration - 1sec) / 3.0;
	return expiration > 0sec && expiration < audit_round ? expiration : audit_round;
	}

event audit()
	{
	if ( zeek_is_terminating() )
		return;

	local seen = 0;
	local first = audit_bucket;
	while ( seen < entries_per_audit )
		{
		for ( _, owner in owners )
			{
			local indicators: vector of Indicator = vector();
			for ( [i, t] in owner$held[audit_bucket] )
				indicators += Indicator($value=i, $kind=t);

			for ( _, it in indicators )
				{
				verify(owner, it$value, it$kind);
				if ( Intel::item_expiration > 0sec )
					keep_alive(it$value, it$kind);
				}

			seen += |indicators|;
			}

		audit_bucket = (audit_bucket + 1) % buckets;
		if ( audit_bucket == first )
			break;
		}

	local total = all_items();
	local longest = audit_length() < 1sec ? audit_length() : 1sec;
	local pause = total > 0 ? audit_length() * (seen * 1.0 / total) : longest;
	if ( pause > longest )
		pause = longest;

	schedule pause { MISP::audit() };
	}

event zeek_init()
	{
	if ( has_internals && is_sensor() )
		event MISP::audit();
	}

hook session_opened(owner: Owner)
	{
	event MISP::report_lost();
	}

hook session_pinged(owner: Owner)
	{
	if ( |owner$lost| > 0 )
		event MISP::report_lost();
	}
