#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# compose.sh ROOT: docker compose accepts our files, the one beside misp-docker merged into a stand-in
# for misp-docker's own, and the merged model holds what the overlay promises.
set -euo pipefail
root=$(realpath "$1")
faults=0

if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif docker-compose version --short >/dev/null 2>&1; then
  compose=(docker-compose)
else
  echo "skipped: no docker compose on this machine"
  exit 77
fi
echo "docker compose $("${compose[@]}" version --short)"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$root/tests/packaging/misp-docker.yaml" "$folder/docker-compose.yml"
mkdir "$folder/ssl"
cd "$folder"

# The commands of docs/install/docker.md, up to the engine that is not needed here.
awk '/^## / { section = $0 == "## Beside misp-docker" }
  /^```/ { on = section && /^```sh/; next } on' "$root/docs/install/docker.md" |
  sed -e "s|^git clone .*|ln -s '$root' misp-zeek|" -e 's|^editor |echo key >|' \
    -e 's|^docker compose \(.*\) up -d --build$|compose \1 --profile monitoring config >merged.yaml|' -e '/^docker compose .* ps$/d' >commands
grep -q 'config >merged' commands || {
  echo "docs/install/docker.md has no such commands"
  exit 1
}
compose() { "${compose[@]}" "$@"; }
[ "$(id -u)" -eq 0 ] || sed -i '/^chown /d' commands
# shellcheck source=/dev/null
. ./commands

# Debian 12 has docker-compose 1.29, which reads all of the files but the name of a project.
sed '/^name:/d' misp-zeek/docker/try.yaml >try.yaml
"${compose[@]}" -f try.yaml config --quiet

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

# Version 1 writes mounts in the short form.
expect misp-core '(target: |:)/custom/files/customize_misp\.sh' "the script that turns the feed on"
expect misp-core '/etc/nginx/certs' "what misp-docker's own file says"
expect misp-zeek 'condition: service_healthy' "a start that waits for health"
expect misp-zeek '^    read_only: true' "a read-only root"
expect misp-zeek 'no-new-privileges:true' "no-new-privileges"
expect misp-zeek '^ *- ALL$' "that all capabilities are dropped"
expect misp-zeek 'core: 0$|^ *core:$' "no core dumps"
expect misp-zeek "mem_limit: ['\"]?(4g|4294967296)" "a limit of memory"
expect misp-zeek 'pids_limit: 256' "a limit of threads"
expect misp-zeek 'source: misp_zeek_api_key' "the API key as a secret file"
expect misp-zeek '/var/lib/misp-zeek' "a volume for its state"
expect misp-zeek 'MISP_ZEEK_HTTP_ALLOWED_HOSTS: misp-zeek' "the name by which Prometheus reaches it"
expect zeek 'MISP_BROKER_ADDRESS: 0\.0\.0\.0' "an address where the service reaches Zeek"
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
