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

# PEM files, each empty or not.
type CertificateFiles: record {
	ca_file: string &default="";
	certificate: string &default="";
	key: string &default="";
};

# Fills in the files of native Broker.
global find_certificates: hook(files: CertificateFiles);

function authenticates(files: CertificateFiles): bool
	{
	return files$ca_file != "" && files$certificate != "" && files$key != "";
	}

global told_of_closed_ports = F;

# Whether a port may be opened that has these files.
function may_open(files: CertificateFiles): bool
	{
	if ( authenticates(files) || allow_unauthenticated )
		return T;

	if ( ! told_of_closed_ports )
		Reporter::warning("no port for misp-zeek: set Broker's ssl_cafile, ssl_certificate and ssl_keyfile, or MISP::tls_ca_file, tls_certificate and tls_key, to files that \"misp-zeek certificates make\" makes, or MISP::allow_unauthenticated = T where nobody else reaches the port");

	told_of_closed_ports = T;
	return F;
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
