# SPDX-License-Identifier: BSD-3-Clause
##! What a site may set.

module MISP;

# A port that the environment names, else the default.
function port_from_environment(name: string, otherwise: port): port
	{
	local text = getenv(name);
	if ( text == "" )
		return otherwise;

	if ( text == /[0-9]{1,5}/ && to_count(text) <= 65535 )
		return count_to_port(to_count(text), tcp);

	Reporter::warning(fmt("%s is no port: '%s'; it is %s", name, text, otherwise));
	return otherwise;
	}

# Whether the environment says yes.
function is_set_in_environment(name: string): bool
	{
	local text = getenv(name);
	if ( text !in set("", "0", "1", "F", "T", "false", "true") )
		Reporter::warning(fmt("%s is neither T nor F: '%s'; it is F", name, text));

	return text in set("1", "T", "true");
	}

# The same for a text.
function text_from_environment(name: string, otherwise: string): string
	{
	local text = getenv(name);
	return text != "" ? text : otherwise;
	}

export {
	## Port for services that speak Broker; ``0/tcp``: none. Neither Zeek nor its
	## tools use this port. Environment: ``MISP_BROKER_PORT``, a number.
	const broker_port = port_from_environment("MISP_BROKER_PORT", 25760/tcp) &redef;

	## Address to listen on. Environment: ``MISP_BROKER_ADDRESS``.
	const broker_listen_address = text_from_environment("MISP_BROKER_ADDRESS", "127.0.0.1")
		&redef;

	## Port of the package's own WebSocket server, on Zeek 8.0 and later; ``0/tcp``:
	## none. Environment: ``MISP_WEBSOCKET_PORT``, a number.
	const websocket_port = port_from_environment("MISP_WEBSOCKET_PORT", 25761/tcp) &redef;

	## Address to listen on. Environment: ``MISP_WEBSOCKET_ADDRESS``.
	const websocket_listen_address = text_from_environment("MISP_WEBSOCKET_ADDRESS", "127.0.0.1")
		&redef;

	## PEM files of the WebSocket server: a CA, whose certificates services show,
	## and this Zeek's own. Empty: those of native Broker, ``Broker::ssl_cafile``
	## and so on.
	const tls_ca_file = "" &redef;
	const tls_certificate = "" &redef;
	const tls_key = "" &redef;

	## Whether services may come without certificates. Whoever reaches such a port
	## controls this Zeek: by Broker, its variables, and so its commands, too; by
	## WebSocket, its events. Without this and without certificates, no port is
	## opened. Environment: ``MISP_ALLOW_UNAUTHENTICATED``, T or F.
	const allow_unauthenticated = is_set_in_environment("MISP_ALLOW_UNAUTHENTICATED") &redef;

	## Address of a service that listens (``listen = true`` there), to which the
	## package connects by itself; empty: none. Environment:
	## ``MISP_BROKER_PEER_ADDRESS``.
	const broker_peer_address = text_from_environment("MISP_BROKER_PEER_ADDRESS", "") &redef;

	## Port of that service. Environment: ``MISP_BROKER_PEER_PORT``, a number.
	const broker_peer_port = port_from_environment("MISP_BROKER_PEER_PORT", 25760/tcp) &redef;

	## How long a service that is silent keeps its lease. Until then, another one
	## with the same ``[misp] name`` stands by.
	const lease = 5sec &redef;

	## Names of MISPs that may feed this Zeek.
	const max_owners = 16 &redef;

	## Whether the package runs in a Zeek that reads a trace. Such a Zeek does not
	## end by itself then.
	const run_on_traces = F &redef;

	## How long a round of the comparison of all entries with the Intel framework
	## takes at most. What others remove beside another source is found by it.
	const audit_round = 8min &redef;

	## Whether ``misp.log`` gets a line for every entry of a snapshot, too. A
	## snapshot can have hundreds of thousands.
	option log_snapshot_items = F;

	## How often the manager of a cluster asks its workers what they hold.
	const worker_check_interval = 2sec &redef;

	## Batches that a worker may be behind before the manager waits for it. A
	## batch has 200 entries at most.
	const max_batches_ahead = 64 &redef;

	## How long the manager waits for a worker before it goes on without it. Such
	## a worker is repaired afterwards.
	const max_worker_wait = 1sec &redef;
}

# Between the end of a lease and a takeover.
const takeover_pause = 500msec;
