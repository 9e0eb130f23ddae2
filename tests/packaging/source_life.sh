#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# source_life.sh: inside the root that in_root.sh made, as root, with systemd running. A cluster of the Zeek in
# /opt/zeek, brought up by zeekctl, with the package of the sources installed by zkg, and the service as
# docs/install/source.md has it: what is in MISP is in that cluster, and what changes there follows. Then
# zkg brings the package's next release.
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
wait_until() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}
run_logged() { # LOG COMMAND...: shows what it says only if it fails
  local log=$1
  shift
  "$@" >"$log" 2>&1 || {
    cat "$log"
    fail "$*"
  }
}

run_logged install.log apt-get install -q -y --no-install-recommends curl git iproute2 libkrb5-3 libmaxminddb0 \
  libpcap0.8 libssl3 libzmq5 procps python3 python3-git python3-semantic-version zlib1g
PATH=/opt/zeek/bin:$PATH

# zkg installs what a repository's last tag has.
release() { # VERSION
  git -C clone add -A
  git -C clone -c user.name=test -c user.email=test@localhost commit -q -m "$1"
  git -C clone tag "v$1"
}
version=$(cat clone/VERSION)
git -C clone init -q -b main
release "$version"
# The one answer is for the plan; whether to install what fails its tests would be another question.
zkg_as_documented() { # PAGE WORD: the command that begins so, in the clone
  local command
  command=$(grep -o "zkg $2[^\`#]*" "clone/docs/$1.md" | head -n 1)
  echo "    $command"
  run_logged zkg.log bash -c "cd clone && echo y | { $command; }"
}
zkg_as_documented zeek-package install

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
@load packages
redef MISP::broker_port = $zeek/tcp;
redef MISP::allow_unauthenticated = T;
SITE
run_logged deploy.log zeekctl deploy
zeekctl status | sed 's/^/    /'
bash docs_commands.sh source

misp-zeek version | sed 's/^/    /'
misp-zeek version | grep -q '^broker 2' || fail "not built with the Broker of that Zeek"
put_in() { # the logger writes a little later
  awk '$2 == "MISP::SNAPSHOT_END" && $12 > 0 { found = 1 } END { exit !found }' /opt/zeek/spool/logger-1/misp.log
}
wait_until 10 put_in || fail "misp.log says nothing of what was put in"

misp() { # PATH JSON
  curl -fsS -H 'Authorization: misp-sim-key' -H 'Accept: application/json' -H 'Content-Type: application/json' \
    -d "$2" "http://127.0.0.1:$misp_http$1"
}
event=$(misp /events/add '{"info": "from source", "distribution": "3"}' | grep -o '"id": *"[0-9]*"' | head -n 1 | tr -dc 0-9)
explained() { misp-zeek explain "$1" -c /usr/local/etc/misp-zeek/misp-zeek.toml >explained 2>&1; }
on_workers() {
  curl -sS "http://127.0.0.1:$http/readyz" >ready
  grep -q "in sync, with 2 workers" ready
}
add() { # DOMAIN: in MISP; it comes to both workers
  misp "/attributes/add/$event" "{\"type\": \"domain\", \"value\": \"$1\", \"to_ids\": true}" >/dev/null
  wait_until 30 explained "$1" || fail "not in Zeek within 30 s: $(cat explained)"
  wait_until 30 on_workers || fail "not in sync with both workers: $(cat ready)"
}
add from-source.example

# The next release.
next=${version%.*}.$((${version##*.} + 1))
sed -i "s/package_version = \"$version\"/package_version = \"$next\"/" clone/zeek/scripts/api.zeek
echo "$next" >clone/VERSION
release "$next"
zkg_as_documented upgrades refresh
run_logged deploy.log zeekctl deploy
is_next() {
  misp-zeek status --json -c /usr/local/etc/misp-zeek/misp-zeek.toml | grep -q "\"package_version\": *\"$next\""
}
wait_until 60 is_next || fail "the service does not speak to $next of the package: $(zkg list)"
add next-release.example
zeekctl stop >/dev/null || fail "zeekctl stop"
echo "  all as it must be"
