# SPDX-License-Identifier: BSD-3-Clause
##! ``misp.log``: what was applied. One line for each entry of a live change,
##! two for a snapshot, and what happens to the session.

module MISP;

export {
	redef enum Log::ID += { LOG };

	## Decides on the lines of ``misp.log``.
	global log_policy: Log::PolicyHook;

	## What a line of ``misp.log`` is about.
	type Action: enum {
		## A service opened a session.
		SESSION,
		## An entry was put in.
		INSERT,
		## An entry got other metadata.
		UPDATE,
		## An entry was taken out.
		REMOVE,
		## An entry was refused.
		REJECT,
		## A service takes over from one that was silent.
		SESSION_TAKEN_OVER,
		## A service was refused.
		SESSION_REFUSED,
		## A service has taken leave.
		SESSION_ENDED,
		## Somebody else removed or overwrote an entry, which is put in again.
		LOST,
		## The same, and the site keeps it out.
		SUPPRESSED,
		## A snapshot has started.
		SNAPSHOT_BEGIN,
		## A snapshot is complete.
		SNAPSHOT_END,
		## The session cannot go on.
		RESYNC,
		## A Broker peer has connected.
		PEER_ADDED,
		## A Broker peer is gone.
		PEER_LOST,
		## A worker holds what the manager holds.
		WORKER_IN_SYNC,
		## A worker is slower than the manager, or has another package.
		WORKER_BEHIND,
		## A worker differs, and gets what it lacks.
		WORKER_REPAIR,
		## Matches that are not reported to MISP, since the last such line.
		MATCHES_UNREPORTED,
	};

	## A line of ``misp.log``.
	type Info: record {
		## When it happened.
		ts: time &log;
		## What happened.
		action: Action &log;
		## The entry's value.
		indicator: string &log &optional;
		## The entry's type.
		indicator_type: string &log &optional;
		## The source of the entry's metadata.
		source: string &log &optional;
		## The uuids of the attributes behind the entry, separated by ``,``.
		attribute_uuids: string &log &optional;
		## Why an entry was refused or the session cannot go on, or what is
		## known of the other side.
		reason: string &log &optional;
		## Name of the worker.
		worker: string &log &optional;
		## Whose entries the line is about.
		owner: string &log &optional;
		## Name of the session.
		session: string &log &optional;
		## The service's revision that the change belongs to.
		revision: count &log &optional;
		## Entries that Zeek holds from MISP afterwards.
		items: count &log &optional;
		## Entries that the snapshot put in.
		inserted: count &log &optional;
		## Entries to which the snapshot gave other metadata.
		updated: count &log &optional;
		## Entries that were there as the snapshot says.
		unchanged: count &log &optional;
		## Entries that the snapshot took out.
		removed: count &log &optional;
		## Entries of the snapshot that were refused.
		rejected: count &log &optional;
	};

	## Raised for each line of ``misp.log``.
	global log_misp: event(rec: Info);
}

event zeek_init() &priority=5
	{
	Log::create_stream(LOG, Log::Stream($columns=Info, $ev=log_misp, $path="misp",
	                                    $policy=log_policy));
	}
