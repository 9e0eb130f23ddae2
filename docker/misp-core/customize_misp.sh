#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Turns on MISP's ZeroMQ feed, as root in the container misp-core. after_setup.sh runs it at the end of every
# start. It may be run again, by hand too.
set -u

app=${MISP_APP:-/var/www/MISP/app}
scripts="$app/files/scripts"
pid_file="$scripts/tmp/mispzmq.pid"
failures=0

as_misp() { sudo -u www-data "$@"; }

setting() { # NAME VALUE
  if ! as_misp "$app/Console/cake" Admin setSetting -q "Plugin.ZeroMQ_$1" "$2"; then
    echo "misp-zeek: cannot set Plugin.ZeroMQ_$1" >&2
    failures=$((failures + 1))
  fi
}

publisher_runs() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q mispzmq.py
}

# The file outlives the container, and its pid may now be that of another process, which MISP would
# take for its publisher.
if ! publisher_runs; then
  rm -f "$pid_file"
fi

# All but the switch first, so that the publisher starts with the right ones. The port is reachable
# in the containers' network only, as the compose file does not publish it.
setting host 0.0.0.0
setting port 50000
for topic in event attribute object tag sighting warninglist; do
  setting "${topic}_notifications_enable" true
done
setting enable true

# Otherwise MISP starts the publisher with the first message, and until then there is no heartbeat.
if ! publisher_runs; then
  python=$(command -v python3)
  as_misp sh -c "nohup '$python' '$scripts/mispzmq/mispzmq.py' \
    >>'$app/tmp/logs/mispzmq.log' 2>>'$app/tmp/logs/mispzmq.error.log' &"
fi

if [ "$failures" -gt 0 ]; then
  echo "misp-zeek: MISP's feed is not set up as it must be" >&2
  exit 1
fi
echo "misp-zeek: MISP's feed is on"
