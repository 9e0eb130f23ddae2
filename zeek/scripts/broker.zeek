# SPDX-License-Identifier: BSD-3-Clause
##! Native Broker. Loaded only where Zeek has it: nothing else uses it.

@load base/frameworks/broker
@load ./transport

module MISP;

@ifndef ( Cluster::publish )
function tell(topic: string, ev: any, arg: any)
	{
	Broker::publish(topic, ev, arg);
	}
@endif

@if ( ! Cluster::is_enabled() || Cluster::local_node_type() == Cluster::MANAGER )

# Whether the service of a session can be on Broker. To ask Broker for its peers
# takes long: once a hello is enough.
global uses_broker = T;

hook find_certificates(files: CertificateFiles)
	{
	if ( Broker::disable_ssl )
		return;

	files$ca_file = Broker::ssl_cafile;
	files$certificate = Broker::ssl_certificate;
	files$key = Broker::ssl_keyfile;
	}

function may_use_broker(): bool
	{
	local files = CertificateFiles();
	hook find_certificates(files);
	if ( files$ca_file == "" )
		files$ca_file = Broker::ssl_capath;

	return may_open(files);
	}

# Tries again until it succeeds.
event open_port()
	{
	if ( ! zeek_is_terminating() )
		Broker::listen(broker_listen_address, broker_port);
	}

event zeek_init()
	{
	if ( ! is_sensor() )
		return;

	Broker::subscribe(zeek_topic);
	Broker::subscribe(probe_topic);

	# Not here: while Zeek starts, a port that is taken is its end.
	if ( broker_port != 0/tcp && may_use_broker() )
		schedule 0sec { open_port() };

	# For a sensor that nobody may connect to. Broker itself tries again until it
	# succeeds, and after each loss.
	if ( broker_peer_address != "" && may_use_broker() )
		Broker::peer(broker_peer_address, broker_peer_port);
	}

event MISP::hello_v2(m: HelloV2) &priority=10
	{
	uses_broker = ! has_other_bus() || |Broker::peers()| > 0;
	}

hook publish(topic: string, ev: any, answer: any)
	{
	if ( uses_broker )
		Broker::publish(topic, ev, answer);
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

@endif
