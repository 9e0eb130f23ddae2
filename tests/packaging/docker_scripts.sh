#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docker_scripts.sh ROOT: what docker/ has to run on the host, in misp-core and in Zeek's container, on stand-ins for
# docker, MISP's API and its console.
set -euo pipefail
root=$(realpath "$1")
[ "$(id -u)" -eq 0 ] || {
  echo "skipped: only root can give a file to the container's user"
  exit 77
}
command -v jq >/dev/null || {
  echo "skipped: no jq on this machine"
  exit 77
}
folder=$(mktemp -d)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
fail() {
  echo "FAILED: $*"
  cat "$folder/output" 2>/dev/null || true
  exit 1
}

# ---- stand-ins ----
bin="$folder/bin"
mkdir "$bin"
cat >"$bin/docker" <<'SH'
#!/bin/bash
here=$(dirname "$(dirname "$0")")
case "$*" in
  "compose version --short") echo 2.26.1-4 ;;
  "compose ps -q misp-core") cat "$here/runs" ;;
  "compose logs --no-log-prefix misp-core") echo "... admin user key set to 'log0key000000000000000000000000000000000'" ;;
  "compose exec -T misp-core bash -s") PATH="$here/inside:$PATH" exec bash -s ;;
  *) exit 1 ;;
esac
SH
mkdir "$folder/inside"
# curl's configuration comes on its standard input, with the key in it.
cat >"$folder/inside/curl" <<'SH'
#!/bin/bash
here=$(dirname "$(dirname "$0")")
echo "$* $(grep -o 'Authorization: [^"]*')" >>"$here/asked"
case ${*: -1} in
  */roles/index.json) cat "$here/roles" ;;
  */admin/roles/add) echo '{"Role": {"id": "7", "name": "misp-zeek"}}' ;;
  */admin/users/index.json) cat "$here/users" ;;
  */admin/users/add) echo '{"User": {"id": "3", "email": "misp-zeek@misp-zeek.local"}}' ;;
esac
SH
cat >"$folder/inside/sudo" <<'SH'
#!/bin/bash
echo "$*" >>"$(dirname "$(dirname "$0")")/console"
echo "Old authentication keys disabled and new key created: 0123456789012345678901234567890123456789"
SH
chmod +x "$bin/docker" "$folder"/inside/*
PATH="$bin:$PATH"
echo '[]' | tee "$folder/roles" >"$folder/users"
: >"$folder/runs"

fresh() { # misp-docker after its own set-up
  rm -rf "$folder/misp-docker" "$folder/asked" "$folder/console"
  mkdir "$folder/misp-docker"
  cd "$folder/misp-docker"
  cp "$root/tests/packaging/misp-docker.yaml" docker-compose.yml
  printf 'BASE_URL=%s\nADMIN_KEY=\nCOMPOSE_PROFILES=%s' "${1-}" "${2-}" >.env # without an end of the last line
  ln -s "$root" misp-zeek
}
setup() { misp-zeek/docker/setup.sh >"$folder/output" 2>&1; }
has() { grep -qx -- "$1" .env || fail ".env lacks $1: $(cat .env)"; }
covers() { # NAME...
  local name
  for name in "$@"; do
    openssl x509 -in ssl/cert.pem -noout -checkhost "$name" | grep -q 'does match' || return 1
  done
}

# ---- setup.sh: nothing is there, and MISP does not run ----
fresh
! setup || fail "set-up without a key says that all is well"
grep -q 'Administration > Add Role' "$folder/output" || fail "it does not say how to make the key"
covers misp-core localhost || fail "the certificate lacks a name"
has COMPOSE_FILE=docker-compose.yml:misp-zeek/docker/compose.yaml
has COMPOSE_PROFILES=sensor
has MISP_ZEEK_ZEEK_ALLOW_UNAUTHENTICATED=true
echo key >misp-zeek.key
setup || fail "set-up"
[ "$(stat -c %u misp-zeek.key)" = 10180 ] || fail "the key is not the container's"
cp .env before
cp ssl/cert.pem certificate
setup || fail "set-up again"
cmp -s .env before || fail "set-up again changes .env"
cmp -s ssl/cert.pem certificate || fail "set-up again changes the certificate"

# ---- it runs, with the certificate that misp-docker makes ----
fresh https://misp.example.org:8443
echo id >"$folder/runs"
mkdir ssl
openssl req -x509 -subj /CN=localhost -nodes -newkey rsa:2048 -days 365 -keyout ssl/key.pem -out ssl/cert.pem \
  -addext "subjectAltName = DNS:localhost, IP:127.0.0.1" 2>/dev/null
cp ssl/key.pem key.before
setup || fail "set-up of a MISP that runs"
covers misp-core localhost misp.example.org || fail "misp-docker's certificate lacks a name"
cmp -s ssl/key.pem key.before || fail "the certificate's key is another one"
[ -e ssl/cert.pem.before-misp-zeek ] || fail "the old certificate is gone"
[ "$(cat misp-zeek.key)" = 0123456789012345678901234567890123456789 ] || fail "misp-zeek.key"
[ "$(stat -c '%u %a' misp-zeek.key)" = "10180 400" ] || fail "misp-zeek.key: $(stat -c '%u %a' misp-zeek.key)"
grep -q 'perm_auth.*perm_sighting.*/admin/roles/add Authorization: log0key' "$folder/asked" || fail "the role: $(cat "$folder/asked")"
grep -q '"role_id": "7".*/admin/users/add' "$folder/asked" || fail "the user: $(cat "$folder/asked")"
! grep -q 'log0key.*https' "$folder/asked" || fail "the administrator's key is in curl's command line"
grep -q 'change_authkey misp-zeek@misp-zeek.local' "$folder/console" || fail "the key"

# ---- role and user are there already; the administrator's key is in .env ----
sed -i 's/^ADMIN_KEY=/&env0key000000000000000000000000000000000/' .env
echo '[{"Role": {"id": "9", "name": "misp-zeek"}}]' >"$folder/roles"
echo '[{"User": {"id": "3", "email": "misp-zeek@misp-zeek.local"}, "Role": {"id": "9"}}]' >"$folder/users"
rm misp-zeek.key "$folder/asked"
setup || fail "set-up with a user that is there"
! grep -q '/add' "$folder/asked" || fail "made again: $(cat "$folder/asked")"
grep -q 'Authorization: env0key' "$folder/asked" || fail "not .env's key: $(cat "$folder/asked")"
# MISP refuses.
echo '{"message": "Authentication failed."}' >"$folder/roles"
echo '{"message": "Authentication failed."}' >"$folder/users"
sed -i 's|"Role": {"id": "7", "name": "misp-zeek"}|"message": "refused"|' "$folder/inside/curl"
rm misp-zeek.key
! setup || fail "a refused key makes a key"
grep -q 'MISP says: .*refused' "$folder/output" || fail "it does not say why"

# ---- a certificate of a CA, an override file, misp-guard ----
fresh https://misp.example.org misp-guard
mkdir ssl
openssl req -x509 -subj /CN=ca -nodes -newkey rsa:2048 -keyout ca.key -out ca.pem 2>/dev/null
openssl req -subj /CN=x -nodes -newkey rsa:2048 -keyout ssl/key.pem -out request 2>/dev/null
openssl x509 -req -in request -CA ca.pem -CAkey ca.key -out ssl/cert.pem \
  -extfile <(echo 'subjectAltName=DNS:*.example.org,DNS:misp.example.org') 2>/dev/null
cp ssl/cert.pem certificate
touch docker-compose.override.yml
echo key >misp-zeek.key
setup || fail "set-up with a CA's certificate"
cmp -s ssl/cert.pem certificate || fail "a CA's certificate was replaced"
has MISP_ZEEK_MISP_HOST=misp.example.org
has COMPOSE_FILE=docker-compose.yml:docker-compose.override.yml:misp-zeek/docker/compose.yaml
has COMPOSE_PROFILES=misp-guard
grep -q -- '--profile misp-guard --profile sensor' "$folder/output" || fail "it does not say how to start both"

# ---- a Zeek elsewhere ----
fresh "" other
echo MISP_ZEEK_ZEEK_ADDRESS=sensor.example >>.env
sed -i 's/^COMPOSE_PROFILES=other/&\n/' .env
echo key >misp-zeek.key
setup || fail "set-up with a Zeek elsewhere"
has COMPOSE_PROFILES=other
! grep -q ALLOW_UNAUTHENTICATED .env || fail "a Zeek elsewhere needs no certificates"
cd /
! "$root/docker/setup.sh" >"$folder/output" 2>&1 || fail "it runs anywhere"

# ---- misp-core: not before MISP is set up ----
mkdir "$folder/misp-core"
cp "$root/docker/misp-core/after_setup.sh" "$folder/misp-core"
printf '#!/bin/sh\ntouch "%s/on"\n' "$folder" >"$folder/misp-core/customize_misp.sh"
cat >"$folder/entrypoint" <<SH
#!/bin/bash
cp "$(command -v sleep)" "$folder/nginx"
"$folder/nginx" 60 &
echo \$! >"$folder/nginx.pid"
sleep 3
touch "$folder/set_up"
wait
SH
chmod +x "$folder"/misp-core/* "$folder/entrypoint"
"$folder/entrypoint" &
children+=($!)
MISP_ENTRYPOINT="$folder/entrypoint" MISP_QUIET_SECONDS=2 "$folder/misp-core/after_setup.sh" >"$folder/output" &
children+=($!)
for _ in $(seq 100); do
  [ ! -e "$folder/on" ] || break
  [ -e "$folder/set_up" ] || early=1
  sleep 0.1
done
children+=("$(cat "$folder/nginx.pid")")
[ -e "$folder/on" ] || fail "the feed is not turned on once MISP is set up"
[ -n "${early-}" ] || fail "it was not looked at before MISP was set up"
[ "$(stat -c %Y "$folder/on")" -gt "$(stat -c %Y "$folder/set_up")" ] || fail "the feed was turned on too early"

# ---- Zeek's logs ----
mkdir -p "$folder/logs/rotated"
cd "$folder/logs"
for number in 1 2 3 4; do
  head -c 600000 /dev/zero >"rotated/conn-$number.log"
  touch -d "2024-01-0$number" "rotated/conn-$number.log"
done
ZEEK_LOGS_MB=2 "$root/docker/zeek/keep_logs.sh" rotated/conn-4.log conn
[ "$(echo rotated/*)" = "rotated/conn-2.log rotated/conn-3.log rotated/conn-4.log" ] || fail "logs: $(echo rotated/*)"
cd /
echo "all scripts of docker/ do as they say"
