# SPDX-License-Identifier: BSD-3-Clause
##! Carries out the numbered messages one after the other, in steps that are
##! short enough for a sensor: no step changes more than a few hundred entries.
##!
##! Without the framework's internals a removal ends later than it seems:
##! :zeek:see:`Intel::remove` leaves the part that workers match against to an
##! event that is still queued when it returns. An insert of the same indicator
##! before that event has run would be undone by it. So upserts come before
##! removals inside a message, and no message is started before the events of the
##! one before have run.

@load ./holding

module MISP;

# Entries that one step looks at for a sweep, but for the last bucket.
const entries_per_step = 200;

type JobKind: enum { BEGIN, APPLY, END };

# A message that is being carried out or waits for it.
type Job: record {
	owner: Owner;
	kind: JobKind;
	seq: count;
	epoch: string;
	revision: count;
	upserts: vector of ItemV2 &default=vector();
	removals: vector of KeyV2 &default=vector();
	outcome: Outcome &default=Outcome();
	# Whether the first step is done, and the next bucket to sweep.
	started: bool &default=F;
	next_bucket: count &default=0;
};

# The first one is under way.
global jobs: vector of Job;

# Whether a `work` event is queued, or a handler of `before_step` calls go_on().
global is_working = F;

# Asked before each step. A handler that breaks puts the step off until it calls
# go_on().
global before_step: hook();

# Called when a step has inserted or removed entries.
global after_step: hook();

# Continues with the first job.
global work: event();

# Called for each job that is complete, and for one that must not be.
global on_done: function(job: Job);
global on_refused: function(job: Job, reason: string);

function step_begin(job: Job): bool
	{
	local owner = job$owner;
	owner$epoch = "";
	owner$revision = 0;
	owner$snapshot_runs = T;
	owner$snapshot_outcome = Outcome();
	++owner$round;
	owner$named = 0;
	return T;
	}

function step_apply(job: Job): bool
	{
	# The removals' events have run.
	if ( job$started )
		return T;

	local owner = job$owner;
	local refused: vector of ItemV2;
	local type_text = "";
	local is_known = F;
	local indicator_type = Intel::ADDR;
	for ( _, item in job$upserts )
		{
		# In a bulk load, neighbours are of one type.
		if ( item$indicator_type != type_text )
			{
			type_text = item$indicator_type;
			is_known = type_text in indicator_types;
			if ( is_known )
				indicator_type = indicator_types[type_text];
			}

		if ( ! is_known )
			refuse(owner, item, "unknown_type", job$revision, job$outcome);
		else if ( ! upsert(owner, item, indicator_type, job$revision, job$outcome) )
			refused += item;
		}

	for ( _, outdated in refused )
		remove_entry(owner, outdated$indicator, indicator_types[outdated$indicator_type],
		             owner$prefix + outdated$event_id, job$revision, job$outcome);

	for ( _, key in job$removals )
		if ( key$indicator_type in indicator_types )
			remove_entry(owner, key$indicator, indicator_types[key$indicator_type],
			             owner$prefix + key$event_id, job$revision, job$outcome);

	return job$outcome$removed == 0;
	}

# Removes what the snapshot did not name.
function step_end(job: Job): bool
	{
	local owner = job$owner;
	if ( owner$named >= owner$items )
		return T;

	local seen = 0;
	while ( job$next_bucket < buckets && seen < entries_per_step )
		{
		seen += sweep(owner, job$next_bucket, job$revision, job$outcome);
		++job$next_bucket;
		}

	return job$next_bucket == buckets;
	}

# T: the job is complete.
function step(job: Job): bool
	{
	switch ( job$kind )
		{
		case BEGIN:
			return step_begin(job);
		case APPLY:
			return step_apply(job);
		default:
			return step_end(job);
		}
	}

function sum_up(sum: Outcome, outcome: Outcome)
	{
	sum$inserted += outcome$inserted;
	sum$updated += outcome$updated;
	sum$unchanged += outcome$unchanged;
	sum$removed += outcome$removed;
	sum$rejected += outcome$rejected;
	}

function finish(job: Job)
	{
	local owner = job$owner;
	sum_up(owner$snapshot_outcome, job$outcome);
	if ( job$kind == END )
		{
		owner$snapshot_runs = F;
		owner$named = owner$items;
		}

	if ( ! owner$snapshot_runs )
		{
		owner$epoch = job$epoch;
		owner$revision = job$revision;
		}

	owner$done_seq = job$seq;
	--owner$waiting;
	on_done(job);
	}

# Carries out a step of the first job. Returns whether more is to be done.
function work_on(): bool
	{
	local job = jobs[0];
	if ( job$kind == END && ! job$owner$snapshot_runs )
		{
		# To sweep now would remove everything.
		on_refused(job, "end_without_begin");
		return |jobs| > 0;
		}

	local complete = step(job);
	job$started = T;
	hook after_step();
	if ( complete )
		{
		jobs = jobs[1:];
		finish(job);
		}

	return |jobs| > 0;
	}

# Carries out the next step, if there is one.
function go_on()
	{
	is_working = |jobs| > 0;
	if ( ! is_working || ! hook before_step() )
		return;

	is_working = work_on();
	if ( is_working )
		event MISP::work();
	}

event work()
	{
	go_on();
	}

# Adds a job; starts it if no other is under way.
function add_job(job: Job)
	{
	jobs += job;
	++job$owner$waiting;
	if ( ! is_working )
		go_on();
	}

# Forgets the jobs of an owner. Entries of a snapshot that is under way stay as
# they are. A `work` event that is queued stays, too: it keeps the jobs that follow
# behind the removals that were begun.
function drop_jobs(owner: Owner)
	{
	local others: vector of Job;
	for ( _, job in jobs )
		if ( job$owner$name != owner$name )
			others += job;

	jobs = others;
	owner$waiting = 0;
	owner$snapshot_runs = F;
	}
