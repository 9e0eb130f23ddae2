#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# deb_life.sh: inside the root that in_root.sh made, as root, with systemd running. Next to it are
# misp-zeek.deb, docs and the ports of MISP, of Zeek and for the service.
set -euo pipefail
cd "$(dirname "$0")"
misp_http="" misp_feed="" zeek="" tls="" http=""
# shellcheck source=/dev/null
. ./ports
cat >misp-zeek.toml <<TOML
[misp]
url = "http://127.0.0.1:$misp_http"
api_key_file = "/etc/misp-zeek/misp.key"
[misp.feed]
endpoint = "tcp://127.0.0.1:$misp_feed"
[filter]
max_age = "0"
[[zeek]]
name = "sensor-1"
transport = "broker"
port = $zeek
tls = $tls
[http]
listen = "127.0.0.1:$http"
TOML

say() { echo "  $*"; }
fail() {
  echo "FAILED: $*"
  trap - ERR
  systemctl status --no-pager --full misp-zeek || true
  journalctl --no-pager -u misp-zeek | tail -20
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
property() { systemctl show --value --property "$1" misp-zeek; }
wait_until() { # WHAT COMMAND...: at most 30 s
  local what=$1
  shift
  for _ in $(seq 300); do
    ! "$@" || return 0
    sleep 0.1
  done
  fail "not within 30 s: $what"
}
is_in_step() { [[ $(property StatusText) == "in sync" ]]; }
has_state() { [[ $(property ActiveState) == "$1" ]]; }
restarted() { [[ $(property NRestarts) -gt 0 && $(property ActiveState) == active ]]; }
has_other_pid() { [[ $(property MainPID) != "$1" && $(property MainPID) != 0 ]]; }

say "install"
apt-get update -q >/dev/null
apt-get install -q -y --no-install-recommends ./misp-zeek.deb >install.log 2>&1 || {
  cat install.log
  fail "apt-get install"
}
id misp-zeek >/dev/null || fail "no user misp-zeek"
[ "$(systemctl is-enabled misp-zeek || true)" = disabled ] || fail "enabled before it is configured"
has_state inactive || fail "started before it is configured"
misp-zeek version | sed 's/^/    /'
dpkg --verify misp-zeek | grep . && fail "files differ from the package"

say "start without a key: refused, and says why"
systemctl start misp-zeek 2>/dev/null && fail "started without a key"
[ "$(property ExecMainStatus)" = 243 ] || fail "status $(property ExecMainStatus), not 243"
systemctl stop misp-zeek
systemctl reset-failed misp-zeek 2>/dev/null || true

say "configure, start, in sync"
install -m 600 /dev/null /etc/misp-zeek/misp.key
echo misp-sim-key >/etc/misp-zeek/misp.key
cp misp-zeek.toml /etc/misp-zeek/misp-zeek.toml
systemctl enable --now --quiet misp-zeek
wait_until "in sync" is_in_step
pid=$(property MainPID)
[ "$(stat -c %U "/proc/$pid")" = misp-zeek ] || fail "runs as $(stat -c %U "/proc/$pid")"
grep -q '^CapEff:[[:space:]]*0*$' "/proc/$pid/status" || fail "has capabilities"
grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status" || fail "no system call filter"
! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q misp-sim-key || fail "the key is in the command line"
! tr '\0' ' ' <"/proc/$pid/environ" | grep -q misp-sim-key || fail "the key is in the environment"
! journalctl -u misp-zeek | grep -q misp-sim-key || fail "the key is in the journal"
[ "$(stat -c %a:%U /var/lib/misp-zeek)" = 700:misp-zeek ] || fail "the state's folder is open"

say "a drop-in of docs/security.md: addresses, another credential"
mkdir -p /etc/systemd/system/misp-zeek.service.d
awk '/^# systemctl edit misp-zeek$/ { on = 1 } /^```/ { on = 0 } on' docs/security.md \
  >/etc/systemd/system/misp-zeek.service.d/override.conf
grep -q '^LoadCredential=webhook.url:' /etc/systemd/system/misp-zeek.service.d/override.conf
install -m 600 /dev/null /etc/misp-zeek/webhook.url
echo https://127.0.0.1:9/hook >/etc/misp-zeek/webhook.url
systemctl daemon-reload
systemctl restart misp-zeek
wait_until "in sync" is_in_step
[ "$(stat -c %U "/run/credentials/misp-zeek.service/webhook.url")" = misp-zeek ] || fail "no credential webhook.url"
rm -r /etc/systemd/system/misp-zeek.service.d /etc/misp-zeek/webhook.url
systemctl daemon-reload
systemctl restart misp-zeek
wait_until "in sync" is_in_step

say "an operator's commands"
operate() { # COMMAND...
  echo "    misp-zeek $*"
  misp-zeek "$@" -c /etc/misp-zeek/misp-zeek.toml >output 2>&1 || {
    cat output
    fail "misp-zeek $*"
  }
}
operate check
operate status
operate export
value=$(awk -F '\t' '!/^#/ { print $1; exit }' output)
[ -n "$value" ] || fail "export prints nothing"
operate explain "$value"
is_paused() { [[ $(property StatusText) == *paused* ]]; }
operate pause
wait_until "paused" is_paused
operate resume
wait_until "in sync" is_in_step
operate reconcile
operate reconcile --full --accept-shrink

say "a reload takes up another filter"
has_reloaded() { journalctl -u misp-zeek | grep -q 'configuration reloaded.*filter.types'; }
pid=$(property MainPID)
sed -i 's/^max_age.*/&\ntypes = ["ip-dst"]/' /etc/misp-zeek/misp-zeek.toml
systemctl reload misp-zeek
wait_until "reloaded" has_reloaded
[ "$(property MainPID)" = "$pid" ] || fail "a reload was a restart"
cp misp-zeek.toml /etc/misp-zeek/misp-zeek.toml
systemctl restart misp-zeek
wait_until "in sync" is_in_step

say "docs/security.md: a tunnel for the feed, HTTPS and a token"
bash docs_security.sh || fail "docs/security.md"
cp misp-zeek.toml /etc/misp-zeek/misp-zeek.toml
systemctl restart misp-zeek
wait_until "in sync" is_in_step

say "a loop that hangs is restarted by the watchdog"
mkdir -p /run/systemd/system/misp-zeek.service.d
printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/misp-zeek.service.d/test.conf
systemctl daemon-reload
systemctl restart misp-zeek
kill -STOP "$(property MainPID)"
wait_until "restarted" restarted
wait_until "in sync again" is_in_step
rm -r /run/systemd/system/misp-zeek.service.d
systemctl daemon-reload

say "a wrong configuration ends it, once"
sed -i 's/^max_age.*/max_age = "soon"/' /etc/misp-zeek/misp-zeek.toml
systemctl reset-failed misp-zeek 2>/dev/null || true
systemctl restart misp-zeek 2>/dev/null && fail "started with a wrong configuration"
has_state failed || fail "is $(property ActiveState) with a wrong configuration"
[ "$(property ExecMainStatus)" = 2 ] || fail "status $(property ExecMainStatus), not 2"
journalctl -u misp-zeek | grep -q 'misp-zeek.toml:7: key "filter.max_age"' || fail "the journal does not name the key"
cp misp-zeek.toml /etc/misp-zeek/misp-zeek.toml
systemctl start misp-zeek
wait_until "in sync" is_in_step

say "an upgrade restarts it and keeps the configuration"
pid=$(property MainPID)
apt-get install -q -y --reinstall -o Dpkg::Options::=--force-confold ./misp-zeek.deb >>install.log 2>&1 ||
  fail "apt-get install --reinstall"
wait_until "another process" has_other_pid "$pid"
wait_until "in sync" is_in_step
cmp -s misp-zeek.toml /etc/misp-zeek/misp-zeek.toml || fail "the configuration was replaced"

say "stop"
systemctl stop misp-zeek
[ "$(property Result)" = success ] || fail "stopped with result $(property Result)"

say "remove keeps the configuration, purge leaves the key only"
systemctl start misp-zeek
pid=$(property MainPID)
apt-get remove -q -y misp-zeek >>install.log 2>&1 || fail "apt-get remove"
[ ! -e "/proc/$pid" ] || fail "runs after its removal"
[ -e /etc/misp-zeek/misp-zeek.toml ] || fail "the configuration is gone"
apt-get purge -q -y misp-zeek >>install.log 2>&1 || fail "apt-get purge"
left=$(find / -xdev -path /root -prune -o -path /proc -prune -o -name '*misp-zeek*' -print)
[ "$left" = /etc/misp-zeek ] || fail "left after purge: $left"
[ "$(ls /etc/misp-zeek)" = misp.key ] || fail "left in /etc/misp-zeek: $(ls /etc/misp-zeek)"
say "all as it must be"
