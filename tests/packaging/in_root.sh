#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# deb_in_root.sh PACKAGE MISP_SIM ZEEK_SIM: the Debian package through its life, in a fresh Debian 12
# with systemd: first as README.md says it, then installed, configured, started, watched, upgraded,
# stopped, purged. Needs root, debootstrap and a Debian mirror. The simulators run outside, on loopback.
set -euo pipefail
[ $# -eq 3 ] || {
  echo "usage: deb_in_root.sh PACKAGE MISP_SIM ZEEK_SIM" >&2
  exit 2
}
package=$(realpath "$1") misp_sim=$(realpath "$2") zeek_sim=$(realpath "$3")
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
folder=$(mktemp -d /tmp/misp-zeek-root-XXXXXX)
pids=()
finish() {
  local pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap finish EXIT

wait_for() { # FILE: at most 20 s
  for _ in $(seq 200); do
    [ ! -s "$1" ] || return 0
    sleep 0.1
  done
  echo "not there after 20 s: $1" >&2
  return 1
}

"$misp_sim" --key misp-sim-key --ready-file "$folder/misp.json" >"$folder/misp-sim.log" 2>&1 &
pids+=($!)
"$zeek_sim" --listen 127.0.0.1:0 --disable-tls --ready-file "$folder/zeek.json" >"$folder/zeek-sim.log" 2>&1 &
pids+=($!)
wait_for "$folder/misp.json"
wait_for "$folder/zeek.json"
port_in() { sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$1"; }

echo "making a Debian 12"
"$here/debian_root.sh" make "$folder/root" systemd systemd-sysv dbus libnss-systemd
cp "$package" "$folder/root/root/misp-zeek.deb"
cp "$here/deb_life.sh" "$here/readme_commands.sh" "$here/../../README.md" "$folder/root/root/"
cat >"$folder/root/root/ports" <<PORTS
misp_http=$(port_in "$folder/misp.json" http_port)
misp_feed=$(port_in "$folder/misp.json" zmq_port)
zeek=$(port_in "$folder/zeek.json" port)
PORTS
cat >"$folder/root/root/misp-zeek.toml" <<TOML
[misp]
url = "http://127.0.0.1:$(port_in "$folder/misp.json" http_port)"
[misp.feed]
endpoint = "tcp://127.0.0.1:$(port_in "$folder/misp.json" zmq_port)"
[filter]
max_age = "0"
[[zeek]]
name = "sensor-1"
port = $(port_in "$folder/zeek.json" port)
tls = false
[http]
listen = ""
TOML
"$here/debian_root.sh" boot "$folder/root" bash -ec \
  'echo "README.md, Debian package and systemd"; bash /root/readme_commands.sh; bash /root/deb_life.sh'
