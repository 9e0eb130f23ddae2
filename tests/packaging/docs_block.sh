#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs_block.sh FILE FIRST_LINE: the one fenced block that begins with this line.
set -euo pipefail
awk -v first="$2" '
  /^```/ { on = 0; begins = !inside; inside = !inside; next }
  begins { begins = 0; on = $0 == first; found += on }
  on
  END { exit found != 1 }' "$1" || {
  echo "$1 has not one block that begins with: $2" >&2
  exit 1
}
