# SPDX-License-Identifier: BSD-3-Clause
##! How messages come and go: over the cluster's bus, which Zeek's WebSocket server
##! is on, and over native Broker where the bus is another one.

@load ./api
@load ./log
@load ./options
@load ./versions

module MISP;

export {
	## Carries an answer to the service. Each way to it has a handler; for tests,
	## one that breaks before them.
	global publish: hook(topic: string, ev: any, answer: any);
}

# Whether messages are taken. "zeekctl check" and "zeekctl process" start another
# Zeek with the same scripts beside the sensor; the supervisor and a Zeek that
# reads a trace see no traffic.
function is_sensor(): bool
	{
	return getenv("ZEEKCTL_DISABLE_LISTEN") == "" && ! Supervisor::is_supervisor()
	       && ( ! reading_traces() || run_on_traces );
	}

event zeek_init()
	{
	if ( is_sensor() && has_other_bus() )
		{
		subscribe_on_bus(zeek_topic);
		subscribe_on_bus(probe_topic);
		}
	}

hook publish(topic: string, ev: any, answer: any)
	{
	if ( has_other_bus() )
		tell(topic, ev, answer);
	}
