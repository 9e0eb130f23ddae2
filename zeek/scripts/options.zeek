# SPDX-License-Identifier: BSD-3-Clause
##! What a site may set.

module MISP;

export {
	## Whether the package listens for the service by itself. ``F``: another
	## script calls :zeek:see:`Broker::listen`.
	const broker_listen = T &redef;

	## Address to listen on. Broker's peers are not authenticated unless the
	## site sets up certificates (see :zeek:see:`Broker::ssl_cafile`): do not
	## open this to a network without. Environment: ``MISP_BROKER_ADDRESS``.
	const broker_listen_address = "127.0.0.1" &redef;

	## Port to listen on. Environment: ``MISP_BROKER_PORT``, a number.
	const broker_port = 27760/tcp &redef;

	## Port to listen on where Zeek itself has the one above: zeekctl gives
	## 27760 to a stand-alone Zeek's Broker, and since 8.1 to the ZeroMQ bus.
	const spare_broker_port = 27758/tcp &redef;

	## Address of a service that listens (``listen = true`` there), to which the
	## package connects by itself; empty: none. Environment:
	## ``MISP_BROKER_PEER_ADDRESS``.
	const broker_peer_address = "" &redef;

	## Port of that service. Environment: ``MISP_BROKER_PEER_PORT``, a number.
	const broker_peer_port = 27760/tcp &redef;

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
	## a worker is brought into step afterwards.
	const max_worker_wait = 1sec &redef;
}

# Between the end of a lease and a takeover.
const takeover_pause = 500msec;
