#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# source_life.sh: inside the root that in_root.sh made, as root, with systemd running. A Zeek in /opt/zeek that
# loads the package of README.md's "In Zeek" from the sources, and the service as "From source" has it:
# what is in MISP is in that Zeek, and what changes there follows.
set -euo pipefail
cd "$(dirname "$0")"
misp_http="" zeek=""
# shellcheck source=/dev/null
. ./ports
fail() {
  echo "FAILED: $*"
  journalctl --no-pager -u misp-zeek | tail -20
  tail -n 20 zeek/*.log
  exit 1
}

apt-get install -q -y --no-install-recommends curl libkrb5-3 libmaxminddb0 libpcap0.8 libssl3 libzmq5 zlib1g \
  >install.log 2>&1 || {
  cat install.log
  fail "what Zeek needs"
}
mkdir zeek
(cd zeek && exec env MISP_BROKER_PORT="$zeek" /opt/zeek/bin/zeek exit_only_after_terminate=T ../clone/zeek/scripts) \
  >zeek/output.log 2>&1 &
bash readme_commands.sh source

misp-zeek version | sed 's/^/    /'
misp-zeek version | grep -q '^broker 2' || fail "not built with the Broker of that Zeek"
awk '$2 == "MISP::SNAPSHOT_END" && $12 > 0 { found = 1 } END { exit !found }' zeek/misp.log ||
  fail "misp.log says nothing of what was put in"

misp() { # PATH JSON
  curl -fsS -H 'Authorization: misp-sim-key' -H 'Accept: application/json' -H 'Content-Type: application/json' \
    -d "$2" "http://127.0.0.1:$misp_http$1"
}
event=$(misp /events/add '{"info": "from source", "distribution": "3"}' | grep -o '"id": *"[0-9]*"' | head -n 1 | tr -dc 0-9)
misp "/attributes/add/$event" '{"type": "domain", "value": "from-source.example", "to_ids": true}' >/dev/null
explained() { misp-zeek explain from-source.example -c /usr/local/etc/misp-zeek/misp-zeek.toml >explained 2>&1; }
for _ in $(seq 300); do
  ! explained || break
  sleep 0.1
done
explained || fail "not in Zeek within 30 s: $(cat explained)"
echo "  all as it must be"
