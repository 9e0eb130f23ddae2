#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: bench [--help]     measure bootstrap, live changes and memory
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

run_program misp-zeek-bench "$@"
