# SPDX-License-Identifier: BSD-3-Clause
##! Test only, for comparison: the package as it is, but for how an item gets into
##! the Intel framework and from there to the workers. They are not asked what
##! they hold, so nobody is repaired.

@if ( Cluster::local_node_type() == Cluster::MANAGER )
module MISP;

redef MISP::has_internals = F;

redef MISP::worker_check_interval = 1hr;

hook before_step() &priority=100
	{
	is_unconfirmed = F;
	}

hook before_pong(owner: Owner, nonce: count) &priority=100
	{
	answer_pong(owner, nonce);
	break;
	}
@endif
