#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# match.sh [NAME]: shows that all works. A container beside the container `zeek` asks it for NAME, by DNS and by
# HTTP; Zeek's intel.log has the matches, and MISP the sighting. NAME is a domain for intrusion detection in
# MISP; without one, the first domain that Zeek holds is taken. Waits for it, at most 5 minutes.
#
# COMPOSE: the compose command to use, "docker compose" by default.
set -euo pipefail
read -ra compose <<<"${COMPOSE:-docker compose}"
name=${1-}

# misp-docker's file makes Compose warn of a hundred variables, each time.
compose() { "${compose[@]}" "$@" 2> >(grep -v level=warning >&2); }
in_service() { compose exec -T misp-zeek "$@"; }
sent() { in_service misp-zeek status --json | tr -d '\n' | sed -n 's/.*"sightings": *{[^}]*"sent": *\([0-9]*\).*/\1/p'; }
die() {
  echo "match: $*" >&2
  exit 1
}

compose exec -T zeek true 2>/dev/null ||
  die "the container zeek does not run (profile sensor): at a Zeek elsewhere, ask for $name and look into its intel.log"

domains() { in_service misp-zeek export 2>/dev/null | awk -F '\t' '$2 == "Intel::DOMAIN" { print $1 }'; }
held() { # -> the name, when Zeek holds it
  local list
  list=$(domains) || return 1
  if [ -n "$name" ]; then grep -Fx -- "$name" <<<"$list"; else head -n 1 <<<"$list" | grep .; fi
}
told=""
for ((left = 300; ; left -= 2)); do
  found=$(held) && break
  [ "$left" -gt 0 ] || die "Zeek does not hold ${name:-a domain}: $(in_service misp-zeek explain "${name:-.}" 2>&1 | head -n 3)"
  if [ -z "$told" ]; then
    told=1
    echo "waiting for ${name:-a domain} in MISP: Add Event, then Add Attribute: Network activity, domain," \
      "${name:-misp-zeek.example}, with 'for Intrusion Detection System'"
  fi
  sleep 2
done
name=$found
echo "Zeek holds $name."

before=$(sent)
# A DNS query and an HTTP request to the container zeek, by bash alone.
# shellcheck disable=SC2016
in_service bash -s -- "$name" <<'SH'
query='\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00'
IFS=. read -ra labels <<<"$1"
for label in "${labels[@]}"; do query+=$(printf '\\x%02x' "${#label}")$label; done
printf "$query"'\x00\x00\x01\x00\x01' >/dev/udp/zeek/53
exec 3<>/dev/tcp/zeek/9911
printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" >&3
cat <&3 >/dev/null
SH
echo "Asked for it by DNS and HTTP. Zeek's intel.log:"
for ((left = 60; ; left--)); do
  log=$(compose exec -T zeek sh -c 'cat rotated/intel* intel.log 2>/dev/null | grep -v "^#"' | grep -F -- "$name" || true)
  if [[ $log == *DNS::IN_REQUEST* && $log == *HTTP::IN_HOST_HEADER* ]]; then break; fi
  [ "$left" -gt 0 ] || die "no matches after 60 s; intel.log has: ${log:-nothing of $name}"
  sleep 1
done
tail -n 2 <<<"$log"
# The first match of a minute goes to MISP at once, the others at its end.
for ((left = 90; ; left--)); do
  after=$(sent)
  [ "${after:-0}" -le "${before:-0}" ] || break
  [ "$left" -gt 0 ] || die "no sighting after 90 s: $(in_service misp-zeek status | grep -i sighting)"
  sleep 1
done
echo "MISP has the sighting ($after since misp-zeek started)."
