# SPDX-License-Identifier: BSD-3-Clause
##! Reports matches to the service. Loaded on a stand-alone Zeek and on the
##! manager of a cluster, where the Intel framework raises its matches.

@load base/protocols/ssl
@load base/utils/site
@load ./answers
@load ./main
@load ./ports
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

# What waits, in order from first_waiting.
global waiting: table[count] of SightingV1;
global first_waiting = 0;

# The message without an answer, and when it was sent.
global under_way: vector of SightingV1;
global under_way_since = double_to_time(0.0);

global seen_seq = 0;
global dropped_sightings = 0;

# Whether a `send_sightings` event is queued.
global sends_sightings = F;

# An answer that is late is asked for again at a ping.
const seen_answer_time = 10sec;

global send_sightings: event();

function send_under_way()
	{
	under_way_since = current_time();
	if ( uses_broker )
		publish(answer_topic(), Broker::make_event(MISP::seen_v1, instance, seen_seq,
		        dropped_sightings, under_way));

	if ( has_other_bus() )
		publish_on_bus(answer_topic(), make_bus_event(MISP::seen_v1, instance, seen_seq,
		               dropped_sightings, under_way));
	}

event send_sightings()
	{
	sends_sightings = F;
	if ( session_service == "" || |under_way| > 0 || |waiting| == 0 )
		return;

	while ( |waiting| > 0 && |under_way| < max_sightings_per_seen )
		{
		under_way += waiting[first_waiting];
		delete waiting[first_waiting];
		++first_waiting;
		}

	++seen_seq;
	send_under_way();
	}

# All that the events before it queue goes in one message.
function start_sending()
	{
	if ( sends_sightings || |under_way| > 0 )
		return;

	sends_sightings = T;
	event MISP::send_sightings();
	}

function queue_sighting(sighting: SightingV1)
	{
	if ( |waiting| == max_waiting_sightings )
		{
		delete waiting[first_waiting];
		++first_waiting;
		++dropped_sightings;
		}

	waiting[first_waiting + |waiting|] = sighting;
	start_sending();
	}

# After main.zeek's handler, which takes over the service.
event MISP::hello_v1(service_id: string, session: string, service_version: string) &priority=-5
	{
	if ( session != session_name )
		return;

	if ( |under_way| > 0 )
		send_under_way();
	else
		start_sending();
	}

event MISP::ping_v1(session: string, nonce: count) &priority=-5
	{
	if ( session == session_name && |under_way| > 0 &&
	     current_time() - under_way_since > seen_answer_time )
		send_under_way();
	}

event MISP::seen_ack_v1(of_instance: string, seq: count)
	{
	if ( of_instance != instance || seq != seen_seq || |under_way| == 0 )
		return;

	under_way = vector();
	start_sending();
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

function make_sighting(s: Intel::Seen, item: Intel::Item, withheld: count): SightingV1
	{
	local seen_at = network_time() > double_to_time(0.0) ? network_time() : current_time();
	local sighting = SightingV1($attribute_uuids=item$meta$misp_attribute_uuid,
	                            $indicator=to_lower(item$indicator),
	                            $indicator_type=cat(item$indicator_type),
	                            $event_id=sub(item$meta$source, /^MISP-/, ""),
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

# After the framework's own handler, which finds the connection of a file.
event Intel::match(s: Intel::Seen, items: set[Intel::Item])
	{
	if ( ! report_sightings || ( require_matching_sni && is_of_another_name(s) ) )
		return;

	for ( item in items )
		{
		if ( ! item$meta$report_sightings || ! item$meta?$misp_attribute_uuid ||
		     ! is_on_its_port(s, item) )
			next;

		local allowance = allowance_of(item);
		if ( ! take_allowance(s, allowance) )
			next;

		queue_sighting(make_sighting(s, item, allowance$withheld));
		allowance$withheld = 0;
		}
	}
