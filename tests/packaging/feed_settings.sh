#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# feed_settings.sh SCRIPT: the script that turns on MISP's feed, run on a MISP made of stand-ins that
# write down how they are called.
set -euo pipefail
script=$(realpath "$1")
folder=$(mktemp -d)
publisher=""
trap '[ -z "$publisher" ] || kill "$publisher" 2>/dev/null || true; rm -rf "$folder"' EXIT

app="$folder/app"
mkdir -p "$app/Console" "$app/files/scripts/tmp" "$app/files/scripts/mispzmq" "$app/tmp/logs" "$folder/bin"
pid_file="$app/files/scripts/tmp/mispzmq.pid"
# sudo -u www-data COMMAND...
printf '#!/bin/sh\nshift 2\nexec "$@"\n' >"$folder/bin/sudo"
printf '#!/bin/sh\necho "$@" >>"%s/calls"\n[ ! -e "%s/broken" ]\n' "$folder" "$folder" >"$app/Console/cake"
printf '#!/bin/sh\necho started >>"%s/publisher"\n' "$folder" >"$folder/bin/python3"
chmod +x "$folder/bin/sudo" "$folder/bin/python3" "$app/Console/cake"

run() { # -> exit status
  rm -f "$folder/calls" "$folder/publisher"
  local status=0
  PATH="$folder/bin:$PATH" MISP_APP="$app" bash "$script" >"$folder/output" 2>&1 || status=$?
  return $status
}
fail() {
  echo "$1"
  cat "$folder/output"
  exit 1
}
wait_for() { # FILE: at most 10 s
  for _ in $(seq 100); do
    [ ! -s "$1" ] || return 0
    sleep 0.1
  done
  return 1
}

# A first start: nothing runs.
run || fail "a first start failed"
for setting in host\ 0.0.0.0 port\ 50000 enable\ true event_notifications_enable\ true \
  attribute_notifications_enable\ true object_notifications_enable\ true \
  tag_notifications_enable\ true sighting_notifications_enable\ true \
  warninglist_notifications_enable\ true; do
  grep -qx "Admin setSetting -q Plugin.ZeroMQ_$setting" "$folder/calls" || fail "not set: $setting"
done
tail -1 "$folder/calls" | grep -q ZeroMQ_enable || fail "the switch is not the last setting"
wait_for "$folder/publisher" || fail "the publisher was not started"

# A stale file names a process that is another program.
sleep 60 &
publisher=$!
echo "$publisher" >"$pid_file"
run || fail "a start with a stale pid file failed"
[ ! -e "$pid_file" ] || fail "the stale pid file is still there"
wait_for "$folder/publisher" || fail "the publisher was not started beside a stale pid file"
kill "$publisher"

# The publisher runs already.
bash -c 'exec -a mispzmq.py sleep 60' &
publisher=$!
echo "$publisher" >"$pid_file"
for _ in $(seq 100); do
  ! tr '\0' ' ' <"/proc/$publisher/cmdline" | grep -q '^mispzmq.py' || break
  sleep 0.1
done
run || fail "a start beside a running publisher failed"
[ -e "$pid_file" ] || fail "the pid file of a running publisher was removed"
[ ! -e "$folder/publisher" ] || fail "a second publisher was started"

# MISP refuses a setting.
touch "$folder/broken"
! run || fail "a refused setting was not reported"
grep -q 'cannot set Plugin.ZeroMQ_host' "$folder/output" || fail "the refused setting is not named"
