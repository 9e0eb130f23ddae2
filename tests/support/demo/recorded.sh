#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# recorded.sh DEMO_TXT PROGRAM ARGUMENTS...: the session in the docs is what the demonstration says, but for
# numbers and how far the bootstrap was when it looked.
set -euo pipefail
plain() { # from the first line of the program on
  sed -n '/^MISP /,$p' | grep -v '^bootstrap \[' | sed 's/[0-9][0-9.]*/N/g'
}
said=$("${@:2}")
diff <(plain <"$1") <(plain <<<"$said")
