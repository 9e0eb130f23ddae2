# SPDX-License-Identifier: BSD-3-Clause
##! Looks for fingerprints that other packages compute: JA3 and JA3S, JA4 and JA4S,
##! HASSH of clients and servers. It takes the fields ``ja3``, ``ja3s``, ``ja4``, ``ja4s`` of
##! ssl.log and ``hassh``, ``hasshServer`` of ssh.log that are there: load it after the
##! packages, on all nodes of a cluster.

@load base/frameworks/intel
@load base/protocols/ssh
@load base/protocols/ssl
@load ./groups
@load ../capabilities
@load ../types

module MISP;

# Other packages may have defined them.
export {
@ifndef ( Intel::JA3 )
	redef enum Intel::Type += { Intel::JA3 };
@endif
@ifndef ( Intel::JA4 )
	redef enum Intel::Type += { Intel::JA4 };
@endif
@ifndef ( Intel::HASSH )
	redef enum Intel::Type += { Intel::HASSH };
@endif
	## A fingerprint of a handshake.
	redef enum Intel::Where += { MISP::IN_FINGERPRINT };
}

redef groups += {
	[Intel::JA3] = "MISP::ja3",
	[Intel::JA4] = "MISP::ja4",
	[Intel::HASSH] = "MISP::hassh",
};

# The connection is there when its log line is written.
function look_for_fingerprint(id: conn_id, uid: string, fingerprint: string,
                              indicator_type: Intel::Type)
	{
	if ( fingerprint == "" )
		return;

	local s = Intel::Seen($indicator=fingerprint, $indicator_type=indicator_type,
	                      $where=IN_FINGERPRINT, $uid=uid);
	if ( connection_exists(id) )
		s$conn = lookup_connection(id);

	Intel::seen(s);
	}

@if ( "ja3" in record_fields(SSL::Info) )
redef indicator_types += { ["Intel::JA3"] = Intel::JA3 };
redef capabilities += { "ja3" };

@ifndef ( SSL::IN_JA3 )
event SSL::log_ssl(rec: SSL::Info) &group="MISP::ja3"
	{
	if ( rec?$ja3 )
		look_for_fingerprint(rec$id, rec$uid, rec$ja3, Intel::JA3);
	}
@endif
@endif

@if ( "ja3s" in record_fields(SSL::Info) && "ja3" in record_fields(SSL::Info) )
event SSL::log_ssl(rec: SSL::Info) &group="MISP::ja3"
	{
	if ( rec?$ja3s )
		look_for_fingerprint(rec$id, rec$uid, rec$ja3s, Intel::JA3);
	}
@endif

@if ( "ja4" in record_fields(SSL::Info) )
redef indicator_types += { ["Intel::JA4"] = Intel::JA4 };
redef capabilities += { "ja4" };

event SSL::log_ssl(rec: SSL::Info) &group="MISP::ja4"
	{
	if ( rec?$ja4 )
		look_for_fingerprint(rec$id, rec$uid, rec$ja4, Intel::JA4);
	}
@endif

@if ( "ja4s" in record_fields(SSL::Info) && "ja4" in record_fields(SSL::Info) )
event SSL::log_ssl(rec: SSL::Info) &group="MISP::ja4"
	{
	if ( rec?$ja4s )
		look_for_fingerprint(rec$id, rec$uid, rec$ja4s, Intel::JA4);
	}
@endif

@if ( "hassh" in record_fields(SSH::Info) )
redef indicator_types += { ["Intel::HASSH"] = Intel::HASSH };
redef capabilities += { "hassh" };

@ifndef ( SSH::IN_HASSH )
event SSH::log_ssh(rec: SSH::Info) &group="MISP::hassh"
	{
	if ( rec?$hassh )
		look_for_fingerprint(rec$id, rec$uid, rec$hassh, Intel::HASSH);
	}
@endif
@endif

@if ( "hasshServer" in record_fields(SSH::Info) && "hassh" in record_fields(SSH::Info) )
event SSH::log_ssh(rec: SSH::Info) &group="MISP::hassh"
	{
	if ( rec?$hasshServer )
		look_for_fingerprint(rec$id, rec$uid, rec$hasshServer, Intel::HASSH);
	}
@endif
