#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: demo [--keep]      install and build what it runs, and show MISP -> Zeek live on loopback;
#:                    --keep leaves it running, to play with
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

install_for run
# A folder that is configured already keeps its tests.
tests=()
[ -f "$build_dir/CMakeCache.txt" ] || tests=(-DMISP_ZEEK_TESTS=demo)
configure_in "$build_dir" -DMISP_ZEEK_WERROR=ON "${tests[@]}"
build_in "$build_dir" misp-zeek-demo
step="running the demonstration"
"$build_dir/tests/support/demo/misp-zeek-demo" "$@"
