#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: fuzz [--seconds N] mutated input to everything that decodes, N seconds a target (default 60)
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

seconds=60
case $# in
  0) ;;
  2) [[ $1 == --seconds && $2 =~ ^[1-9][0-9]*$ ]] || die "usage: ./dev fuzz [--seconds N]" 2; seconds=$2 ;;
  *) die "usage: ./dev fuzz [--seconds N]" 2 ;;
esac
folder=build-fuzz
build_sanitized "$folder" address,undefined fuzz-targets
step="fuzzing"
for target in tests/fuzz/*_fuzz.cc; do
  target=$(basename "$target" _fuzz.cc)
  say "$target for $seconds s"
  "$folder/tests/fuzz/run-$target" -max_total_time="$seconds"
done
