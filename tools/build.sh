#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: build              install what is missing, build all programs and tests
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

configure
build_in "$build_dir"
