#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# compose.sh ROOT: docker compose accepts our files, the one beside misp-docker merged into a stand-in
# for misp-docker's own, and the merged model holds what the overlay promises.
set -euo pipefail
root=$(realpath "$1")
faults=0

# Debian 12 has docker-compose 1.29, which knows less.
if docker-compose version --short >/dev/null 2>&1; then
  docker-compose -f "$root/docker/try.yaml" config --quiet
fi
docker compose version >/dev/null 2>&1 || {
  echo "skipped: no docker compose on this machine"
  exit 77
}
echo "docker compose $(docker compose version --short)"
docker compose -f "$root/docker/try.yaml" config --quiet

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cp "$root/tests/packaging/misp-docker.yaml" docker-compose.yml
# As after misp-docker's own set-up, and no more; the key as made by hand.
echo BASE_URL= >.env
echo key >misp-zeek.key
ln -s "$root" misp-zeek
if [ "$(id -u)" -ne 0 ]; then
  mkdir bin
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n[ "$1" = chown ] || exec "$@"\n' >bin/sudo
  chmod +x bin/sudo
  PATH="$PWD/bin:$PATH"
fi
misp-zeek/docker/setup.sh
docker compose --profile monitoring --profile sensor config >merged.yaml

service() { # NAME -> its part of the merged file
  awk -v name="  $1:" '/^[^ ]/ { part = $0; on = 0 } /^  [^ ]/ { on = part == "services:" && $0 == name } on' \
    merged.yaml
}
expect() { # SERVICE PATTERN WHAT
  service "$1" | grep -Eq -- "$2" || {
    echo "the merged service $1 lacks: $3"
    faults=$((faults + 1))
  }
}
refuse() { # PATTERN WHAT
  ! grep -Eq -- "$1" merged.yaml || {
    echo "the merged file has: $2"
    faults=$((faults + 1))
  }
}

expect misp-core 'target: /etc/supervisor/conf\.d/60-misp-zeek\.conf' "the program that turns the feed on"
refuse 'target: /custom' "a mount where the user's own customize_misp.sh is"
expect misp-core '/etc/nginx/certs' "what misp-docker's own file says"
expect misp-zeek 'condition: service_started' "a start that waits for nobody's health"
expect misp-zeek 'pull_policy: build' "that up builds it"
expect misp-zeek '^    read_only: true' "a read-only root"
expect misp-zeek 'no-new-privileges:true' "no-new-privileges"
expect misp-zeek '^ *- ALL$' "that all capabilities are dropped"
expect misp-zeek 'core: 0$|^ *core:$' "no core dumps"
expect misp-zeek "mem_limit: ['\"]?(4g|4294967296)" "a limit of memory"
expect misp-zeek 'pids_limit: 256' "a limit of threads"
expect misp-zeek 'source: misp_zeek_api_key' "the API key as a secret file"
expect misp-zeek '/var/lib/misp-zeek' "a volume for its state"
expect misp-zeek 'MISP_ZEEK_HTTP_ALLOWED_HOSTS: misp-zeek' "the name by which Prometheus reaches it"
expect misp-zeek 'target: /etc/misp-zeek' "a folder for any other key"
expect zeek '^ *- sensor$' "the profile"
expect zeek 'MISP_BROKER_ADDRESS: 0\.0\.0\.0' "an address where the service reaches Zeek"
expect zeek 'MISP_ALLOW_UNAUTHENTICATED: .false' "certificates where nobody says that none are needed"
expect prometheus 'misp-zeek\.rules\.yaml' "the alert rules"
expect grafana 'grafana-dashboard\.json' "the dashboard"
refuse 'published: "?50000|50000:50000' "a published feed port"
refuse 'container_name' "fixed container names"
refuse 'MISP_ZEEK_MISP_API_KEY:' "the API key in the environment"

# What is mounted from this repository is there: compose would make a folder of it instead.
grep -Eo '(source:|-) /.*/misp-zeek/.*' merged.yaml | sed -E 's/^(source:|-) //; s/:.*//' | sort -u | while read -r source; do
  [ -e "$source" ] || {
    echo "mounted, but not there: $source"
    exit 1
  }
done

[ "$faults" -eq 0 ]
