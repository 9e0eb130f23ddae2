#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: bench-sightings [--seconds N]
#:                    measure what a flood of matches does to Zeek, MISP and the service
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

run_program misp-zeek-bench-sightings "$@"
