# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by run.sh: the images themselves, and docker/try.yaml as docs/install/docker.md has it.

in_clone() { in_engine /srv/misp-zeek "$@"; }

# as_shown OUTPUT SHOWN: each line of SHOWN, in which "..." is anything, is in OUTPUT, in this order.
as_shown() {
  python3 - "$1" "$2" <<'PY'
import re, sys
output, shown = (open(name).read().split("\n") for name in sys.argv[1:])
at = 0
for line in (line for line in shown if line.strip() not in ("", "...")):
    pattern = re.compile(r"\s*".join(map(re.escape, line.split())).replace(re.escape("..."), ".*"))
    while at < len(output) and not pattern.fullmatch(output[at].strip()):
        at += 1
    if at == len(output):
        sys.exit("not shown: " + line)
    at += 1
PY
}

# console_of HEADING -> the console block under it in docs/install/docker.md
console_of() {
  awk -v heading="## $1" '/^## / { section = $0 == heading } /^```/ { on = section && /^```console/; next } on' \
    "$source/docs/install/docker.md"
}

# run_as_shown COMMAND SHOWN_FILE: what asks for a state is asked for a minute, as a person would.
run_as_shown() {
  local attempts=1 output status
  output=$(mktemp)
  [[ $1 != *readyz* && $1 != *misp.log* ]] || attempts=120
  for ((; attempts > 0; attempts--)); do
    status=0
    in_clone bash -c "$1" >"$output" 2>&1 </dev/null || status=$?
    [ "$status" -ne 0 ] || ! as_shown "$output" "$2" >"$output.why" 2>&1 || return 0
    [ "$attempts" -eq 1 ] || sleep 0.5
  done
  echo "\$ $1"
  tail -n 20 "$output"
  cat "$output.why" 2>/dev/null
  return 1
}

build_image() { # TARGET
  in_clone docker build -f docker/Dockerfile --target "$1" -t "$(image_of "$1")" --build-arg "REVISION=$commit" \
    "${plain_progress[@]}" . >"$shared/build-$1.log" 2>&1 || {
    tail -n 25 "$shared/build-$1.log"
    return 1
  }
}
image_of() {
  case $1 in
    service) echo misp-zeek ;;
    zeek) echo misp-zeek-zeek ;;
    *) echo "$1" ;;
  esac
}

no_compiler_warns() {
  ! grep -E ': warning:|CMake (Deprecation )?Warning|CMP[0-9]+' "$shared"/build-{service,misp-sim}.log
}

# Bytes of ICU's data in an image, which knows all of Unicode; 0: it has none.
icu_data() { # IMAGE
  in_engine / docker run --rm --entrypoint sh "$1" -c 'stat -Lc %s /usr/lib/*/libicudata.so.* 2>/dev/null | sort -n' |
    tail -n 1 | grep . || echo 0
}

above_base() { # IMAGE MEGABYTES: ICU's data apart
  local base image icu
  base=$(in_engine / docker image inspect -f '{{.Size}}' debian:13-slim)
  image=$(in_engine / docker image inspect -f '{{.Size}}' "$1")
  icu=$(icu_data "$1")
  awk -v size=$((image - base - icu)) -v icu="$icu" -v most="$2" 'BEGIN {
    printf "measured: %.1f MB above the base, and %.1f MB of data of ICU\n", size / 1e6, icu / 1e6
    exit size > most * 1e6 }'
}

has_labels() {
  local label
  label() { in_engine / docker image inspect -f "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" misp-zeek; }
  [ "$(label version)" = "$(cat "$source/VERSION")" ] || fault "version: $(label version)"
  [ "$(label revision)" = "$commit" ] || fault "revision: $(label revision)"
}

# Without BuildKit a step is "Using cache", with it "CACHED".
compiles_nothing_for() { # FILE TARGET
  echo "# changed" >>"$shared/misp-zeek/$1"
  build_image "$2"
  git -C "$shared/misp-zeek" checkout -q "$1"
  grep -qE 'Using cache|CACHED' "$shared/build-$2.log" || fault "no layer is kept"
  ! grep -E 'Building CXX|\[[0-9]+/[0-9]+\] Building' "$shared/build-$2.log"
}

is_bounded() { # ninja's -j is what memory allows
  grep -q 'cmake --build /build -j "$(cmake/parallel_jobs.sh)"' "$source/docker/Dockerfile"
  [ "$("$source/cmake/parallel_jobs.sh")" -le "$(nproc)" ]
}

# What a newcomer pastes. Debian 12 has docker-compose, where the page has docker compose.
try_as_documented() {
  local command="" line began=$SECONDS
  local shown="$shared/shown"
  while IFS= read -r line; do
    if [[ $line == "\$ "* ]]; then
      [ -z "$command" ] || run_as_shown "$command" "$shown"
      command=${line#\$ }
      [ "$compose_command" = "docker compose" ] || command=${command//docker compose/$compose_command}
      [[ $command != *" down "* ]] || echo "measured: $((SECONDS - began)) s from the first line to the match"
      : >"$shown"
    else
      printf '%s\n' "$line" >>"$shown"
    fi
  done < <(console_of "Without MISP: try it")
  run_as_shown "$command" "$shown"
}

try_on_another_port() {
  in_clone python3 -c 'pass' 2>/dev/null || true
  in_clone env MISP_SIM_PORT=18080 MISP_ZEEK_PORT=19180 $compose_command -p other -f docker/try.yaml up -d >/dev/null 2>&1
  wait_until 30 in_clone curl -fsS http://127.0.0.1:19180/livez
  wait_until 30 in_clone curl -sS http://127.0.0.1:18080/
  in_clone $compose_command -p other -f docker/try.yaml down -v >/dev/null 2>&1
}

keeps_logs_bounded() {
  # Rotates every 2 s and keeps nothing: what is rotated must go.
  in_engine / docker run -d --name logs -e ZEEK_LOGS_MB=0 misp-zeek-zeek \
    zeek -i eth0 local Log::default_rotation_interval=2sec >/dev/null
  wait_until 60 in_engine / docker exec logs test -d rotated
  sleep 10
  local kept
  kept=$(in_engine / docker exec logs sh -c 'ls rotated | wc -l')
  in_engine / docker rm -f logs >/dev/null
  [ "$kept" -le 1 ] || fault "kept $kept rotated logs"
}

try_cases() {
  plain_progress=()
  compose_command="docker compose"
  ! in_engine / docker buildx version >/dev/null 2>&1 || plain_progress=(--progress plain)
  in_engine / docker compose version >/dev/null 2>&1 || compose_command=docker-compose
  echo "==> $place: $(in_engine / docker --version), $(in_engine / $compose_command version --short)," \
    "$([ ${#plain_progress[@]} -eq 0 ] && echo "without BuildKit" || echo "BuildKit")"
  check "image misp-sim" build_image misp-sim
  check "misp-sim is small" above_base misp-sim 60
  if [ -z "$zeek_prefix" ]; then
    skip "images misp-zeek and zeek, try.yaml, the overlay" "no --zeek"
    return
  fi
  check "image zeek" build_image zeek
  check "image misp-zeek" build_image service
  check "no compiler or CMake warns" no_compiler_warns
  check "the build's memory is bounded" is_bounded
  check "misp-zeek is small" above_base misp-zeek 38
  check "labels" has_labels
  check "a changed compose file compiles nothing" compiles_nothing_for docker/compose.yaml service
  check "a changed script for Zeek compiles nothing" compiles_nothing_for docker/zeek/container.zeek service
  check "Zeek's logs are bounded" keeps_logs_bounded
  check "try.yaml, from the first line to the match" try_as_documented
  check "try.yaml on other ports" try_on_another_port
}
