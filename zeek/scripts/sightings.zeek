# SPDX-License-Identifier: BSD-3-Clause
##! Reports matches to the service. Loaded on a stand-alone Zeek and on the
##! manager of a cluster, where the Intel framework raises its matches.

@load base/protocols/ssl
@load base/utils/site
@load policy/frameworks/intel/seen/where-locations
@load ./main
@load ./sighting-options

module MISP;

# What may be reported of an entry.
type Allowance: record {
	each: Window &default=Window();
	dns: Window &default=Window();
	scan: Window &default=Window();
	# Matches that were not reported since the last one that was.
	withheld: count &default=0;
};

# By indicator, type and source of an entry that matched.
global allowances: table[string, Intel::Type, string] of Allowance &read_expire=1day;

# Matches of attributes that are not reported, by why.
type Unreported: record {
	# By a cap.
	capped: count &default=0;
	# By MISP::sighting_policy or MISP::require_matching_sni.
	vetoed: count &default=0;
	# Too many waited.
	dropped: count &default=0;
};

# What one owner's service is to be told.
type SightingQueue: record {
	# What waits, in order from `first`.
	waiting: table[count] of SightingV2 &default=table();
	first: count &default=0;
	# The message without an answer, if there is one, and when it was sent.
	under_way: vector of SightingV2 &default=vector();
	unreported_under_way: Unreported &default=Unreported();
	is_under_way: bool &default=F;
	under_way_since: time &default=double_to_time(0.0);
	seq: count &default=0;
	# Since the last message.
	unreported: Unreported &default=Unreported();
	# Since the last line in misp.log, and whether another one comes.
	unlogged: Unreported &default=Unreported();
	logs: bool &default=F;
	# Since the start of Zeek.
	dropped: count &default=0;
	# Whether a `send_sightings` event is queued.
	sends: bool &default=F;
};

global sighting_queues: table[string] of SightingQueue
	&default_insert=function(owner: string): SightingQueue { return SightingQueue(); };

# An answer that is late is asked for again at a ping.
const seen_answer_time = 10sec;

# Between lines in misp.log about what is not reported. The first comes at once.
const unreported_log_interval = 1min;

global send_sightings: event(name: string);
global log_unreported: event(name: string);

# Names a queue for the service.
function queue_instance(name: string): string
	{
	return fmt("%s-%s", instance, name);
	}

function send_under_way(owner: Owner, q: SightingQueue)
	{
	q$under_way_since = current_time();
	local u = q$unreported_under_way;
	answer(owner, seen_v2, SeenV2($instance=queue_instance(owner$name), $seq=q$seq,
	                              $dropped=u$dropped, $sightings=q$under_way,
	                              $capped=u$capped, $vetoed=u$vetoed));
	}

function is_empty(u: Unreported): bool
	{
	return u$capped + u$vetoed + u$dropped == 0;
	}

function add_to(sum: Unreported, more: Unreported)
	{
	sum$capped += more$capped;
	sum$vetoed += more$vetoed;
	sum$dropped += more$dropped;
	}

# How many attributes a match stands for.
function attributes_in(uuids: string): count
	{
	return uuids == "" ? 0 : |uuids| - |subst_string(uuids, ",", "")| + 1;
	}

function write_unreported(name: string)
	{
	local q = sighting_queues[name];
	local u = q$unlogged;
	if ( is_empty(u) )
		return;

	q$unlogged = Unreported();
	Log::write(LOG, Info($ts=network_time(), $action=MATCHES_UNREPORTED, $owner=name,
	                     $reason=fmt("by caps %d, by policy %d, because too many waited %d",
	                                 u$capped, u$vetoed, u$dropped)));
	}

event log_unreported(name: string)
	{
	local q = sighting_queues[name];
	q$logs = ! is_empty(q$unlogged) && ! zeek_is_terminating();
	write_unreported(name);
	if ( q$logs )
		schedule unreported_log_interval { MISP::log_unreported(name) };
	}

event zeek_done()
	{
	for ( name, _ in sighting_queues )
		write_unreported(name);
	}

# The service is told with the next message, or at the next ping.
function note_unreported(name: string, more: Unreported)
	{
	local q = sighting_queues[name];
	add_to(q$unreported, more);
	add_to(q$unlogged, more);
	if ( ! q$logs )
		{
		q$logs = T;
		schedule 1sec { MISP::log_unreported(name) };
		}
	}

event send_sightings(name: string)
	{
	local q = sighting_queues[name];
	q$sends = F;
	if ( owners[name]$service_id == "" || q$is_under_way ||
	     ( |q$waiting| == 0 && is_empty(q$unreported) ) )
		return;

	q$is_under_way = T;
	q$unreported_under_way = q$unreported;
	q$unreported = Unreported();

	while ( |q$waiting| > 0 && |q$under_way| < max_sightings_per_seen )
		{
		q$under_way += q$waiting[q$first];
		delete q$waiting[q$first];
		++q$first;
		}

	++q$seq;
	send_under_way(owners[name], q);
	}

# All that the events before it queue goes in one message.
function start_sending(name: string)
	{
	local q = sighting_queues[name];
	if ( q$sends || q$is_under_way )
		return;

	q$sends = T;
	event MISP::send_sightings(name);
	}

function queue_sighting(name: string, sighting: SightingV2)
	{
	local q = sighting_queues[name];
	if ( |q$waiting| >= max_waiting_sightings )
		{
		local oldest = attributes_in(q$waiting[q$first]$attribute_uuids);
		delete q$waiting[q$first];
		++q$first;
		q$dropped += oldest;
		note_unreported(name, Unreported($dropped=oldest));
		}

	q$waiting[q$first + |q$waiting|] = sighting;
	start_sending(name);
	}

hook session_opened(owner: Owner)
	{
	local q = sighting_queues[owner$name];
	if ( q$is_under_way )
		send_under_way(owner, q);
	else
		start_sending(owner$name);
	}

hook session_pinged(owner: Owner)
	{
	local q = sighting_queues[owner$name];
	if ( ! q$is_under_way )
		start_sending(owner$name);
	else if ( current_time() - q$under_way_since > seen_answer_time )
		send_under_way(owner, q);
	}

redef dropped_sightings_of = function(owner: Owner): count
	{
	return sighting_queues[owner$name]$dropped;
	};

event MISP::seen_ack_v2(m: SeenAckV2)
	{
	for ( name, q in sighting_queues )
		{
		if ( m$instance != queue_instance(name) || m$seq != q$seq || ! q$is_under_way )
			next;

		q$is_under_way = F;
		q$under_way = vector();
		start_sending(name);
		}
	}

# The client asked for another name than the one in the certificate.
function is_of_another_name(s: Intel::Seen): bool
	{
	return s$where == X509::IN_CERT && s?$indicator_type && s$indicator_type == Intel::DOMAIN &&
	       s?$conn && s$conn?$ssl && s$conn$ssl?$server_name &&
	       to_lower(s$conn$ssl$server_name) != to_lower(s$indicator);
	}

# An address from outside that connects to one of ours.
function comes_in(s: Intel::Seen): bool
	{
	return s$where == Conn::IN_ORIG && s?$conn && Site::is_local_addr(s$conn$id$resp_h) &&
	       ! Site::is_local_addr(s$conn$id$orig_h);
	}

function allowance_of(item: Intel::Item): Allowance
	{
	local i = to_lower(item$indicator);
	local t = item$indicator_type;
	local source = item$meta$source;
	if ( [i, t, source] !in allowances )
		allowances[i, t, source] = Allowance();

	return allowances[i, t, source];
	}

# Whether the caps let one more through.
function take_allowance(s: Intel::Seen, a: Allowance): bool
	{
	local in_dns = s$where == DNS::IN_REQUEST;
	local in_scan = comes_in(s);
	if ( ( in_dns && ! fits(a$dns, max_dns_sightings, sighting_cap_period) ) ||
	     ( in_scan && ! fits(a$scan, max_scan_sightings, sighting_cap_period) ) ||
	     ! fits(a$each, max_item_sightings, max_item_sightings_interval) )
		{
		++a$withheld;
		return F;
		}

	++a$each$used;
	if ( in_dns )
		++a$dns$used;

	if ( in_scan )
		++a$scan$used;

	return T;
	}

function make_sighting(s: Intel::Seen, item: Intel::Item, owner: string,
                       withheld: count): SightingV2
	{
	local seen_at = network_time() > double_to_time(0.0) ? network_time() : current_time();
	local sighting = SightingV2($attribute_uuids=item$meta$misp_attribute_uuid,
	                            $indicator=to_lower(item$indicator),
	                            $indicator_type=cat(item$indicator_type),
	                            $event_id=item$meta$source[|owner| + 1:],
	                            $kind=item$meta?$misp_kind ? item$meta$misp_kind : "misp",
	                            $seen=s$indicator, $where=cat(s$where),
	                            $seen_at=double_to_count(floor(time_to_double(seen_at))),
	                            $withheld=withheld, $uid=s?$uid ? s$uid : "", $orig_h="",
	                            $orig_p=0, $resp_h="", $resp_p=0, $node=s?$node ? s$node : "",
	                            $fuid=s?$fuid ? s$fuid : "");
	if ( s?$conn )
		{
		sighting$uid = s$conn$uid;
		sighting$orig_h = cat(s$conn$id$orig_h);
		sighting$orig_p = port_to_count(s$conn$id$orig_p);
		sighting$resp_h = cat(s$conn$id$resp_h);
		sighting$resp_p = port_to_count(s$conn$id$resp_p);
		}

	return sighting;
	}

# After the framework's own handler, which finds the connection of a file, and after
# those that keep a match out of intel.log, as frameworks/intel/whitelist: what is not
# logged is no sighting.
hook Intel::extend_match(info: Intel::Info, s: Intel::Seen, items: set[Intel::Item]) &priority=-100
	{
	if ( ! report_sightings )
		return;

	local of_another_name = require_matching_sni && is_of_another_name(s);
	for ( item in items )
		{
		local owner = item$meta?$misp_hash ? owner_of(item$meta$source) : "";
		if ( owner == "" || ! item$meta$report_sightings )
			next;

		local attributes = attributes_in(item$meta$misp_attribute_uuid);
		if ( of_another_name )
			{
			note_unreported(owner, Unreported($vetoed=attributes));
			next;
			}

		local allowance = allowance_of(item);
		if ( ! take_allowance(s, allowance) )
			{
			note_unreported(owner, Unreported($capped=attributes));
			next;
			}

		local sighting = make_sighting(s, item, owner, allowance$withheld);
		if ( hook sighting_policy(sighting, s, item) )
			queue_sighting(owner, sighting);
		else
			note_unreported(owner, Unreported($vetoed=attributes));

		allowance$withheld = 0;
		}
	}
