# SPDX-License-Identifier: BSD-3-Clause
##! Looks for the addresses in the Cc and Reply-To headers of mails:
##! ``bad@evil.example`` in ``Support <bad@evil.example>``. Zeek's own script looks for
##! these headers as they are. Load it on all nodes of a cluster.

@load base/frameworks/intel
@load base/protocols/smtp
@load base/utils/email
@load policy/frameworks/intel/seen/where-locations
@load ./groups
@load ../capabilities

module MISP;

redef capabilities += { "mail-addresses" };

function look_for_addresses(c: connection, header: string, where: Intel::Where)
	{
	for ( address in extract_email_addrs_set(header) )
		if ( address != header )
			Intel::seen(Intel::Seen($indicator=address, $indicator_type=Intel::EMAIL, $conn=c,
			                        $where=where));
	}

event mime_end_entity(c: connection) &group="MISP::email"
	{
	if ( ! c?$smtp )
		return;

	if ( c$smtp?$reply_to )
		look_for_addresses(c, c$smtp$reply_to, SMTP::IN_REPLY_TO);

	if ( c$smtp?$cc )
		for ( part in c$smtp$cc )
			look_for_addresses(c, part, SMTP::IN_CC);
	}
