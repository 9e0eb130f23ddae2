#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: cluster ARGUMENTS  run a cluster of real Zeeks; --backend zeromq|broker [--items N]
#:                    [--transport broker|websocket]; --measure [--rounds N] loads only, and
#:                    compares the rate with that of Intel::insert
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

configure
build_in "$build_dir" misp-zeek misp-sim
step="running the cluster"
tests/e2e/cluster/run.sh "$build_dir/service/app/misp-zeek" \
  "$build_dir/tests/support/misp_sim/misp-sim" "$@"
