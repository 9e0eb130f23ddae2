#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# compose.sh ROOT: docker compose accepts our files, the one beside misp-docker merged into a stand-in
# for misp-docker's own, and the merged model holds what the overlay promises.
set -euo pipefail
root=$(realpath "$1")
faults=0

if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif docker-compose version --short 2>/dev/null | grep -q '^v\?2'; then
  compose=(docker-compose)
else
  echo "skipped: no docker compose 2 on this machine"
  exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$root/tests/packaging/misp-docker.yaml" "$folder/docker-compose.yml"
mkdir "$folder/ssl"
touch "$folder/ssl/cert.pem" "$folder/misp-zeek.key"
ln -s "$root" "$folder/misp-zeek"
cd "$folder"

"${compose[@]}" -f misp-zeek/docker/try.yaml config --quiet
"${compose[@]}" -f docker-compose.yml -f misp-zeek/docker/compose.yaml config >merged.yaml

expect() { # PATTERN WHAT
  grep -Eq -- "$1" merged.yaml || {
    echo "the merged file lacks: $2"
    faults=$((faults + 1))
  }
}
refuse() { # PATTERN WHAT
  ! grep -Eq -- "$1" merged.yaml || {
    echo "the merged file has: $2"
    faults=$((faults + 1))
  }
}

expect 'target: /custom/files/customize_misp.sh' "the settings script in misp-core"
expect 'condition: service_healthy' "a start that waits for health"
expect 'read_only: true' "a read-only root"
expect 'no-new-privileges:true' "no-new-privileges"
expect 'target: /run/secrets/misp_zeek_api_key' "the API key as a secret file"
refuse 'published: "?50000' "a published feed port"
refuse 'container_name' "fixed container names"
refuse 'MISP_ZEEK_MISP_API_KEY:' "the API key in the environment"

# What is mounted from this repository is there: compose would make a folder of it instead.
grep -o 'source: .*/misp-zeek/.*' merged.yaml | sed 's/^source: //' | sort -u | while read -r source; do
  [ -e "$source" ] || {
    echo "mounted, but not there: $source"
    exit 1
  }
done

[ "$faults" -eq 0 ]
