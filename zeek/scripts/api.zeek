# SPDX-License-Identifier: BSD-3-Clause
##! The contract with the service, version 1. ``proto/README.md`` is its
##! specification. A published event never changes: another shape gets another
##! name.

@load ./types

module MISP;

export {
	## Version of this package.
	const package_version = "0.1.0";

	## The topic that the service sends to.
	const zeek_topic = "misp-zeek/v1/zeek";

	## Answers go to this topic followed by the id of the service process.
	const service_topic_prefix = "misp-zeek/v1/service/";

	## Entries in one :zeek:see:`MISP::apply_v1`, upserts and removals together.
	const max_items_per_apply = 200;

	## Messages that may wait while an earlier one is carried out. The service
	## keeps at most 4 without an acknowledgement; more than this is not the
	## contract any more.
	const max_waiting_messages = 16;

	## Sightings in one :zeek:see:`MISP::seen_v1`.
	const max_sightings_per_seen = 100;

	## Sightings that may wait for the service. At the bound the oldest are
	## dropped and counted.
	const max_waiting_sightings = 10000;

	## Bytes of an indicator.
	const max_indicator_length = 2048;

	## Opens a session and ends all earlier ones.
	##
	## service_id: 16 lower-case hexadecimal digits; names the answers' topic.
	##
	## session: the session's name, repeated in all its messages.
	##
	## service_version: for the log.
	global hello_v1: event(service_id: string, session: string, service_version: string);

	## A snapshot starts. A second one starts it anew.
	##
	## session: the current session.
	##
	## seq: number of the message in its session, from 1 without a gap.
	##
	## epoch: names the history of revisions.
	##
	## revision: the state of the service's store.
	##
	## items: about how many entries follow.
	global begin_v1: event(session: string, seq: count, epoch: string, revision: count, items: count);

	## Puts entries in or updates them, then takes entries out.
	##
	## session: the current session.
	##
	## seq: number of the message in its session.
	##
	## epoch: names the history of revisions.
	##
	## revision: the state of the service's store that this brings Zeek to.
	##
	## upserts: what to put in or update.
	##
	## removals: what to take out.
	global apply_v1: event(session: string, seq: count, epoch: string, revision: count,
	                       upserts: vector of ItemV1, removals: vector of KeyV1);

	## The snapshot is complete: what it did not name is taken out.
	##
	## session: the current session.
	##
	## seq: number of the message in its session.
	##
	## epoch: names the history of revisions.
	##
	## revision: the state of the service's store that this brings Zeek to.
	global end_v1: event(session: string, seq: count, epoch: string, revision: count);

	## Asks what Zeek holds.
	##
	## session: the current session.
	##
	## nonce: repeated in the answer.
	global ping_v1: event(session: string, nonce: count);

	## Answers :zeek:see:`MISP::hello_v1`.
	##
	## session: the new session.
	##
	## instance: differs for each start of Zeek.
	##
	## package_version: version of this package.
	##
	## zeek_version: version of Zeek.
	##
	## node: name of the answering node.
	##
	## epoch: of *revision*; empty if what Zeek holds is no revision.
	##
	## revision: the last one that Zeek was brought to.
	##
	## items: number of entries that Zeek holds.
	##
	## digest: digest of these, 16 lower-case hexadecimal digits.
	global hello_ack_v1: event(session: string, instance: string, package_version: string,
	                           zeek_version: string, node: string, epoch: string, revision: count,
	                           items: count, digest: string);

	## A begin, apply or end was carried out.
	##
	## session: the current session.
	##
	## seq: number of that message.
	##
	## revision: of that message.
	##
	## inserted: entries that are new.
	##
	## updated: entries that were there with other fields.
	##
	## unchanged: entries that were there with the same fields.
	##
	## removed: entries that were taken out.
	##
	## rejects: entries that were not put in.
	global ack_v1: event(session: string, seq: count, revision: count, inserted: count,
	                     updated: count, unchanged: count, removed: count,
	                     rejects: vector of RejectV1);

	## Answers :zeek:see:`MISP::ping_v1`.
	##
	## session: the current session.
	##
	## nonce: of the question.
	##
	## seq: the last message that was carried out; 0 before the first.
	##
	## epoch: as in :zeek:see:`MISP::hello_ack_v1`.
	##
	## revision: as in :zeek:see:`MISP::hello_ack_v1`.
	##
	## items: number of entries that Zeek holds.
	##
	## digest: digest of these.
	##
	## workers: connected workers of the cluster; 0 for a stand-alone Zeek.
	##
	## workers_in_step: workers known to hold the same as the manager.
	global pong_v1: event(session: string, nonce: count, seq: count, epoch: string, revision: count,
	                      items: count, digest: string, workers: count, workers_in_step: count);

	## The session cannot go on. All its further messages are dropped.
	##
	## session: the current session.
	##
	## expected_seq: number that the next message should have had.
	##
	## reason: ``sequence``, ``too_many_items``, ``too_many_messages`` or
	##         ``end_without_begin``.
	global resync_v1: event(session: string, expected_seq: count, reason: string);

	## Indicators were seen. Belongs to no session; repeated until it is
	## acknowledged.
	##
	## instance: as in :zeek:see:`MISP::hello_ack_v1`.
	##
	## seq: number of the message in its instance, from 1.
	##
	## dropped: sightings that this instance has dropped in all.
	##
	## sightings: the matches, at most :zeek:see:`MISP::max_sightings_per_seen`.
	global seen_v1: event(instance: string, seq: count, dropped: count,
	                      sightings: vector of SightingV1);

	## The service has stored the sightings.
	##
	## instance: of the message.
	##
	## seq: of the message.
	global seen_ack_v1: event(instance: string, seq: count);

	## Decides on each item of MISP before it reaches the Intel framework.
	## Breaking from this hook keeps the item out; the service lists it as
	## ``vetoed``. :zeek:see:`Intel::filter_item` is asked as well.
	##
	## item: the item that is about to be inserted.
	global filter_item: hook(item: Intel::Item);
}
