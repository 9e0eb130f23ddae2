#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# in_root.sh DIST MISP_SIM ZEEK_SIM [ZEEK_PREFIX]: the two ways to install that docs/install describes, each in
# a fresh Debian 12 with systemd. The Debian package of the folder DIST goes through its life: first as
# docs/install/debian.md says it, then installed, configured, started, watched, operated, upgraded, stopped, purged. The
# sources of DIST are built and installed as docs/install/source.md says it, against the Zeek of ZEEK_PREFIX, with which
# the service must be in sync. Needs root, debootstrap and a Debian mirror. The simulators run outside, on
# loopback.
set -euo pipefail
[ $# -eq 3 ] || [ $# -eq 4 ] || {
  echo "usage: in_root.sh DIST MISP_SIM ZEEK_SIM [ZEEK_PREFIX]" >&2
  exit 2
}
dist=$(realpath "$1") misp_sim=$(realpath "$2") zeek_sim=$(realpath "$3") zeek_prefix=${4-}
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
port_in() { sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$1"; }
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_misp() { # NAME
  "$misp_sim" --key misp-sim-key --ready-file "$folder/$1.json" >"$folder/$1.log" 2>&1 &
  pids+=($!)
  wait_for "$folder/$1.json"
}
# furnish ROOT MISP ZEEK_PORT TLS: what the scripts in a root find there.
furnish() {
  cp -r "$here"/{deb_life,docs_block,docs_commands,docs_security,source_life}.sh "$here/../../docs" "$1/root/"
  cat >"$1/root/ports" <<PORTS
misp_http=$(port_in "$folder/$2.json" http_port)
misp_feed=$(port_in "$folder/$2.json" zmq_port)
zeek=$3
tls=$4
http=$(free_port)
tunnel=$(free_port)
websocket=$(free_port)
metrics=$(free_port)
zeekport=$(free_port)
PORTS
}

echo "making a Debian 12"
"$here/debian_root.sh" make "$folder/root" systemd systemd-sysv dbus libnss-systemd
cp -a "$folder/root" "$folder/source-root"

"$zeek_sim" --listen 127.0.0.1:0 --disable-tls --ready-file "$folder/zeek.json" >"$folder/zeek-sim.log" 2>&1 &
pids+=($!)
wait_for "$folder/zeek.json"
start_misp misp
furnish "$folder/root" misp "$(port_in "$folder/zeek.json" port)" false
cp "$dist"/*.deb "$folder/root/root/misp-zeek.deb"
"$here/debian_root.sh" boot "$folder/root" bash -ec \
  'echo "docs/install/debian.md"; bash /root/docs_commands.sh package
   rm -r /etc/misp-zeek; bash /root/deb_life.sh'

if [ -z "$zeek_prefix" ]; then
  echo "skipped: docs/install/source.md (no Zeek with Broker on this machine)"
  exit 0
fi
start_misp source-misp
furnish "$folder/source-root" source-misp "$(free_port)" true
mkdir -p "$folder/source-root$zeek_prefix" "$folder/source-root/root/clone"
cp -a "$zeek_prefix/." "$folder/source-root$zeek_prefix"
# Where docs/install/source.md has it.
[ "$zeek_prefix" = /opt/zeek ] || ln -s "$zeek_prefix" "$folder/source-root/opt/zeek"
tar -xf "$dist"/*.tar.gz -C "$folder/source-root/root/clone" --strip-components 1
"$here/debian_root.sh" boot "$folder/source-root" bash -ec \
  'echo "docs/install/source.md"; bash /root/source_life.sh'
