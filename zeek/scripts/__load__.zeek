# SPDX-License-Identifier: BSD-3-Clause
##! Keeps the Intel framework equal to what analysts hold in MISP. A service,
##! misp-zeek, sends the changes; this package applies and acknowledges them.

@load base/frameworks/cluster

# Everywhere: the metadata's shape must be the same on all nodes of a cluster,
# and a site's configuration names the options on all of them.
@load ./types
@load ./api
@load ./options
@load ./log
@load ./sighting-options
@load ./cluster
@ifdef ( Broker::publish )
@load ./broker
@endif

@if ( ! Cluster::is_enabled() || Cluster::local_node_type() == Cluster::MANAGER )
@load ./main
@load ./truth
@load ./notices
@load ./sightings
@ifdef ( Cluster::listen_websocket )
@load ./websocket
@endif
@endif

@if ( Cluster::local_node_type() == Cluster::MANAGER )
@load ./workers
@endif

@if ( Cluster::local_node_type() == Cluster::WORKER )
@load ./worker
@endif
