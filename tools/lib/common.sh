# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the verbs share. A verb sources this from the root of the sources, sets `step` to what it is doing,
# and is reported with that when it fails.

step="starting"
say() { printf '==> %s\n' "$*"; }
die() { # TEXT [STATUS]
  printf 'dev: %s\n' "$1" >&2
  trap - EXIT
  exit "${2-1}"
}
report_failure() { # STATUS
  [ "$1" -eq 0 ] || printf 'dev: failed while %s (exit %s)\n' "$step" "$1" >&2
}
trap 'report_failure $?' EXIT

. tools/lib/packages.sh
. tools/lib/build.sh

find_zeek() { # -> folder of Zeek's programs
  local candidate
  for candidate in "$(command -v zeek-config || true)" /usr/local/zeek/bin/zeek-config /opt/zeek/bin/zeek-config; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      dirname "$candidate"
      return
    fi
  done
  return 1
}

# A Zeek that has the headers and the library of its Broker.
find_zeek_with_broker() { # -> folder of Zeek's programs
  local bin
  bin=$(find_zeek) && [ -f "$bin/../include/broker/broker.hh" ] && echo "$bin"
}
