#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: test               install what is missing, build, run all tests
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

configure
trap - EXIT
exec python3 tools/lib/run_tests.py "$build_dir" "$(parallel_jobs)" "$(find_zeek || true)"
