# SPDX-License-Identifier: BSD-3-Clause
##! Prints what is sent of sightings, and makes matches.

@load ./harness

module MISPTest;

export {
	## The service's answer to what was sent last.
	global acknowledge: function();
}

module MISP;

hook MISPTest::seen_sent()
	{
	# The items of a match come in any order.
	local lines: vector of string;
	local q = sighting_queues["MISP"];
	for ( _, sighting in q$under_way )
		{
		local now = double_to_count(time_to_double(current_time()));
		local in_time = sighting$seen_at + 60 > now && sighting$seen_at <= now + 1;
		local line = fmt("seen %d: %s %s of event %s, seen %s in %s, %s, withheld %d, attributes %s",
		                 q$seq, sighting$indicator, sighting$indicator_type,
		                 sighting$event_id, sighting$seen, sighting$where,
		                 in_time ? "now" : "at another time", sighting$withheld,
		                 sighting$attribute_uuids);
		if ( sighting$uid != "" )
			line += fmt("; %s %s:%d %s:%d node %s", sighting$uid, sighting$orig_h,
			            sighting$orig_p, sighting$resp_h, sighting$resp_p, sighting$node);
		lines += line;
		}

	sort(lines, strcmp);
	for ( _, text in lines )
		print text;
	}

function MISPTest::acknowledge()
	{
	event MISP::seen_ack_v2(SeenAckV2($instance=queue_instance("MISP"),
	                                  $seq=sighting_queues["MISP"]$seq, $auth=""));
	}

module MISPTest;

export {
	## A connection that was never seen.
	global connection_of: function(orig: addr, orig_p: port, resp: addr, resp_p: port): connection;

	## Zeek sees a name or an address.
	global see_name: function(name: string, where: Intel::Where &default=Intel::IN_ANYWHERE);
	global see_address: function(host: addr, where: Intel::Where, c: connection);
}

function connection_of(orig: addr, orig_p: port, resp: addr, resp_p: port): connection
	{
	local id = conn_id($orig_h=orig, $orig_p=orig_p, $resp_h=resp, $resp_p=resp_p);
	local side = endpoint($size=0, $state=0, $flow_label=0, $l2_addr="");
	return connection($id=id, $orig=side, $resp=side, $start_time=current_time(),
	                  $duration=0sec, $service=set(), $history="", $uid="CTEST", $inner_vlan=0);
	}

function see_name(name: string, where: Intel::Where)
	{
	Intel::seen(Intel::Seen($indicator=name, $indicator_type=Intel::DOMAIN, $where=where));
	}

function see_address(host: addr, where: Intel::Where, c: connection)
	{
	Intel::seen(Intel::Seen($host=host, $where=where, $conn=c));
	}
