#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Called by Zeek for each log that it rotated, in the folder of its logs: of the rotated ones, keeps the
# newest ZEEK_LOGS_MB megabytes (default 100).
cd rotated 2>/dev/null || exit 0
# shellcheck disable=SC2012 # the names are Zeek's
ls -t | {
  kept=0
  while read -r name; do
    size=$(stat -c %s "$name" 2>/dev/null) || continue
    kept=$((kept + size))
    [ "$kept" -le $((${ZEEK_LOGS_MB:-100} * 1000000)) ] || rm -f "$name"
  done
}
