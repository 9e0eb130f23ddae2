#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# without_broker.sh SOURCE COMPILER: a build without Broker looks for none, and refuses the tests, which need it.
set -euo pipefail
source=$1 compiler=$2
folder=$(mktemp -d)
fail() {
  echo "without_broker: $*" >&2
  exit 1
}
configure() {
  cmake -S "$source" -B "$folder" -G Ninja "-DCMAKE_CXX_COMPILER=$compiler" -DCMAKE_BUILD_TYPE=Debug -DMISP_ZEEK_WERROR=ON \
    -DMISP_ZEEK_BROKER=OFF "$@" >"$folder.log" 2>&1
}
trap 'rm -rf "$folder" "$folder.log"' EXIT
! configure || fail "tests without Broker are not refused"
grep -q 'set MISP_ZEEK_TESTS' "$folder.log" || fail "the refusal does not say what to set: $(cat "$folder.log")"
configure -DMISP_ZEEK_TESTS=OFF || fail "$(cat "$folder.log")"
! grep -i broker_include "$folder/CMakeCache.txt" || fail "it looks for Broker"
