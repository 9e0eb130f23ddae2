# SPDX-License-Identifier: BSD-3-Clause
##! Carries out the numbered messages one after the other, in steps that are
##! short enough for a sensor: no step changes more than a few hundred entries.
##!
##! A removal ends later than it seems: :zeek:see:`Intel::remove` leaves the
##! part that workers match against to an event that is still queued when it
##! returns. An insert of the same indicator before that event has run would be
##! undone by it. So upserts come before removals inside a message, and no
##! message is started before the events of the one before have run.

@load ./holding

module MISP;

# Entries that one step takes out or moves.
const entries_per_step = 200;

# Entries that are read from a table at once. More than entries_per_step,
# because to find the first entry of a table that was emptied from its start
# is slow.
const entries_per_read = 2000;

type JobKind: enum { BEGIN, APPLY, END };

# A message that is being carried out or waits for it.
type Job: record {
	kind: JobKind;
	seq: count;
	epoch: string;
	revision: count;
	upserts: vector of ItemV1 &default=vector();
	removals: vector of KeyV1 &default=vector();
	outcome: Outcome &default=Outcome();
	# Whether the first step is done.
	started: bool &default=F;
	# Entries to take out or to move, and the next of them.
	entries: vector of EntryRef &default=vector();
	next_entry: count &default=0;
};

# The first one is under way.
global jobs: vector of Job;

# Whether a `work` event is queued, or a handler of `before_step` calls go_on().
global is_working = F;

# Asked before each step. A handler that breaks puts the step off until it calls
# go_on().
global before_step: hook();

# Called when a step has put entries in or taken them out.
global after_step: hook();

# The last message that was carried out.
global done_seq = 0;

# What Zeek was brought to; `epoch` is empty when that is no revision.
global held_epoch = "";
global held_revision = 0;

# Sum over the messages of the running snapshot.
global snapshot_outcome: Outcome;

# Continues with the first job.
global work: event();

# Called for each job that is complete, and for one that must not be.
global on_done: function(job: Job);
global on_refused: function(job: Job, reason: string);

# The next entries of a table: at most entries_per_step.
function next_entries(job: Job, from: Holding): vector of EntryRef
	{
	if ( job$next_entry == |job$entries| )
		{
		job$entries = vector();
		job$next_entry = 0;
		for ( [i, t, e] in from )
			{
			job$entries += EntryRef($indicator=i, $indicator_type=t, $event_id=e);
			if ( |job$entries| == entries_per_read )
				break;
			}
		}

	local first = job$next_entry;
	job$next_entry += entries_per_step;
	if ( job$next_entry > |job$entries| )
		job$next_entry = |job$entries|;

	return job$entries[first:job$next_entry];
	}

# Makes all entries unnamed. After a broken snapshot some are already.
function step_begin(job: Job): bool
	{
	held_epoch = "";
	held_revision = 0;
	snapshot_runs = T;

	local few = |named| < |unnamed| ? named : unnamed;
	local many = |named| < |unnamed| ? unnamed : named;
	for ( _, entry in next_entries(job, few) )
		{
		local i = entry$indicator;
		local t = entry$indicator_type;
		local e = entry$event_id;
		many[i, t, e] = few[i, t, e];
		delete few[i, t, e];
		}

	if ( |few| > 0 )
		return F;

	named = Holding();
	unnamed = many;
	snapshot_outcome = Outcome();
	return T;
	}

function step_apply(job: Job): bool
	{
	# The removals' events have run.
	if ( job$started )
		return T;

	local outdated: vector of EntryRef;
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
			{
			refuse(item, "unknown_type", job$revision, job$outcome);
			next;
			}

		if ( ! upsert(item, indicator_type, job$revision, job$outcome) )
			outdated += EntryRef($indicator=item$indicator, $indicator_type=indicator_type,
			                     $event_id=item$event_id);
		}

	for ( _, key in job$removals )
		{
		if ( key$indicator_type in indicator_types )
			outdated += EntryRef($indicator=key$indicator,
			                     $indicator_type=indicator_types[key$indicator_type],
			                     $event_id=key$event_id);
		}

	for ( _, entry in outdated )
		take_out(entry, job$revision, job$outcome);

	return job$outcome$removed == 0;
	}

# Takes out what the snapshot did not name.
function step_end(job: Job): bool
	{
	if ( |unnamed| == 0 )
		return T;

	for ( _, entry in next_entries(job, unnamed) )
		take_out(entry, job$revision, job$outcome);

	return F;
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

function sum_up(outcome: Outcome)
	{
	snapshot_outcome$inserted += outcome$inserted;
	snapshot_outcome$updated += outcome$updated;
	snapshot_outcome$unchanged += outcome$unchanged;
	snapshot_outcome$removed += outcome$removed;
	snapshot_outcome$rejected += outcome$rejected;
	}

function finish(job: Job)
	{
	sum_up(job$outcome);
	if ( job$kind == END )
		snapshot_runs = F;

	if ( ! snapshot_runs )
		{
		held_epoch = job$epoch;
		held_revision = job$revision;
		}

	done_seq = job$seq;
	on_done(job);
	}

# Carries out a step of the first job. Returns whether more is to be done.
function work_on(): bool
	{
	local job = jobs[0];
	if ( job$kind == END && ! snapshot_runs )
		{
		# To sweep now would take out everything.
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
	if ( ! is_working )
		go_on();
	}

# Forgets all jobs. Entries of a snapshot that is under way stay as they are. A
# `work` event that is queued stays, too: it keeps the jobs that follow behind
# the removals that were begun.
function drop_jobs()
	{
	jobs = vector();
	snapshot_runs = F;
	}
