#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# source_life.sh: inside the root that in_root.sh made, as root, with systemd running. A cluster of the Zeek in
# /opt/zeek, brought up by zeekctl with the package of the sources in local.zeek, and the service as
# README.md's "From source" has it: what is in MISP is in that cluster, and what changes there follows.
set -euo pipefail
cd "$(dirname "$0")"
misp_http="" http="" zeek="" websocket="" metrics="" zeekport=""
# shellcheck source=/dev/null
. ./ports
fail() {
  echo "FAILED: $*"
  journalctl --no-pager -u misp-zeek | tail -20
  tail -n 20 /opt/zeek/spool/*/misp.log /opt/zeek/spool/*/stderr.log
  exit 1
}

apt-get install -q -y --no-install-recommends curl iproute2 libkrb5-3 libmaxminddb0 libpcap0.8 libssl3 libzmq5 \
  procps python3 zlib1g >install.log 2>&1 || {
  cat install.log
  fail "what Zeek and zeekctl need"
}

# As a site does it; the ports are free ones of this machine, and zeekctl takes the package's first one.
cat >/opt/zeek/etc/node.cfg <<NODES
[logger-1]
type=logger
host=127.0.0.1
[manager]
type=manager
host=127.0.0.1
[proxy-1]
type=proxy
host=127.0.0.1
[worker-1]
type=worker
host=127.0.0.1
interface=lo
[worker-2]
type=worker
host=127.0.0.1
interface=lo
NODES
sed -i '/^MetricsPort/d' /opt/zeek/etc/zeekctl.cfg
cat >>/opt/zeek/etc/zeekctl.cfg <<OPTIONS
MetricsPort = $metrics
WebSocketPort = $websocket
ZeekPort = $zeekport
OPTIONS
cat >>/opt/zeek/share/zeek/site/local.zeek <<SITE
@load $PWD/clone/zeek/scripts
redef MISP::broker_port = $zeekport/tcp;
redef MISP::spare_broker_port = $zeek/tcp;
SITE
PATH=/opt/zeek/bin:$PATH
zeekctl deploy >deploy.log 2>&1 || {
  cat deploy.log
  fail "zeekctl deploy"
}
zeekctl status | sed 's/^/    /'
bash readme_commands.sh source

misp-zeek version | sed 's/^/    /'
misp-zeek version | grep -q '^broker 2' || fail "not built with the Broker of that Zeek"
put_in() { # the logger writes a little later
  awk '$2 == "MISP::SNAPSHOT_END" && $12 > 0 { found = 1 } END { exit !found }' /opt/zeek/spool/logger-1/misp.log
}
for _ in $(seq 100); do
  ! put_in || break
  sleep 0.1
done
put_in || fail "misp.log says nothing of what was put in"

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
on_workers() {
  curl -sS "http://127.0.0.1:$http/readyz" >ready
  grep -q "in step, with 2 workers" ready
}
for _ in $(seq 100); do
  ! on_workers || break
  sleep 0.1
done
on_workers || fail "not in step with both workers: $(cat ready)"
zeekctl stop >/dev/null || fail "zeekctl stop"
echo "  all as it must be"
