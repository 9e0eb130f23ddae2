#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh SERVICE MISP_SIM ARGUMENTS...: main.py on the Zeek of this machine, or a line that says why not.
set -u
service=$1 misp_sim=$2
shift 2
[[ " $* " == *" --transport websocket "* ]] || ! "$service" version | grep -q '^broker 1\.' ||
  { echo "skipped: built with Debian's Broker 1.4, which no current Zeek speaks"; exit 0; }
command -v python3 >/dev/null || { echo "skipped: no Python on this machine"; exit 0; }
zeek=""
for candidate in "$(command -v zeek || true)" /usr/local/zeek/bin/zeek /opt/zeek/bin/zeek; do
  [ -x "$candidate" ] && { zeek=$candidate; break; }
done
[ -n "$zeek" ] || { echo "skipped: no Zeek on this machine"; exit 0; }
"$zeek" -b --parse-only frameworks/cluster/backend/zeromq 2>/dev/null ||
  { echo "skipped: this Zeek has no ZeroMQ backend"; exit 0; }
exec python3 -B "$(dirname "$0")/main.py" --zeek "$zeek" --service "$(realpath "$service")" \
  --misp-sim "$(realpath "$misp_sim")" "$@"
