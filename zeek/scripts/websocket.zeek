# SPDX-License-Identifier: BSD-3-Clause
##! A WebSocket server of the package's own, so that nothing else need be loaded or
##! configured for it. Loaded where Zeek can have one.

@load base/frameworks/cluster
@load ./transport

# A stand-alone Zeek has no bus, without which nothing passes. Broker's opens no
# port.
@ifdef ( Cluster::CLUSTER_BACKEND_NONE )
@if ( ! Cluster::is_enabled() && Cluster::backend == Cluster::CLUSTER_BACKEND_NONE )
@load frameworks/cluster/backend/broker
@endif
@endif

module MISP;

# Whether clients of this Zeek would get answers: a ZeroMQ cluster whose manager is
# its logger, too, gives none.
function bus_answers(): bool
	{
	if ( ! has_other_bus() || ! Cluster::is_enabled() )
		return T;

	for ( _, node in Cluster::nodes )
		if ( node$node_type == Cluster::LOGGER )
			return T;

	return F;
	}

# The server's files.
function websocket_files(): CertificateFiles
	{
	local files = CertificateFiles($ca_file=tls_ca_file, $certificate=tls_certificate,
	                               $key=tls_key);
	if ( tls_ca_file == "" && tls_certificate == "" && tls_key == "" )
		hook find_certificates(files);

	return files;
	}

function websocket_server(): Cluster::WebSocketServerOptions
	{
	local server = Cluster::WebSocketServerOptions($listen_addr=to_addr(websocket_listen_address),
	                                               $listen_port=websocket_port);
	local files = websocket_files();
	if ( authenticates(files) )
		server$tls_options = Cluster::WebSocketTLSOptions($cert_file=files$certificate,
		                                                  $key_file=files$key,
		                                                  $ca_file=files$ca_file,
		                                                  $enable_peer_verification=T);
	return server;
	}

event open_websocket_port()
	{
	if ( zeek_is_terminating() || ! may_open(websocket_files()) )
		return;

	if ( ! bus_answers() )
		Reporter::warning("a ZeroMQ cluster without a logger node does not answer WebSocket clients: no WebSocket server for misp-zeek");
	else if ( ! Cluster::listen_websocket(websocket_server()) )
		Reporter::warning(fmt("no WebSocket server for misp-zeek at %s:%d",
		                      websocket_listen_address, port_to_count(websocket_port)));
	}

event zeek_init()
	{
	# Not here, as in broker.zeek.
	if ( is_sensor() && websocket_port != 0/tcp )
		schedule 0sec { open_websocket_port() };
	}
