# SPDX-License-Identifier: BSD-3-Clause
##! What a Zeek in a container needs besides the package: something that looks for
##! indicators, traffic that it takes for good, and an end to its logs.

@load frameworks/files/hash-all-files
@load frameworks/intel/seen
@load ./misp-zeek

# Containers leave checksums to a network card that they do not have.
redef ignore_checksums = T;

# Zeek's own metrics, over HTTP, for the sensor's network.
redef Telemetry::metrics_port = 9911/tcp;

redef Log::default_rotation_interval = 10min;
redef Log::default_rotation_dir = "rotated";
redef Log::default_rotation_postprocessor_cmd = "keep_logs.sh";

# A site's own scripts; see docs/install/docker.md.
@load ./own
