#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# play.sh PROGRAM ARGUMENTS...: what `./dev demo --keep` tells to type works: an edit with curl shows in Zeek, an
# indicator on standard input becomes a sighting in MISP, SIGTERM ends it all.
set -euo pipefail
command -v curl >/dev/null || { echo "skipped: no curl on this machine"; exit 0; }
folder=$(mktemp -d)
mkfifo "$folder/input"
"$@" --keep <"$folder/input" >"$folder/output" 2>&1 &
demo=$!
exec 3>"$folder/input"
finish() {
  status=$?
  kill "$demo" 2>/dev/null || true
  [ "$status" -eq 0 ] || cat "$folder/output"
  rm -r "$folder"
}
trap finish EXIT
wait_for() { # TEXT: a line of the output has it within 60 s
  for _ in $(seq 600); do
    ! grep -qF -- "$1" "$folder/output" || return 0
    sleep 0.1
  done
  echo "FAILED: nothing says: $1"
  exit 1
}

wait_for "Zeek holds "
wait_for "Type an indicator"
sed -n '/^  misp() {/,/^  curl /s/^  //p' "$folder/output" >"$folder/commands"
# The function, and the first command: an indicator is added.
sed '/^misp .*edit/,$d' "$folder/commands" >"$folder/add"
# shellcheck source=/dev/null
reply=$(. "$folder/add")
wait_for "  Zeek + new.demo.example Intel::DOMAIN MISP-"
echo new.demo.example >&3
sed '/^misp .attributes/d; /^misp .events/d; /^curl /d' "$folder/commands" >"$folder/sightings"
for attempt in $(seq 100); do
  # shellcheck source=/dev/null
  sightings=$(. "$folder/sightings")
  # One is the demonstration's own.
  [ "$(grep -o '"date_sighting"' <<<"$sightings" | wc -l)" -lt 2 ] || break
  [ "$attempt" -lt 100 ] || { echo "FAILED: no sighting: $sightings"; exit 1; }
  sleep 0.1
done
id=$(grep -o '"id": *"[0-9]*"' <<<"$reply" | head -n 1 | tr -dc 0-9)
sed '/^misp .*\(add\|events\|sightings\)/d; /^curl /d'";s|edit/ID|edit/$id|" "$folder/commands" >"$folder/edit"
# shellcheck source=/dev/null
. "$folder/edit" >/dev/null
wait_for "  Zeek - new.demo.example Intel::DOMAIN MISP-"
kill "$demo"
wait "$demo"
