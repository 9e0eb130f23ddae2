#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# make_key.sh [FILE]: in misp-docker's folder, while MISP runs. Makes a role of least rights, a user with that
# role and its API key in MISP, and puts the key into FILE (misp-zeek.key), readable by the container's
# user 10180 alone. Run again, it makes a new key for the same user; the old one ends.
#
# It needs the key of a site administrator: MISP_ADMIN_KEY, or ADMIN_KEY of .env, or the one that misp-core
# says in its log when it is new. Email of the user: MISP_ZEEK_EMAIL (misp-zeek@misp-zeek.local).
set -euo pipefail
file=${1:-misp-zeek.key}
email=${MISP_ZEEK_EMAIL:-misp-zeek@misp-zeek.local}
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

by_hand() {
  cat >&2 <<TXT
make_key: $1
  In MISP: 1. Administration > Add Role: tick "Auth key access" and "Sighting creator", nothing else.
           2. Administration > Add User: with that role.
           3. That user's page > Auth keys > Add authentication key: copy it.
  Then:    install -m 400 -o 10180 /dev/stdin $file     (paste the key, Enter, Ctrl-D)
  Or run me again as: MISP_ADMIN_KEY=KEY $0
TXT
  exit 1
}

[ -n "$(docker compose ps -q misp-core 2>/dev/null)" ] || by_hand "misp-core does not run"
admin_key=${MISP_ADMIN_KEY:-$(sed -n "s/^ADMIN_KEY=[\"']\{0,1\}\([[:alnum:]]\{40\}\).*/\1/p" .env 2>/dev/null | tail -n 1)}
[ -n "$admin_key" ] || admin_key=$(docker compose logs --no-log-prefix misp-core 2>/dev/null |
  sed -n "s/.*admin user key set to '\([[:alnum:]-]*\)'.*/\1/p" | tail -n 1)
[ -n "$admin_key" ] || by_hand "no administrator's key in MISP_ADMIN_KEY, .env or misp-core's log"

# Runs in misp-core; keys are in no command line but MISP's own.
# shellcheck disable=SC2016
inside='
api() { # PATH [JSON]
  printf "header = \"Authorization: %s\"\nheader = \"Accept: application/json\"\nheader = \"Content-Type: application/json\"\n" "$admin_key" |
    curl -sS -k -K - ${2:+--data "$2"} "https://localhost/$1"
}
id_of() { # FIELD VALUE <JSON: the id of the first object that has it, however deep
  jq -r --arg field "$1" --arg value "$2" "[.. | objects | select(.[\$field]? == \$value) | .id] | first // empty"
}
made_id() { jq -r "[.. | objects | select(.id?) | .id] | first // empty"; }
fail() { echo "make_key: MISP says: $1" >&2; exit 1; }

roles=$(api roles/index.json) || exit 1
role=$(id_of name misp-zeek <<<"$roles" 2>/dev/null) || fail "${roles:0:200}"
if [ -z "$role" ]; then
  reply=$(api admin/roles/add "{\"name\": \"misp-zeek\", \"perm_auth\": 1, \"perm_sighting\": 1}")
  role=$(made_id <<<"$reply" 2>/dev/null) && [ -n "$role" ] || fail "${reply:0:200}"
  echo "make_key: made the role misp-zeek: API key and sightings, nothing else" >&2
fi
users=$(api admin/users/index.json)
if [ -z "$(id_of email "$email" <<<"$users" 2>/dev/null)" ]; then
  reply=$(api admin/users/add "{\"email\": \"$email\", \"role_id\": \"$role\", \"change_pw\": 0, \"termsaccepted\": 1, \"autoalert\": 0}")
  [ -n "$(id_of email "$email" <<<"$reply" 2>/dev/null)" ] || fail "${reply:0:200}"
  echo "make_key: made the user $email in the administrator'"'"'s organisation" >&2
fi
sudo -u www-data /var/www/MISP/app/Console/cake User change_authkey "$email" | awk "END { print \$NF }"
'
key=$({ printf 'admin_key=%q email=%q\n' "$admin_key" "$email"; echo "$inside"; } |
  docker compose exec -T misp-core bash -s) || by_hand "MISP did not make the user"
[[ $key =~ ^[[:alnum:]-]{40}$ ]] || by_hand "MISP made no key"
as_root install -m 400 -o 10180 -g 0 /dev/stdin "$file" <<<"$key"
echo "make_key: $file has the key of $email"
