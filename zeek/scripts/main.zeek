# SPDX-License-Identifier: BSD-3-Clause
##! Sessions: who speaks, in which order, and the answers. Loaded on a
##! stand-alone Zeek and on the manager of a cluster.

@load ./answers
@load ./expiry
@load ./peer

module MISP;

# The last message of the session that was accepted.
global last_seq = 0;

# Asked before each pong. A handler that breaks puts it off until it calls
# answer_pong().
global before_pong: hook(nonce: count);

event zeek_done()
	{
	is_open = F;
	drop_jobs();
	}

function log_session(action: Action, reason: string)
	{
	Log::write(LOG, Info($ts=network_time(), $action=action, $reason=reason,
	                     $session=session_name, $items=item_count()));
	}

function log_snapshot(job: Job)
	{
	local info = Info($ts=network_time(), $action=SNAPSHOT_BEGIN, $session=session_name,
	                  $revision=job$revision, $items=item_count());
	if ( job$kind == END )
		{
		info$action = SNAPSHOT_END;
		info$inserted = snapshot_outcome$inserted;
		info$updated = snapshot_outcome$updated;
		info$unchanged = snapshot_outcome$unchanged;
		info$removed = snapshot_outcome$removed;
		info$rejected = snapshot_outcome$rejected;
		}

	Log::write(LOG, info);
	}

function resync(expected_seq: count, reason: string)
	{
	is_open = F;
	drop_jobs();
	log_session(RESYNC, reason);
	answer_resync(expected_seq, reason);
	}

# Whether a numbered message is to be carried out.
function accept(session: string, seq: count, items: count): bool
	{
	if ( ! is_open || session != session_name )
		return F;

	local reason = "";
	if ( seq != last_seq + 1 )
		reason = "sequence";
	else if ( items > max_items_per_apply )
		reason = "too_many_items";
	else if ( |jobs| >= max_waiting_messages )
		reason = "too_many_messages";

	if ( reason != "" )
		{
		resync(last_seq + 1, reason);
		return F;
		}

	last_seq = seq;
	return T;
	}

function on_done(job: Job)
	{
	if ( job$kind != APPLY )
		log_snapshot(job);

	answer_ack(job);
	}

function on_refused(job: Job, reason: string)
	{
	resync(job$seq, reason);
	}

event MISP::hello_v1(service_id: string, session: string, service_version: string)
	{
	# The id becomes part of a topic.
	if ( service_id != /[0-9a-f]{16}/ )
		{
		Log::write(LOG, Info($ts=network_time(), $action=SESSION, $reason="bad service id"));
		return;
		}

	drop_jobs();
	session_service = service_id;
	session_name = session;
	last_seq = 0;
	done_seq = 0;
	is_open = T;
	log_session(SESSION, fmt("service %s", service_version));
	look_for_service();
	answer_hello();
	}

event MISP::begin_v1(session: string, seq: count, epoch: string, revision: count, items: count)
	{
	if ( accept(session, seq, 0) )
		add_job(Job($kind=BEGIN, $seq=seq, $epoch=epoch, $revision=revision));
	}

event MISP::apply_v1(session: string, seq: count, epoch: string, revision: count,
                     upserts: vector of ItemV1, removals: vector of KeyV1)
	{
	if ( accept(session, seq, |upserts| + |removals|) )
		add_job(Job($kind=APPLY, $seq=seq, $epoch=epoch, $revision=revision,
		            $upserts=upserts, $removals=removals));
	}

event MISP::end_v1(session: string, seq: count, epoch: string, revision: count)
	{
	if ( accept(session, seq, 0) )
		add_job(Job($kind=END, $seq=seq, $epoch=epoch, $revision=revision));
	}

event MISP::ping_v1(session: string, nonce: count)
	{
	if ( is_open && session == session_name && hook before_pong(nonce) )
		answer_pong(nonce);
	}
