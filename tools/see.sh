#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: see                values of MISP through simulator, service and a real Zeek that reads traffic: where each
#:                    matches, by Zeek's own scripts and with the package's extras
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

install_for test
configure_in "$build_dir" -DMISP_ZEEK_WERROR=ON
build_in "$build_dir" see_e2e_test misp-zeek misp-sim
step="looking at traffic"
MISP_ZEEK_SEE=1 "$build_dir/tests/e2e/see/see_e2e_test"
