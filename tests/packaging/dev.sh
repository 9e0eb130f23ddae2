#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# dev.sh ROOT: the entry script lists all its verbs, and refuses others.
set -euo pipefail
cd "$1"
usage=$(./dev)
verbs=0
for script in tools/*.sh; do
  verb=$(basename "$script" .sh)
  [ -x "$script" ] || { echo "$script is not executable"; exit 1; }
  grep -qE "^  $verb( |$)" <<<"$usage" || { echo "./dev does not list $verb"; exit 1; }
  verbs=$((verbs + 1))
done
[ "$(grep -cE '^  [a-z]' <<<"$usage")" -eq "$verbs" ] || { echo "./dev lists more than its $verbs verbs"; exit 1; }
for verb in lib no-such-verb ../dev; do
  status=0
  text=$(./dev "$verb" 2>&1 >/dev/null) || status=$?
  if [ "$status" -ne 2 ] || [[ $text != *"unknown verb: $verb" ]]; then
    echo "./dev $verb: $status, $text"
    exit 1
  fi
done
