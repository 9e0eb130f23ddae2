#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# dockerfile.sh FILE ROOT: what a Dockerfile of ours must hold; one line for each fault.
set -euo pipefail
file=$1 root=$2
faults=0

fault() {
  echo "$file: $*"
  faults=$((faults + 1))
}

# Instructions on one line each, without comments.
instructions=$(sed -e '/^[[:space:]]*#/d' "$file" |
  awk '/\\$/ { sub(/\\$/, ""); held = held $0; next } { print held $0; held = "" }' |
  sed -e 's/[[:space:]]\+/ /g' -e '/^ *$/d')
stages=$(sed -n 's/^FROM .* AS //p' <<<"$instructions")

check_run() {
  [[ $1 != *apt-get*install* || $1 == *--no-install-recommends* ]] ||
    fault "apt-get install without --no-install-recommends"
  [[ $1 != *apt-get*install* || $1 == *"apt-get update"* ]] ||
    fault "apt-get install without apt-get update in the same layer"
  [[ $1 != *"apt-get update"* || $1 == *"rm -rf /var/lib/apt/lists/*"* ]] ||
    fault "the lists of packages stay in a layer"
}

check_copy() {
  local source
  [[ $1 != --from=* ]] || return 0
  for source in ${1% *}; do # all words but the last
    [ -e "$root/$source" ] || fault "COPY of $source, which is not there"
  done
}

while read -r instruction rest; do
  case $instruction in
    FROM)
      image=${rest%% *}
      grep -qx "$image" <<<"$stages" || [[ $image == *:* && $image != *:latest* ]] ||
        fault "FROM $image has no fixed version"
      [[ $rest == *" AS "* ]] || fault "FROM $image has no stage name"
      ;;
    RUN) check_run "$rest" ;;
    COPY) check_copy "$rest" ;;
    ENV | ARG)
      [[ ! ${rest%%=*} =~ KEY|PASSWORD|SECRET|TOKEN ]] || fault "$instruction with a secret: ${rest%%=*}"
      ;;
    WORKDIR) [[ $rest == /* ]] || fault "WORKDIR $rest is relative" ;;
    CMD | ENTRYPOINT) [[ $rest == \[* ]] || fault "$instruction is not in exec form" ;;
    LABEL | USER | EXPOSE | VOLUME | HEALTHCHECK) ;;
    *) fault "unexpected instruction $instruction" ;;
  esac
done <<<"$instructions"

# Without --target, the service is built.
[[ $(tail -n 1 <<<"$instructions") == "FROM service AS "* ]] || fault "the last stage is not the service"
last=$(awk '/^FROM / { on = $NF == "service" } on' <<<"$instructions")
user=$(awk '$1 == "USER" { user = $2 } END { print user }' <<<"$last")
[[ $user =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fault "the service runs as \"$user\", not as a fixed id"
grep -q '^HEALTHCHECK .*/readyz' <<<"$last" || fault "no HEALTHCHECK on /readyz"
for label in title description licenses version revision; do
  grep -q "org.opencontainers.image.$label=" <<<"$last" || fault "no OCI label $label"
done
grep -q '^RUN misp-zeek version' <<<"$last" || fault "the image does not try the program"

grep -qx "ARG VERSION=$(cat "$root/VERSION")" <<<"$last" || fault "ARG VERSION is not what the file VERSION says"

# Builders without BuildKit know no more than this; the build must not take all memory; what is not compiled
# must not be where the compiler's layer is.
! grep -E '^(RUN|COPY) --(mount|link|chmod|parents)' <<<"$instructions" || fault "an instruction that needs BuildKit"
# shellcheck disable=SC2016
! grep -E 'cmake --build' <<<"$instructions" | grep -v -- '-j "$(cmake/parallel_jobs.sh)"' ||
  fault "a build that is not bounded"
compiled=$(awk '/^FROM / { on = $NF == "build" || $NF == "toolchain" } /cmake --build/ { on = 0 } on' <<<"$instructions")
! grep -E '^COPY (\.|docker|README|docs|tests|dev) ' <<<"$compiled" || fault "a layer of the compiler with more than sources"

[ "$faults" -eq 0 ]
