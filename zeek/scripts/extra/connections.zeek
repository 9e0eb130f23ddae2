# SPDX-License-Identifier: BSD-3-Clause
##! Looks for the addresses of connections that are not established TCP: UDP (with
##! QUIC), ICMP, and TCP that is refused, not answered, or begun before Zeek saw it.
##! Zeek's own script looks for those of established TCP alone. Load it on all nodes
##! of a cluster.

@load base/frameworks/intel
@load policy/frameworks/intel/seen/where-locations
@load ./groups
@load ../capabilities

module MISP;

redef capabilities += { "connections" };

function look_for_ends(c: connection)
	{
	Intel::seen(Intel::Seen($host=c$id$orig_h, $conn=c, $where=Conn::IN_ORIG));
	Intel::seen(Intel::Seen($host=c$id$resp_h, $conn=c, $where=Conn::IN_RESP));
	}

event new_connection(c: connection) &group="MISP::address"
	{
	if ( get_port_transport_proto(c$id$resp_p) != tcp )
		look_for_ends(c);
	}

event connection_attempt(c: connection) &group="MISP::address"
	{
	look_for_ends(c);
	}

event connection_rejected(c: connection) &group="MISP::address"
	{
	look_for_ends(c);
	}

event partial_connection(c: connection) &group="MISP::address"
	{
	look_for_ends(c);
	}
