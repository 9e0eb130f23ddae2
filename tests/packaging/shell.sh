#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shell.sh ROOT: shellcheck on every shell script of the sources.
set -euo pipefail
cd "$1"
command -v shellcheck >/dev/null || {
  echo "skipped: no shellcheck on this machine"
  exit 77
}
folders=(.ci cmake docker docs service tools zeek tests)
mapfile -t scripts < <(grep -rIlE -m1 '^#!.*(bash|/sh)$' "${folders[@]}" | sort)
scripts+=(dev tools/lib/*.sh)
echo "${#scripts[@]} scripts"
shellcheck -x "${scripts[@]}"
