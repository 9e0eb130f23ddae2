# SPDX-License-Identifier: BSD-3-Clause
##! Test only: Zeek's stock WebSocket server, with the sockets of its bus in the
##! working folder, so that several Zeeks can run on one machine.

@load frameworks/cluster/websocket/server

redef Cluster::Backend::ZeroMQ::listen_xsub_endpoint = "ipc://xsub";
redef Cluster::Backend::ZeroMQ::connect_xpub_endpoint = "ipc://xsub";
redef Cluster::Backend::ZeroMQ::listen_xpub_endpoint = "ipc://xpub";
redef Cluster::Backend::ZeroMQ::connect_xsub_endpoint = "ipc://xpub";
