#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# unit.sh UNIT PROGRAM: systemd accepts the unit, and finds it well shut in.
set -euo pipefail
command -v systemd-analyze >/dev/null || {
  echo "skipped: no systemd-analyze on this machine"
  exit 77
}
# systemd-analyze's overall exposure, 0.0 to 10.0. What is left is explained in docs/security.md.
limit=1.2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The program as it was built, for it must be there.
sed "s|^ExecStart=[^ ]*|ExecStart=$2|" "$1" >"$folder/misp-zeek.service"
SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$folder/misp-zeek.service" 2>"$folder/verify" || {
  cat "$folder/verify"
  exit 1
}
# Other units of the machine may be at fault; ours must not be.
if grep 'misp-zeek' "$folder/verify"; then
  exit 1
fi

for setting in LimitCORE=0 MemoryMax=4G TasksMax=256 UMask=0077; do
  grep -qx "$setting" "$1" || {
    echo "the unit lacks $setting"
    exit 1
  }
done

exposure=$(systemd-analyze security --offline=true --no-pager "$folder/misp-zeek.service" |
  sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
echo "exposure $exposure, limit $limit"
awk -v exposure="$exposure" -v limit="$limit" 'BEGIN { exit !(exposure != "" && exposure <= limit) }'
