#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# real_zeek.sh PROGRAM BROKER_IS_ZEEKS ARGUMENTS: PROGRAM --zeek on a real Zeek, or a line that says why not.
set -u
[ "$2" = true ] || { echo "skipped: built with Debian's Broker 1.4, which no current Zeek speaks"; exit 0; }
zeek=""
for candidate in "$(command -v zeek || true)" /usr/local/zeek/bin/zeek /opt/zeek/bin/zeek; do
  [ -x "$candidate" ] && { zeek=$candidate; break; }
done
[ -n "$zeek" ] || { echo "skipped: no Zeek on this machine"; exit 0; }
exec "$1" --zeek "$zeek" "${@:3}"
