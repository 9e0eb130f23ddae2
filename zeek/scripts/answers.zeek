# SPDX-License-Identifier: BSD-3-Clause
##! The session and the answers to the service that opened it. Each answer is
##! published where the service can be: on Broker, and on the cluster's bus, to
##! which Zeek's WebSocket server belongs, if that is another one.

@load ./transport
@load ./work

module MISP;

# The current session and the service that opened it; empty before the first.
global session_name = "";
global session_service = "";

# Whether the session goes on; F after a resync.
global is_open = F;

# How many workers there are.
type WorkerCounts: record {
	# Connected ones.
	active: count &default=0;
	# Of these, how many are known to hold the same as the manager.
	in_step: count &default=0;
};

# Adds workers to the counts.
global count_workers: hook(counts: WorkerCounts);

function answer_topic(): string
	{
	return service_topic_prefix + session_service;
	}

function answer_hello()
	{
	if ( uses_broker )
		publish(answer_topic(), Broker::make_event(MISP::hello_ack_v1, session_name, instance,
		        package_version, zeek_version(), peer_description, held_epoch, held_revision,
		        item_count(), digest()));

	if ( has_other_bus() )
		publish_on_bus(answer_topic(), make_bus_event(MISP::hello_ack_v1, session_name,
		               instance, package_version, zeek_version(), peer_description,
		               held_epoch, held_revision, item_count(), digest()));
	}

function answer_ack(job: Job)
	{
	local o = job$outcome;
	if ( uses_broker )
		publish(answer_topic(), Broker::make_event(MISP::ack_v1, session_name, job$seq,
		        job$revision, o$inserted, o$updated, o$unchanged, o$removed, o$rejects));

	if ( has_other_bus() )
		publish_on_bus(answer_topic(), make_bus_event(MISP::ack_v1, session_name, job$seq,
		               job$revision, o$inserted, o$updated, o$unchanged, o$removed, o$rejects));
	}

function answer_pong(nonce: count)
	{
	local workers = WorkerCounts();
	hook count_workers(workers);
	if ( uses_broker )
		publish(answer_topic(), Broker::make_event(MISP::pong_v1, session_name, nonce, done_seq,
		        held_epoch, held_revision, item_count(), digest(), workers$active,
		        workers$in_step));

	if ( has_other_bus() )
		publish_on_bus(answer_topic(), make_bus_event(MISP::pong_v1, session_name, nonce,
		               done_seq, held_epoch, held_revision, item_count(), digest(),
		               workers$active, workers$in_step));
	}

function answer_resync(expected_seq: count, reason: string)
	{
	if ( uses_broker )
		publish(answer_topic(), Broker::make_event(MISP::resync_v1, session_name, expected_seq,
		        reason));

	if ( has_other_bus() )
		publish_on_bus(answer_topic(), make_bus_event(MISP::resync_v1, session_name,
		               expected_seq, reason));
	}
