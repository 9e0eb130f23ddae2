# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by run.sh: docker/compose.yaml beside misp-docker, as a person with a running misp-docker has it. Each case
# leaves misp-core, misp-zeek and zeek running and in sync.

beside() { in_engine /srv/misp-docker "$@"; }
compose() { beside docker compose "$@" 2> >(grep -v 'level=warning' >&2); }
service_log() { compose logs --no-log-prefix misp-zeek; }
ready() { compose exec -T misp-zeek curl -fsS http://127.0.0.1:9180/readyz; }
check_of() { # NAME -> its message in /readyz
  compose exec -T misp-zeek curl -sS http://127.0.0.1:9180/readyz | python3 -c '
import json, sys
print([c["message"] for c in json.load(sys.stdin)["checks"] if c["name"] == sys.argv[1]][0])' "$1"
}
misp() { # PATH [JSON]: as an analyst
  compose exec -T misp-core curl -sS -k -H 'Authorization: misp-sim-key-0123456789abcdefghijklmnopq' \
    -H 'Content-Type: application/json' ${2:+-d "$2"} "https://localhost/$1"
}
add_domain() { misp attributes/add/1 "{\"type\": \"domain\", \"value\": \"$1\", \"to_ids\": true}"; }
zeek_holds() { compose exec -T misp-zeek misp-zeek export | cut -f 1 | grep -Fx "$1"; }
set_env() { # NAME VALUE; without a value it goes
  sed -i "/^$1=/d" "$shared/misp-docker/.env"
  [ -z "${2-}" ] || echo "$1=$2" >>"$shared/misp-docker/.env"
}
edit_env() {
  while [ $# -gt 0 ]; do
    set_env "$1" "$2"
    shift 2
  done
}
# In misp-core's mounted folder, where the stand-in looks.
stand_in() { echo "$1" >"$shared/misp-docker/configs/stand-in"; }

# A fresh clone, misp-docker's own set-up, a customize_misp.sh of its user, and MISP runs.
start_misp_docker() {
  rm -rf "$shared/misp-docker"
  git clone -q "$misp_docker" "$shared/misp-docker"
  cd "$shared/misp-docker" || return
  cp template.env .env
  mkdir -p own/files
  printf '#!/bin/sh\necho "the own customize_misp.sh ran"\n' >own/files/customize_misp.sh
  chmod +x own/files/customize_misp.sh
  # As its README.md says it.
  # shellcheck disable=SC2016
  sed -i 's|^    # - "${CUSTOM_PATH}/:/custom/:Z"|      - "./own/:/custom/:Z"|' docker-compose.yml
  grep -q './own/:/custom' docker-compose.yml
  compose up -d
  wait_until 90 misp_is_live
  wait_until 30 eval 'compose logs misp-core | grep "INIT | Done"'
}
misp_is_live() { misp servers/getVersion | grep version; }

five_lines() { awk '/^```/ { if (on) exit; on = 1; next } on' "$source/docs/install/docker.md"; }

# paste LINE: as a person does, who asks again until it is well, and adds a domain when told to.
paste() {
  echo "\$ $1"
  case $1 in
    *" status") wait_until 120 beside bash -c "$1" ;;
    *match.sh)
      (
        sleep 5
        add_domain newcomer.example
      ) &
      beside bash -c "$1"
      ;;
    *) beside bash -c "$1" ;;
  esac
}

newcomer() {
  local line began=$SECONDS
  [ "$(five_lines | wc -l)" -eq 5 ] || fault "docs/install/docker.md begins with $(five_lines | wc -l) lines"
  : >"$shared/newcomer.log"
  while IFS= read -r line; do
    paste "${line/REPOSITORY//srv/misp-zeek}" </dev/null >>"$shared/newcomer.log" 2>&1 || {
      grep -v level=warning "$shared/newcomer.log" | tail -n 30
      fault "failed: $line"
    }
  done < <(five_lines)
  echo "measured: $((SECONDS - began)) s from the first line to the match"
  grep '^MISP has the sighting' "$shared/newcomer.log"
}

only_ours_are_built() {
  ! grep -E 'core/\.|misp-core.*building|load build definition from (core|modules|guard)' "$shared/newcomer.log"
  ! compose images misp-core | grep '<none>'
}

both_customizations_ran() {
  compose logs --no-log-prefix misp-core >"$shared/misp-core.log"
  grep -q 'the own customize_misp.sh ran' "$shared/misp-core.log"
  grep -q "misp-zeek: MISP's feed is on" "$shared/misp-core.log"
}

publishes_no_port() {
  [ -z "$(beside docker ps --filter name=misp-zeek --filter name=zeek --format '{{.Ports}}' | grep -e '->')" ]
}

edit_reaches_zeek() {
  local began id
  id=$(add_domain edit.example | grep -o '"id": *"[0-9]*"' | head -n 1 | tr -dc 0-9)
  began=$(date +%s%N)
  wait_until 20 zeek_holds edit.example
  echo "measured: $((($(date +%s%N) - began) / 1000000)) ms until 'export' shows it"
  wait_until 20 eval 'compose exec -T zeek grep -q "edit.example" misp.log'
  misp "attributes/delete/$id/1" '{}'
  wait_until 20 eval '! zeek_holds edit.example'
}

match_becomes_a_sighting() {
  add_domain match.example >/dev/null
  beside misp-zeek/docker/match.sh match.example 2>&1 | grep -v level=warning | tee "$shared/match.log"
  grep -q DNS::IN_REQUEST "$shared/match.log"
  grep -q HTTP::IN_HOST_HEADER "$shared/match.log"
  misp sightings/index/1 >"$shared/sightings.json"
  grep -q '"source"' "$shared/sightings.json"
}

stops_quickly() {
  local began
  began=$(date +%s%N)
  compose stop misp-zeek
  began=$((($(date +%s%N) - began) / 1000000))
  echo "measured: $began ms"
  [ "$began" -lt 5000 ]
  [ "$(beside docker inspect -f '{{.State.ExitCode}}' "$(compose ps -aq misp-zeek)")" = 0 ]
  compose start misp-zeek
  wait_until 60 ready
}

# `up` while MISP is away for two minutes.
starts_while_misp_is_away() {
  compose down
  stand_in setup_seconds=120
  local began=$SECONDS
  compose up -d || fault "up failed"
  echo "measured: up took $((SECONDS - began)) s"
  [ "$(beside docker inspect -f '{{.State.Running}} {{.RestartCount}}' "$(compose ps -q misp-zeek)")" = "true 0" ]
  sleep 15
  check_of rest | grep -Ei 'MISP|waiting'
  check_of feed | grep -E 'tcp://misp-core:50000'
  check_of rest | grep -v 'MISP answers'
  wait_until 180 misp_is_live
  stand_in setup_seconds=3
  wait_until 90 ready
}

# Something else has taken the address when misp-core is made again.
survives_another_address() {
  local old new began network
  network=$(beside docker inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}' "$(compose ps -q misp-core)")
  old=$(beside docker inspect -f "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$(compose ps -q misp-core)")
  compose rm -fs misp-core
  beside docker run -d --rm --name occupant --network "$network" --ip "$old" stand-in:1 ||
    beside docker run -d --rm --name occupant --network "$network" stand-in:1
  compose up -d --no-deps misp-core
  wait_until 60 misp_is_live
  began=$(date +%s%N)
  wait_until 30 eval 'check_of rest | grep "MISP answers"'
  began=$((($(date +%s%N) - began) / 1000000))
  new=$(beside docker inspect -f "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$(compose ps -q misp-core)")
  beside docker rm -f occupant
  echo "measured: REST is back $began ms after MISP at another address"
  [ "$old" != "$new" ] || fault "the address is the same: $new"
  [ "$began" -le 5000 ]
  wait_until 60 ready
}

upgrades() {
  local before after
  before=$(compose exec -T misp-zeek misp-zeek export | wc -l)
  echo "# upgraded" >>"$shared/misp-docker/misp-zeek/docker/config/misp-zeek.toml"
  git -C "$shared/misp-docker/misp-zeek" -c user.name=t -c user.email=t@localhost commit -qam "docker: a change"
  beside misp-zeek/docker/setup.sh
  stand_in setup_seconds=30 # so that the set is there before MISP is
  compose up -d
  [ "$(beside docker inspect -f '{{index .Config.Labels "org.opencontainers.image.revision"}}' "$(compose ps -q misp-zeek)")" = \
    "$(git -C "$shared/misp-docker/misp-zeek" rev-parse HEAD)" ] || fault "the label has another revision"
  stand_in setup_seconds=3
  wait_until 90 ready
  after=$(compose exec -T misp-zeek misp-zeek export | wc -l)
  [ "$before" -eq "$after" ] || fault "$before lines before, $after after"
  service_log | grep -i 'last known set\|restored' || fault "the state of before was not taken up"
}

# one_reason CHECK PATTERN: `check --connect` and /readyz give the same reason for it.
says_one_reason() {
  local told
  wait_until 60 eval "check_of rest | grep '$1'"
  told=$(check_of zeek:zeek)
  compose exec -T misp-zeek misp-zeek check --connect >"$shared/connect.log" 2>&1 || true
  cat "$shared/connect.log"
  grep -E "^WRONG +MISP .*$1" "$shared/connect.log"
  grep -F "$told" "$shared/connect.log" || fault "/readyz says of Zeek: $told"
  ! grep "waiting for the package" "$shared/connect.log"
}

fresh_state() { # so that nothing is known yet
  compose rm -fs misp-zeek
  beside sh -c 'docker volume rm misp-docker_misp_zeek_state' >/dev/null
}

wrong_key() {
  fresh_state
  cp -p "$shared/misp-docker/misp-zeek.key" "$shared/good.key"
  echo wrong-key-0123456789 >"$shared/misp-docker/misp-zeek.key"
  compose up -d misp-zeek
  says_one_reason "key was refused"
  cat "$shared/good.key" >"$shared/misp-docker/misp-zeek.key"
  compose up -d --force-recreate --no-deps misp-zeek
  wait_until 60 ready
}

wrong_certificate() {
  fresh_state
  openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout /dev/null -out "$shared/misp-docker/other.pem" 2>/dev/null
  set_env MISP_ZEEK_CA_FILE ./other.pem
  compose up -d misp-zeek
  says_one_reason "certificate is not trusted"
  set_env MISP_ZEEK_CA_FILE
  compose up -d misp-zeek
  wait_until 60 ready
}

unreadable_key() {
  chown 0 "$shared/misp-docker/misp-zeek.key"
  compose up -d --force-recreate --no-deps misp-zeek
  wait_until 30 eval 'service_log | grep "cannot be read by user 10180"'
  beside misp-zeek/docker/setup.sh # as the page says
  compose up -d --force-recreate --no-deps misp-zeek
  wait_until 60 ready
}

zeek_elsewhere() {
  compose rm -fs zeek
  edit_env MISP_ZEEK_ZEEK_ADDRESS sensor.example:25763 COMPOSE_PROFILES ""
  compose up -d
  wait_until 30 eval 'service_log | grep "has a port in it"'
  edit_env MISP_ZEEK_ZEEK_ADDRESS 192.0.2.7 MISP_ZEEK_ZEEK_PORT 25763 MISP_ZEEK_ZEEK_NAME sensor-1 \
    MISP_ZEEK_ZEEK_TRANSPORT broker
  compose up -d
  [ -z "$(compose ps -q zeek 2>/dev/null)" ] || fault "the container zeek runs"
  wait_until 30 eval 'compose exec -T misp-zeek misp-zeek check | grep "address = \"192.0.2.7\""'
  compose exec -T misp-zeek misp-zeek check | grep 'port = 25763'
  # One mounted file has all keys.
  mkdir -p "$shared/misp-docker/my-config"
  printf '[mapping.types]\nsha512 = "file_hash"\n[[zeek]]\nname = "zeek"\naddress = "zeek"\n' \
    >"$shared/misp-docker/my-config/misp-zeek.toml"
  edit_env MISP_ZEEK_ZEEK_ADDRESS "" MISP_ZEEK_ZEEK_PORT "" MISP_ZEEK_ZEEK_NAME "" MISP_ZEEK_ZEEK_TRANSPORT "" COMPOSE_PROFILES sensor \
    MISP_ZEEK_CONFIG_DIR ./my-config
  compose up -d
  compose exec -T misp-zeek misp-zeek check | grep -A 1 '^\[mapping.types\]' | grep sha512
  edit_env MISP_ZEEK_CONFIG_DIR ""
  compose up -d
  wait_until 60 ready
}

overlay_cases() {
  if [ -z "$misp_docker" ]; then
    skip "the overlay" "no --misp-docker"
    return
  fi
  make_misp_bases >"$shared/misp-bases.log" 2>&1 || {
    tail -n 20 "$shared/misp-bases.log"
    check "stand-ins for misp-docker's images" false
    return
  }
  check "misp-docker alone" start_misp_docker
  check "a newcomer, from the first line to the match" newcomer
  if [ "$last" -ne 0 ]; then
    skip "the other cases of the overlay" "the newcomer did not get there"
    return
  fi
  check "only ours are built" only_ours_are_built
  check "the user's customize_misp.sh and ours both run" both_customizations_ran
  check "no port is published" publishes_no_port
  check "an edit reaches Zeek, and leaves it" edit_reaches_zeek
  check "a match becomes a sighting" match_becomes_a_sighting
  check "stop" stops_quickly
  check "up while MISP is away for 2 min" starts_while_misp_is_away
  check "misp-core at another address" survives_another_address
  check "upgrade" upgrades
  check "a wrong key" wrong_key
  check "a wrong certificate" wrong_certificate
  check "a key that the container may not read" unreadable_key
  check "a Zeek elsewhere, and a configuration of one's own" zeek_elsewhere
  compose down -v >/dev/null 2>&1 || true
}
