#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: soak --minutes N   run the main job under load and faults for N minutes
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

run_program misp-zeek-soak "$@"
