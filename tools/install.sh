#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: install            install what building and testing need
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

install_for test
