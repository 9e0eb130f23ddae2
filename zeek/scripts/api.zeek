# SPDX-License-Identifier: BSD-3-Clause
##! The contract with the service, version 2. ``proto/README.md`` is its
##! specification. Each message is an event with one record.

@load ./types

module MISP;

export {
	## Version of this package.
	const package_version = "0.1.0";

	## Version of the contract that it speaks.
	const contract_version = 2;

	## The topic that the service sends to.
	const zeek_topic = "misp-zeek/v2/zeek";

	## Answers go to this topic followed by the id of the service process.
	const service_topic_prefix = "misp-zeek/v2/service/";

	## As the two above, for :zeek:see:`MISP::probe` in all versions.
	const probe_topic = "misp-zeek/probe/zeek";

	## See :zeek:see:`MISP::probe_topic`.
	const probe_answer_topic_prefix = "misp-zeek/probe/service/";

	## Entries in one :zeek:see:`MISP::apply_v2`, upserts and removals together.
	const max_items_per_apply = 200;

	## Messages of an owner that may wait while an earlier one is carried out.
	## The service keeps at most 4 without an acknowledgement.
	const max_waiting_messages = 16;

	## Sightings in one :zeek:see:`MISP::seen_v2`.
	const max_sightings_per_seen = 100;

	## Indicators in one :zeek:see:`MISP::lost_v2`.
	const max_indicators_per_lost = 200;

	## Bytes of an indicator.
	const max_indicator_length = 2048;

	## Opens a session.
	type HelloV2: record {
		## 16 lower-case hexadecimal digits; names the answers' topic.
		service_id: string;
		## Repeated in all messages of the session.
		session: string;
		## For the log.
		service_version: string;
		## Whose entries these are: their source is this, ``-`` and the id of
		## the MISP event.
		owner: string;
		## Which MISP it is; empty: not known.
		misp: string;
		## Digest of filter and mapping; empty: not known.
		filter: string;
		## What the service understands besides.
		capabilities: set[string];
		## For later use.
		auth: string;
	};

	## A snapshot starts. A second one starts it anew.
	type BeginV2: record {
		session: string;
		## Number of the message in its session, from 1 without a gap.
		seq: count;
		## Names the history of revisions.
		epoch: string;
		## The state of the service's store that this brings Zeek to.
		revision: count;
		## About how many entries follow.
		items: count;
		auth: string;
	};

	## Puts entries in or updates them, then removes entries.
	type ApplyV2: record {
		session: string;
		seq: count;
		epoch: string;
		revision: count;
		upserts: vector of ItemV2;
		removals: vector of KeyV2;
	};

	## The snapshot is complete: what it did not name is removed.
	type EndV2: record {
		session: string;
		seq: count;
		epoch: string;
		revision: count;
		auth: string;
	};

	## Asks what Zeek holds, and keeps the lease.
	type PingV2: record {
		session: string;
		## Repeated in the answer.
		nonce: count;
		auth: string;
	};

	## The service ends the session, and its lease with it.
	type ByeV2: record {
		session: string;
		auth: string;
	};

	## The service has stored the sightings.
	type SeenAckV2: record {
		## Of the message.
		instance: string;
		seq: count;
		auth: string;
	};

	## Asks who is there. Opens no session, and never changes.
	type Probe: record {
		## As in :zeek:see:`MISP::HelloV2`.
		service_id: string;
		## Version of the contract that the service speaks.
		contract: count;
	};

	## Answers :zeek:see:`MISP::hello_v2`.
	type HelloAckV2: record {
		session: string;
		## Differs for each start of Zeek.
		instance: string;
		package_version: string;
		zeek_version: string;
		## Name of the answering node.
		node: string;
		capabilities: set[string];
		## ``holder``; ``standby``: another service feeds this Zeek as long as
		## it is there; ``refused``.
		role: string;
		## Unless the role is ``holder``: who feeds this Zeek.
		holder: string &default="";
		## Why the service is refused.
		reason: string &default="";
		## Of *revision*; empty if what Zeek holds is no revision.
		epoch: string;
		## The last one that Zeek was brought to.
		revision: count;
		## Number of the owner's entries that Zeek holds.
		items: count;
		## Their digest, 16 lower-case hexadecimal digits.
		digest: string;
		## The key of digests, 32 digits.
		digest_key: string;
	};

	## A begin, apply or end was carried out.
	type AckV2: record {
		session: string;
		seq: count;
		revision: count;
		## Entries that are new.
		inserted: count;
		## Entries that were there with other fields.
		updated: count;
		## Entries that were there with the same fields.
		unchanged: count;
		## Entries that were removed.
		removed: count;
		## Entries that were not put in.
		rejects: vector of RejectV2;
	};

	## Answers :zeek:see:`MISP::ping_v2`.
	type PongV2: record {
		session: string;
		nonce: count;
		## The last message that was carried out; 0 before the first.
		seq: count;
		## These four as in :zeek:see:`MISP::HelloAckV2`.
		epoch: string;
		revision: count;
		items: count;
		digest: string;
		## Indicators with entries that somebody else removed or overwrote, and
		## that are not put in again yet.
		lost: count;
		## Indicators that the site keeps out.
		suppressed: count;
		## Entries under the owner's sources that somebody else put in.
		strays: count;
		## Workers of the cluster; 0 for a stand-alone Zeek.
		workers_configured: count;
		workers_connected: count;
		## Workers known to hold the same as the manager.
		workers_in_sync: count;
		## Whether this Zeek can tell what its workers hold.
		workers_verified: bool;
		## Matches that were dropped since Zeek's start.
		dropped_sightings: count;
		## Messages of the service that no open session took.
		dropped_messages: count;
	};

	## The session cannot go on. All its further messages are dropped.
	type ResyncV2: record {
		session: string;
		## Number that the next message should have had.
		expected_seq: count;
		## ``sequence``, ``too_many_items``, ``too_many_messages`` or
		## ``end_without_begin``.
		reason: string;
	};

	## Somebody else removed or overwrote entries of these indicators.
	type LostMessageV2: record {
		session: string;
		indicators: vector of LostV2;
	};

	## Indicators were seen. Belongs to no session; repeated until it is
	## acknowledged.
	type SeenV2: record {
		## Names a start of Zeek and an owner.
		instance: string;
		## Number of the message in its instance, from 1.
		seq: count;
		## Matches that were dropped since the message before, because too many
		## waited.
		dropped: count;
		## At most :zeek:see:`MISP::max_sightings_per_seen`.
		sightings: vector of SightingV2;
		## Matches since the message before that a cap kept from being reported.
		capped: count;
		## The same by :zeek:see:`MISP::sighting_policy` or
		## :zeek:see:`MISP::require_matching_sni`.
		vetoed: count;
	};

	## Answers :zeek:see:`MISP::probe`. Never changes.
	type ProbeAnswer: record {
		## Version of the contract that the package speaks.
		contract: count;
		package_version: string;
		zeek_version: string;
		node: string;
		instance: string;
	};

	global hello_v2: event(m: HelloV2);
	global begin_v2: event(m: BeginV2);
	global apply_v2: event(m: ApplyV2);
	global end_v2: event(m: EndV2);
	global ping_v2: event(m: PingV2);
	global bye_v2: event(m: ByeV2);
	global seen_ack_v2: event(m: SeenAckV2);
	global probe: event(m: Probe);
	global hello_ack_v2: event(m: HelloAckV2);
	global ack_v2: event(m: AckV2);
	global pong_v2: event(m: PongV2);
	global resync_v2: event(m: ResyncV2);
	global lost_v2: event(m: LostMessageV2);
	global seen_v2: event(m: SeenV2);
	global probe_answer: event(m: ProbeAnswer);

	## Decides on each item of MISP before it reaches the Intel framework.
	## Breaking from this hook keeps the item out; the service lists it as
	## ``vetoed``. So does :zeek:see:`Intel::filter_item`. Metadata may be
	## changed, but not indicator, type and source: such an item is refused as
	## ``changed``.
	##
	## item: The item that is about to be inserted.
	global filter_item: hook(item: Intel::Item);

	## Decides on an indicator of MISP that somebody else removed from the Intel
	## framework or overwrote there. Breaking from this hook leaves it as it is:
	## the service shows it as suppressed. Otherwise it is put in again.
	##
	## indicator: The indicator.
	##
	## indicator_type: Its type.
	global restore_policy: hook(indicator: string, indicator_type: Intel::Type);

	## Decides on each sighting before it goes to the service. Breaking from
	## this hook drops it.
	##
	## sighting: What is about to be sent.
	##
	## s: What was seen.
	##
	## item: The item of MISP that it matches.
	global sighting_policy: hook(sighting: SightingV2, s: Intel::Seen, item: Intel::Item);
}
