# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by run.sh: cases by name, and what became of them.

passed=0 failed=0 skipped=0 place="" last=0

on() { place=$1; }

# check NAME FUNCTION ARGUMENT...: a case; what it says is shown when it fails, and its status is in `last`. Not for
# conditions: set -e must hold in it.
check() {
  local name="$place: $1" began=$SECONDS status=0 output
  shift
  output=$(mktemp)
  set +e
  (
    set -e
    "$@"
  ) >"$output" 2>&1
  status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok      $name ($((SECONDS - began)) s)$(sed -n 's/^measured: /, /p' "$output" | tr -d '\n')"
  else
    failed=$((failed + 1))
    echo "FAILED  $name ($((SECONDS - began)) s)"
    tail -n 30 "$output" | sed 's/^/        /'
  fi
  rm -f "$output"
  last=$status
}

skip() { # NAME REASON
  skipped=$((skipped + 1))
  echo "skipped: ${place:+$place: }$1 ($2)"
}

summary() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

# wait_until SECONDS COMMAND...: tries it twice a second.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "not within the time: $*"
      "$@" || true
      return 1
    fi
    sleep 0.5
  done
}

fault() {
  echo "$*"
  return 1
}
