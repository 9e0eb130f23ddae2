#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# readme.sh ROOT: README.md is short, and each command of its quick starts is in the page that is run.
set -euo pipefail
cd "$1"
faults=0
fault() {
  echo "$*"
  faults=$((faults + 1))
}

lines=$(wc -l <README.md)
[ "$lines" -le 150 ] || fault "README.md has $lines lines, more than 150"

quick_start() { # NAME: the fenced block after "**NAME"
  awk -v name="**$1" '
    index($0, name) == 1 { on = 1 }
    /^```/ { if (inside) { exit } inside = on; next }
    inside' README.md
}
for name in Docker Debian Source; do
  page="docs/install/${name,,}.md"
  commands=$(quick_start "$name")
  [ "$(wc -l <<<"$commands")" -eq 5 ] || fault "README.md: the quick start of $name has not five lines"
  while IFS= read -r command; do
    grep -qxF -- "$command" "$page" || fault "README.md: not in $page: $command"
  done <<<"$commands"
done
for verb in demo test; do
  grep -q "^    ./dev $verb " README.md || fault "README.md does not show ./dev $verb"
done

[ "$faults" -eq 0 ]
