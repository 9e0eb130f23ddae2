#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# zkg_meta.sh ROOT: zkg's layout rules, without zkg.
set -euo pipefail
cd "$1"
faults=0
fault() {
  echo "zkg.meta: $*"
  faults=$((faults + 1))
}
# field NAME -> its value on one line; continuation lines begin with white space.
field() {
  awk -v name="$1" '
    /^[^ \t#]/ { on = 0 }
    $1 == name && $2 == "=" { on = 1; sub(/^[^=]*= */, ""); printf "%s", $0; next }
    on { sub(/^[ \t]+/, " "); printf "%s", $0 }' zkg.meta
}

head -1 zkg.meta | grep -qx '\[package\]' || fault "does not begin with [package]"
for name in summary description script_dir test_command tags depends; do
  [ -n "$(field $name)" ] || fault "no $name"
done
[ "$(field summary | wc -c)" -le 80 ] || fault "the summary is longer than 80 characters"
scripts=$(field script_dir)
[ -f "$scripts/__load__.zeek" ] || fault "no __load__.zeek in script_dir $scripts"
# What __load__.zeek names must be there.
sed -n 's/^@load \.\///p' "$scripts/__load__.zeek" | while read -r script; do
  [ -e "$scripts/$script.zeek" ] || [ -e "$scripts/$script" ] || {
    echo "__load__.zeek names $script, which is not there"
    exit 1
  }
done
tests=$(field test_command | sed -n 's/^cd \([^ ]*\) && btest.*/\1/p')
[ -f "$tests/btest.cfg" ] || fault "test_command runs btest where there is no btest.cfg"
[[ $(field depends) =~ zeek\ \>=[0-9]+\.[0-9]+\.[0-9]+ ]] || fault "depends names no version of Zeek"
grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' VERSION || fault "VERSION is not MAJOR.MINOR.PATCH, as zkg's tags must be"
grep -Fqx "$(printf '\tconst package_version = "%s";' "$(cat VERSION)")" "$scripts/api.zeek" ||
  fault "MISP::package_version is not what the file VERSION says"
[ "$faults" -eq 0 ]
