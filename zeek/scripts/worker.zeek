# SPDX-License-Identifier: BSD-3-Clause
##! A worker's side of the distribution: applies what arrives, and tells what it
##! holds.

@load ./api
@load ./store-state

module MISP;

# Batches between two reports that nobody asked for. They pace the manager.
const batches_per_report = 16;

# The manager that this worker follows, and the last batch of that.
global followed_instance = "";
global followed_seq = 0;

function report(nonce: count, wants_buckets: bool)
	{
	local r = WorkerReport($node=Cluster::node, $id=Cluster::node_id(), $version=package_version,
	                       $nonce=nonce, $instance=followed_instance, $seq=followed_seq,
	                       $store=store_state());
	if ( wants_buckets )
		r$buckets = store_buckets;

	tell(Cluster::manager_topic, worker_report, r);
	}

# A new manager knows nothing of what the one before said, and a match needs its
# metadata: what it holds comes by buckets.
function follow(instance: string)
	{
	if ( instance == followed_instance )
		return;

	if ( followed_instance != "" )
		{
		forget_store();
		forget_store_state();
		}

	followed_instance = instance;
	followed_seq = 0;
	}

event MISP::worker_batch(batch: WorkerBatch)
	{
	if ( ! hook take_batch(batch) )
		return;

	follow(batch$instance);
	for ( t, indicators in batch$inserts )
		make_matchable(indicators, t);

	for ( gone_type, gone in batch$removals )
		make_unmatchable(gone, gone_type);

	followed_seq = batch$seq;
	if ( batch$seq % batches_per_report == 0 )
		report(0, F);
	}

# All that is matched against, by bucket, while a repair needs it.
type Indicators: set[string, Intel::Type];
global all_matchable: table[count] of Indicators
	&default_insert=function(bucket: count): Indicators { return Indicators(); };

global forget_matchable: event();

function note_matchable(indicator: string, indicator_type: Intel::Type)
	{
	add all_matchable[store_bucket_of(indicator)][indicator, indicator_type];
	}

event forget_matchable()
	{
	clear_table(all_matchable);
	}

event MISP::worker_bucket(bucket: WorkerBucket)
	{
	for ( t, indicators in bucket$indicators )
		make_matchable(indicators, t);

	if ( store_buckets[bucket$number] == bucket$digest )
		return;

	# Something is there that must not be, which is rare.
	if ( |all_matchable| == 0 )
		{
		visit_store(note_matchable);
		schedule 10sec { MISP::forget_matchable() };
		}

	local spare = all_matchable[bucket$number];
	for ( kind, values in bucket$indicators )
		for ( _, value in values )
			delete spare[value, kind];

	for ( [gone, gone_type] in spare )
		make_unmatchable(vector(gone), gone_type);
	}

event MISP::worker_subnets(all: WorkerSubnets)
	{
	make_matchable(all$subnets, Intel::SUBNET);
	local wanted: set[string];
	for ( _, net in all$subnets )
		add wanted[net];

	for ( _, ours in matchable_subnets() )
		if ( ours !in wanted )
			make_unmatchable(vector(ours), Intel::SUBNET);
	}

event MISP::worker_check(check: WorkerCheck)
	{
	follow(check$instance);
	if ( check$renews )
		renew_store_state();

	report(check$nonce, check$wants_buckets);
	}
