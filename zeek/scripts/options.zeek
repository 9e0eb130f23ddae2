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

	## Address to listen on. Broker's peers are not authenticated unless the
	## site sets up certificates (see :zeek:see:`Broker::ssl_cafile`): do not
	## open this to a network without. Environment: ``MISP_BROKER_ADDRESS``.
	const broker_listen_address = text_from_environment("MISP_BROKER_ADDRESS", "127.0.0.1")
		&redef;

	## Port of the package's own WebSocket server, on Zeek 8.0 and later; ``0/tcp``:
	## none. Environment: ``MISP_WEBSOCKET_PORT``, a number.
	const websocket_port = port_from_environment("MISP_WEBSOCKET_PORT", 25761/tcp) &redef;

	## Address to listen on. The server has no certificate, and authenticates
	## nobody: do not open this to a network. Environment:
	## ``MISP_WEBSOCKET_ADDRESS``.
	const websocket_listen_address = text_from_environment("MISP_WEBSOCKET_ADDRESS", "127.0.0.1")
		&redef;

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
