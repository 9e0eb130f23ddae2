# SPDX-License-Identifier: BSD-3-Clause
##! What depends on Zeek's version besides the Intel framework's internals.

@load base/frameworks/cluster
@load base/frameworks/intel
@load base/misc/version
@load ./cluster

module MISP;

export {
	## Publishes an event with one argument to nodes of the cluster.
	global tell: function(topic: string, ev: any, arg: any);
}

# Whether the cluster's bus is not Broker.
function has_other_bus(): bool &is_used
	{
@ifdef ( Cluster::CLUSTER_BACKEND_NONE )
	if ( Cluster::backend == Cluster::CLUSTER_BACKEND_NONE )
		return F;
@endif
@ifdef ( Cluster::CLUSTER_BACKEND_BROKER )
	return Cluster::backend != Cluster::CLUSTER_BACKEND_BROKER;
@else
	return F;
@endif
	}

function subscribe_on_bus(topic: string) &is_used
	{
@ifdef ( Cluster::subscribe )
	Cluster::subscribe(topic);
@endif
	}

# Before 7.2, see broker.zeek.
@ifdef ( Cluster::publish )
function tell(topic: string, ev: any, arg: any)
	{
	Cluster::publish(topic, ev, arg);
	}
@endif

# The number that up to 16 hexadecimal digits say.
@if ( Version::at_least("7.2") )
function hex_to_count(hex: string): count &is_used
	{
	return to_count(hex, 16);
	}
@else
function hex_to_count(hex: string): count &is_used
	{
	return bytestring_to_count(hexstr_to_bytestring(hex));
	}
@endif

# Whether the framework tells what comes into the store that is matched against,
# and what goes.
@ifdef ( Intel::indicator_inserted )
const notes_store_changes = T;
@else
const notes_store_changes = F;
@endif
