# SPDX-License-Identifier: BSD-3-Clause
##! How messages come and go: native Broker, and where the cluster's bus is another
##! one, that as well: Zeek's WebSocket server is on it.

@load base/frameworks/broker
@load ./api
@load ./log
@load ./options
@load ./versions

module MISP;

export {
	## Carries an answer to a service on Broker.
	##
	## topic: the topic that the service subscribes to.
	##
	## answer: the event.
	global publish: function(topic: string, answer: Broker::Event) &redef;
}

function publish(topic: string, answer: Broker::Event)
	{
	Broker::publish(topic, answer);
	}

# Whether the service of the session can be on Broker.
global uses_broker = T;

# To ask Broker for its peers takes long: once a session is enough, because a
# service that comes by another way opens a new one.
function look_for_service()
	{
	uses_broker = ! has_other_bus() || |Broker::peers()| > 0;
	}

function listen_address(): string
	{
	local from_environment = getenv("MISP_BROKER_ADDRESS");
	return from_environment != "" ? from_environment : broker_listen_address;
	}

function listen_port(): port
	{
	local from_environment = getenv("MISP_BROKER_PORT");
	if ( from_environment == "" )
		{
		if ( ! zeek_has_port(broker_port) )
			return broker_port;

		Reporter::info(fmt("%s is Zeek's own; misp-zeek's port is %s", broker_port,
		                   spare_broker_port));
		return spare_broker_port;
		}

	if ( from_environment == /[0-9]{1,5}/ && to_count(from_environment) <= 65535 )
		return count_to_port(to_count(from_environment), tcp);

	Reporter::warning(fmt("MISP_BROKER_PORT is no port: '%s'; listening on %s",
	                      from_environment, broker_port));
	return broker_port;
	}

# Whether this is no sensor: "zeekctl check" and "zeekctl process" start another
# Zeek with the same scripts beside it.
function is_for_zeekctl(): bool
	{
	return getenv("ZEEKCTL_DISABLE_LISTEN") != "";
	}

# Tries again until it succeeds.
event open_port()
	{
	if ( ! zeek_is_terminating() )
		Broker::listen(listen_address(), listen_port());
	}

event zeek_init()
	{
	Broker::subscribe(zeek_topic);
	if ( has_other_bus() )
		subscribe_on_bus(zeek_topic);

	# Not here: while Zeek starts, a port that is taken is its end.
	if ( broker_listen && ! is_for_zeekctl() )
		schedule 0sec { open_port() };
	}

function log_peer(action: Action, endpoint: Broker::EndpointInfo, msg: string)
	{
	local about = endpoint?$network
	              ? fmt("%s %s:%s", msg, endpoint$network$address, endpoint$network$bound_port)
	              : msg;
	Log::write(LOG, Info($ts=network_time(), $action=action, $reason=about));
	}

event Broker::peer_added(endpoint: Broker::EndpointInfo, msg: string)
	{
	log_peer(PEER_ADDED, endpoint, msg);
	}

event Broker::peer_lost(endpoint: Broker::EndpointInfo, msg: string)
	{
	log_peer(PEER_LOST, endpoint, msg);
	}
