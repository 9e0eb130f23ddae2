# SPDX-License-Identifier: BSD-3-Clause
##! For a sensor that nobody may connect to: Zeek connects to the service, which
##! listens.

@load base/frameworks/broker
@load ./options
@load ./transport

module MISP;

function peer_address(): string
	{
	local from_environment = getenv("MISP_BROKER_PEER_ADDRESS");
	return from_environment != "" ? from_environment : broker_peer_address;
	}

function peer_port(): port
	{
	local from_environment = getenv("MISP_BROKER_PEER_PORT");
	if ( from_environment == "" )
		return broker_peer_port;

	if ( from_environment == /[0-9]{1,5}/ && to_count(from_environment) <= 65535 )
		return count_to_port(to_count(from_environment), tcp);

	Reporter::warning(fmt("MISP_BROKER_PEER_PORT is no port: '%s'; connecting to %s",
	                      from_environment, broker_peer_port));
	return broker_peer_port;
	}

event zeek_init()
	{
	# Broker itself tries again until it succeeds, and after each loss.
	if ( peer_address() != "" && ! is_for_zeekctl() )
		Broker::peer(peer_address(), peer_port());
	}
