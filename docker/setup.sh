#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# setup.sh: makes misp-docker ready for misp-zeek. Run in misp-docker's folder, again after each upgrade. Makes
# what is missing, and says what it does:
#
#   ssl/            a certificate with a name by which containers reach MISP; one of a CA stays as it is
#   misp-zeek.key   the API key, by make_key.sh, readable by the container's user 10180
#   .env            COMPOSE_FILE, so that `docker compose` takes compose.yaml too; unless MISP_ZEEK_ZEEK_ADDRESS
#                   names a Zeek elsewhere, the profile `sensor` and the word that lets it do without certificates;
#                   and the variables of the steps above
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { echo "setup: $*"; }
die() {
  echo "setup: $*" >&2
  exit 1
}
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

value_of() { # NAME -> as .env has it
  sed -n "s/^$1=//p" .env | tail -n 1 | sed -e "s/^[\"']//" -e "s/[\"']\$//"
}
set_value() { # NAME VALUE
  [ "$(value_of "$1")" != "$2" ] || return 0
  sed -i "/^$1=/d" .env
  [ -z "$(tail -c 1 .env)" ] || echo >>.env # its last line has no end
  echo "$1=$2" >>.env
  say ".env: $1=$2"
}

grep -qs '^  misp-core:' docker-compose.yml || die "run me in misp-docker's folder"
[ -f .env ] || die "first misp-docker's own set-up: cp template.env .env"
command -v openssl >/dev/null || die "openssl is not installed"
version=$(docker compose version --short 2>/dev/null) || die "docker has no 'docker compose'"
[ "$(printf '%s\n' 2.17 "${version#v}" | sort -V | head -n 1)" = 2.17 ] ||
  die "misp-docker needs Docker Compose 2.17 or later; this is $version"

# names_misp NAME: whether MISP's certificate has it.
names_misp() { as_root openssl x509 -in ssl/cert.pem -noout -checkhost "$1" | grep 'does match' >/dev/null; }

make_certificate() { # OPTION...: of openssl req
  local names=DNS:misp-core,DNS:localhost,IP:127.0.0.1,IP:::1
  [ -z "$base_host" ] || [ "$base_host" = localhost ] ||
    names+=,$([[ $base_host =~ ^[0-9.]+$|: ]] && echo IP || echo DNS):$base_host
  as_root openssl req -x509 -nodes -days 825 -subj /CN=misp-core -addext "subjectAltName=$names" \
    -out ssl/cert.pem "$@" 2>/dev/null
  certificate_is_new=1
}

is_misp_dockers() {
  local subject issuer
  subject=$(as_root openssl x509 -in ssl/cert.pem -noout -subject -nameopt RFC2253)
  issuer=$(as_root openssl x509 -in ssl/cert.pem -noout -issuer -nameopt RFC2253)
  [ "$subject" = subject=CN=localhost ] && [ "$issuer" = issuer=CN=localhost ]
}

use_certificate_of_a_ca() {
  local name bundle
  name=$base_host
  if [ -z "$name" ] || ! names_misp "$name"; then
    name=$(as_root openssl x509 -in ssl/cert.pem -noout -ext subjectAltName | tr -s ', ' '\n' |
      sed -n 's/^DNS:\([^*]*\)$/\1/p' | head -n 1)
  fi
  [ -n "$name" ] || die "ssl/cert.pem has no name that a container can use: set MISP_ZEEK_MISP_HOST in .env"
  say "ssl/cert.pem stays: containers will know MISP as $name"
  set_value MISP_ZEEK_MISP_HOST "$name"
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [ -f "$bundle" ] &&
      as_root openssl verify -CAfile "$bundle" -untrusted ssl/cert.pem ssl/cert.pem >/dev/null 2>&1; then
      set_value MISP_ZEEK_CA_FILE "$bundle"
      return
    fi
  done
  say "its CA is not one of the system's: trusting the certificate itself (MISP_ZEEK_CA_FILE)"
}

certificate() {
  as_root mkdir -p ssl
  if as_root test -e ssl/cert.pem && as_root test -e ssl/key.pem; then
    if names_misp misp-core; then
      return
    elif is_misp_dockers; then
      as_root cp -p ssl/cert.pem ssl/cert.pem.before-misp-zeek
      make_certificate -key ssl/key.pem
      say "ssl/cert.pem: misp-docker's own, made again with the same key and the name misp-core"
    else
      use_certificate_of_a_ca
    fi
  else
    make_certificate -newkey rsa:4096 -keyout ssl/key.pem
    say "ssl/cert.pem: made, with the names misp-core and localhost${base_host:+ and $base_host}"
  fi
}

compose_file() {
  local files overlay="$source/docker/compose.yaml"
  files=$(value_of COMPOSE_FILE)
  if [ -z "$files" ]; then
    files=docker-compose.yml
    # What compose takes by itself only while COMPOSE_FILE is not set.
    [ ! -f docker-compose.override.yml ] || files+=:docker-compose.override.yml
  fi
  [[ :$files: == *":$overlay:"* ]] || files+=:$overlay
  set_value COMPOSE_FILE "$files"
  [ "$source" = misp-zeek ] || set_value MISP_ZEEK_SOURCE "$(realpath -s "$here/..")"
}

profile() {
  local profiles
  profiles=$(value_of COMPOSE_PROFILES)
  if [ -n "$(value_of MISP_ZEEK_ZEEK_ADDRESS)" ]; then
    return
  fi
  [ -n "$(value_of MISP_ZEEK_ZEEK_CERTIFICATE)" ] || set_value MISP_ZEEK_ZEEK_ALLOW_UNAUTHENTICATED true
  if [ -z "$profiles" ]; then
    set_value COMPOSE_PROFILES sensor
  elif [[ ,$profiles, == *,misp-guard,* ]]; then
    # misp-core looks whether COMPOSE_PROFILES is this word and nothing else.
    say "COMPOSE_PROFILES=$profiles stays: start with docker compose --profile misp-guard --profile sensor up -d"
  elif [[ ,$profiles, != *,sensor,* ]]; then
    set_value COMPOSE_PROFILES "$profiles,sensor"
  fi
}

source=$(realpath -s --relative-to=. "$here/..")
base_host=$(value_of BASE_URL | sed -E 's,^https?://,,; s,[:/].*,,')
certificate_is_new=""
certificate
compose_file
profile
set_value MISP_ZEEK_REVISION "$(git -c safe.directory='*' --git-dir "$here/../.git" rev-parse HEAD 2>/dev/null || echo unknown)"
key=$(value_of MISP_ZEEK_API_KEY_FILE)
if as_root test -s "${key:-misp-zeek.key}"; then
  as_root chown 10180 "${key:-misp-zeek.key}"
else
  "$here/make_key.sh" "${key:-misp-zeek.key}"
fi
[ -z "$certificate_is_new" ] || [ -z "$(docker compose ps -q misp-core 2>/dev/null)" ] ||
  say "MISP takes up its new certificate when 'docker compose up -d' makes misp-core again"
say "ready: docker compose up -d"
