# SPDX-License-Identifier: BSD-3-Clause
##! Sessions: who speaks, in which order, and the answers. Loaded on a
##! stand-alone Zeek and on the manager of a cluster.

@load ./capabilities
@load ./transport
@load ./work

module MISP;

# Messages that no open session took.
global dropped_messages = 0;

# How many workers there are, as in PongV2.
type WorkerCounts: record {
	configured: count &default=0;
	connected: count &default=0;
	in_sync: count &default=0;
	verified: bool &default=T;
};

# Adds workers to the counts.
global count_workers: hook(counts: WorkerCounts);

# Asked before each pong. A handler that breaks puts it off until it calls
# answer_pong().
global before_pong: hook(owner: Owner, nonce: count);

# Called when a service has taken a session, and at each ping.
global session_opened: hook(owner: Owner);
global session_pinged: hook(owner: Owner);

# Sightings of an owner that were dropped.
global dropped_sightings_of: function(owner: Owner): count &redef;

function dropped_sightings_of(owner: Owner): count
	{
	return 0;
	}

event zeek_done()
	{
	for ( _, owner in owners )
		{
		owner$is_open = F;
		drop_jobs(owner);
		}
	}

# Called for each line of the log about a session.
global session_told: hook(action: Action, owner: Owner, reason: string);

function log_session(action: Action, owner: Owner, reason: string)
	{
	hook session_told(action, owner, reason);
	Log::write(LOG, Info($ts=network_time(), $action=action, $reason=reason, $owner=owner$name,
	                     $session=owner$session, $items=owner$items));
	}

function log_snapshot(job: Job)
	{
	local owner = job$owner;
	local info = Info($ts=network_time(), $action=SNAPSHOT_BEGIN, $owner=owner$name,
	                  $session=owner$session, $revision=job$revision, $items=owner$items);
	if ( job$kind == END )
		{
		local sum = owner$snapshot_outcome;
		info$action = SNAPSHOT_END;
		info$inserted = sum$inserted;
		info$updated = sum$updated;
		info$unchanged = sum$unchanged;
		info$removed = sum$removed;
		info$rejected = sum$rejected;
		}

	Log::write(LOG, info);
	}

# Answers the owner's service.
function answer(owner: Owner, ev: any, m: any)
	{
	hook publish(service_topic_prefix + owner$service_id, ev, m);
	}

function resync(owner: Owner, expected_seq: count, reason: string)
	{
	owner$is_open = F;
	drop_jobs(owner);
	log_session(RESYNC, owner, reason);
	answer(owner, resync_v2, ResyncV2($session=owner$session, $expected_seq=expected_seq,
	                                  $reason=reason));
	}

# Stands for the owner of a session that is not open.
global nobody = Owner($name="", $prefix="");

# The owner of an open session, else nobody.
function owner_of_session(session: string): Owner
	{
	for ( _, owner in owners )
		{
		if ( owner$is_open && owner$session == session )
			{
			owner$heard_at = current_time();
			return owner;
			}
		}

	++dropped_messages;
	return nobody;
	}

# Whether a numbered message is to be carried out.
function accepts(owner: Owner, seq: count, items: count): bool
	{
	if ( ! owner$is_open )
		return F;

	local reason = "";
	if ( seq != owner$last_seq + 1 )
		reason = "sequence";
	else if ( items > max_items_per_apply )
		reason = "too_many_items";
	else if ( owner$waiting >= max_waiting_messages )
		reason = "too_many_messages";

	if ( reason != "" )
		{
		resync(owner, owner$last_seq + 1, reason);
		return F;
		}

	owner$last_seq = seq;
	return T;
	}

function on_done(job: Job)
	{
	local owner = job$owner;
	if ( job$kind != APPLY )
		log_snapshot(job);

	local o = job$outcome;
	answer(owner, ack_v2, AckV2($session=owner$session, $seq=job$seq, $revision=job$revision,
	                            $inserted=o$inserted, $updated=o$updated, $unchanged=o$unchanged,
	                            $removed=o$removed, $rejects=o$rejects));
	}

function on_refused(job: Job, reason: string)
	{
	resync(job$owner, job$seq, reason);
	}

function answer_hello(m: HelloV2, owner: Owner, role: string, reason: string)
	{
	local holder = role == "holder" ? "" : fmt("service %s, misp-zeek %s", owner$service_id,
	                                           owner$service_version);
	hook publish(service_topic_prefix + m$service_id, hello_ack_v2,
	             HelloAckV2($session=m$session, $instance=instance,
	                        $package_version=package_version, $zeek_version=zeek_version(),
	                        $node=peer_description,
	                        $capabilities=capabilities | loaded_capabilities, $role=role,
	                        $holder=holder, $reason=reason, $epoch=owner$epoch,
	                        $revision=owner$revision, $items=owner$items,
	                        $digest=format_digest(owner$digest),
	                        $digest_key=format_digest(digest_mask) + format_digest(digest_factor)));
	}

function open_session(m: HelloV2, owner: Owner)
	{
	drop_jobs(owner);
	if ( owner$has_lease && owner$service_id != m$service_id )
		log_session(SESSION_TAKEN_OVER, owner, fmt("service %s is silent, %s takes over",
		                                           owner$service_id, m$service_id));

	owner$service_id = m$service_id;
	owner$service_version = m$service_version;
	owner$session = m$session;
	owner$misp = m$misp;
	owner$filter = m$filter;
	owner$last_seq = 0;
	owner$done_seq = 0;
	owner$is_open = T;
	owner$has_lease = T;
	owner$heard_at = current_time();
	log_session(SESSION, owner, fmt("service %s", m$service_version));
	answer_hello(m, owner, "holder", "");
	hook session_opened(owner);
	}

# Why the service cannot even stand by.
function refusal(m: HelloV2, owner: Owner): string
	{
	if ( m$misp != owner$misp && m$misp != "" && owner$misp != "" )
		return fmt("%s is the name of another MISP, %s", m$owner, owner$misp);

	return m$filter != owner$filter ? "filter differs" : "";
	}

# Opens the session if the holder has not spoken meanwhile: what it said may have
# waited in a queue.
event judge_takeover(m: HelloV2, heard_at: time)
	{
	local owner = owners[m$owner];
	if ( zeek_is_terminating() )
		return;

	if ( owner$heard_at > heard_at )
		event MISP::hello_v2(m);
	else
		open_session(m, owner);
	}

event MISP::hello_v2(m: HelloV2)
	{
	# They become parts of a topic and of sources.
	if ( m$service_id != /[0-9a-f]{16}/ || m$owner != /[A-Za-z0-9_]{1,32}/
	     || ( m$owner !in owners && |owners| >= max_owners ) )
		{
		++dropped_messages;
		Log::write(LOG, Info($ts=network_time(), $action=SESSION_REFUSED,
		                     $reason="bad service id or owner, or too many owners"));
		return;
		}

	local owner = owner_named(m$owner);
	if ( ! owner$has_lease || owner$service_id == m$service_id )
		{
		# It said hello twice, and has gone on since.
		if ( owner$is_open && owner$session == m$session && owner$last_seq > 0 )
			return;

		open_session(m, owner);
		}
	else if ( current_time() - owner$heard_at < lease )
		{
		local reason = refusal(m, owner);
		if ( reason != "" )
			log_session(SESSION_REFUSED, owner, fmt("service %s: %s", m$service_id, reason));

		answer_hello(m, owner, reason == "" ? "standby" : "refused", reason);
		}
	else
		schedule takeover_pause { judge_takeover(m, owner$heard_at) };
	}

event MISP::begin_v2(m: BeginV2)
	{
	local owner = owner_of_session(m$session);
	if ( accepts(owner, m$seq, 0) )
		add_job(Job($owner=owner, $kind=BEGIN, $seq=m$seq, $epoch=m$epoch,
		            $revision=m$revision));
	}

event MISP::apply_v2(m: ApplyV2)
	{
	local owner = owner_of_session(m$session);
	if ( accepts(owner, m$seq, |m$upserts| + |m$removals|) )
		add_job(Job($owner=owner, $kind=APPLY, $seq=m$seq, $epoch=m$epoch,
		            $revision=m$revision, $upserts=m$upserts, $removals=m$removals));
	}

event MISP::end_v2(m: EndV2)
	{
	local owner = owner_of_session(m$session);
	if ( accepts(owner, m$seq, 0) )
		add_job(Job($owner=owner, $kind=END, $seq=m$seq, $epoch=m$epoch,
		            $revision=m$revision));
	}

function answer_pong(owner: Owner, nonce: count)
	{
	local workers = WorkerCounts();
	hook count_workers(workers);
	answer(owner, pong_v2,
	       PongV2($session=owner$session, $nonce=nonce, $seq=owner$done_seq, $epoch=owner$epoch,
	              $revision=owner$revision, $items=owner$items,
	              $digest=format_digest(owner$digest), $lost=|owner$lost|,
	              $suppressed=|owner$suppressed|, $strays=|owner$strays|,
	              $workers_configured=workers$configured, $workers_connected=workers$connected,
	              $workers_in_sync=workers$in_sync, $workers_verified=workers$verified,
	              $dropped_sightings=dropped_sightings_of(owner),
	              $dropped_messages=dropped_messages));
	}

event MISP::ping_v2(m: PingV2)
	{
	local owner = owner_of_session(m$session);
	if ( ! owner$is_open )
		return;

	hook session_pinged(owner);
	if ( hook before_pong(owner, m$nonce) )
		answer_pong(owner, m$nonce);
	}

event MISP::bye_v2(m: ByeV2)
	{
	local owner = owner_of_session(m$session);
	if ( ! owner$is_open )
		return;

	owner$is_open = F;
	owner$has_lease = F;
	drop_jobs(owner);
	log_session(SESSION_ENDED, owner, "the service takes leave");
	}

event MISP::probe(m: Probe)
	{
	if ( m$service_id != /[0-9a-f]{16}/ )
		return;

	if ( m$contract != contract_version )
		log_session(SESSION_REFUSED, nobody,
		            fmt("service %s speaks contract %d, this package %d: upgrade the %s",
		                m$service_id, m$contract, contract_version,
		                m$contract < contract_version ? "service" : "package"));

	hook publish(probe_answer_topic_prefix + m$service_id, probe_answer,
	             ProbeAnswer($contract=contract_version, $package_version=package_version,
	                         $zeek_version=zeek_version(), $node=peer_description,
	                         $instance=instance));
	}
