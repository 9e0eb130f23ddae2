#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# real_zeek.sh PROGRAM TRANSPORT BROKER_IS_ZEEKS ARGUMENTS: PROGRAM --zeek on a real Zeek, or a line
# that says why not.
set -u
program=$1 transport=$2 broker_is_zeeks=$3
[ "$transport" != broker ] || [ "$broker_is_zeeks" = true ] ||
  { echo "skipped: built with Debian's Broker 1.4, which no current Zeek speaks"; exit 0; }
zeek=""
for candidate in "$(command -v zeek || true)" /usr/local/zeek/bin/zeek /opt/zeek/bin/zeek; do
  [ -x "$candidate" ] && { zeek=$candidate; break; }
done
[ -n "$zeek" ] || { echo "skipped: no Zeek on this machine"; exit 0; }
[ "$transport" != websocket ] || "$zeek" --parse-only frameworks/cluster/websocket/server 2>/dev/null ||
  { echo "skipped: this Zeek has no stock WebSocket server, 8.1 has"; exit 0; }
exec "$program" --zeek "$zeek" "${@:4}"
