#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs_tls.sh ROOT SERVICE MISP_SIM: what docs/security.md says of certificates, of the feed's tunnel and of
# Broker is run as it stands there, with other folders and ports: MISP's feed through two stunnels and a
# real Zeek bring the service in sync, and whoever has no certificate gets nothing.
set -euo pipefail
root=$(realpath "$1") service=$(realpath "$2") misp_sim=$(realpath "$3")

zeek=""
for candidate in "$(command -v zeek || true)" /usr/local/zeek/bin/zeek /opt/zeek/bin/zeek; do
  [ ! -x "$candidate" ] || { zeek=$candidate; break; }
done
[ -n "$zeek" ] || { echo "skipped: no Zeek on this machine"; exit 77; }
"$service" version | grep -q '^broker 2' || { echo "skipped: this build's Broker does not speak to Zeek"; exit 77; }
for program in stunnel4 openssl curl python3; do
  command -v "$program" >/dev/null || { echo "skipped: no $program on this machine"; exit 77; }
done

folder=$(mktemp -d)
pids=()
finish() {
  local pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  wait
  rm -rf "$folder"
}
trap finish EXIT
fail() {
  echo "FAILED: $*"
  tail -n 20 "$folder"/*.log
  exit 1
}
start() { # LOG COMMAND...
  "${@:2}" >"$folder/$1.log" 2>&1 &
  pids+=($!)
}
wait_until() { # WHAT COMMAND...: at most 30 s
  for _ in $(seq 300); do
    ! "${@:2}" || return 0
    sleep 0.1
  done
  fail "not within 30 s: $1"
}
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
block() { "$here/docs_block.sh" "$root/docs/security.md" "$1" || fail "docs/security.md"; }
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

cd "$folder"
block '# Certificates: a CA for nothing else, and one certificate for each side.' >certificates.sh
ln -s "$service" misp-zeek
PATH=$folder:$PATH bash -e certificates.sh >certificates.log 2>&1 || fail "the certificates"
mv pki/* .
for name in misp.example.org zeek misp-zeek; do
  openssl verify -CAfile ca.pem "$name.pem" >/dev/null || fail "the certificate of $name"
done

start misp-sim "$misp_sim" --key misp-sim-key --ready-file misp.json
wait_until "MISP" test -s misp.json
port_in() { sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" misp.json; }
tunnel=$(free_port) feed=$(free_port)
block '; /etc/stunnel/misp-feed.conf at MISP' |
  sed "s|/etc/stunnel/|$folder/|; s|= 50001|= 127.0.0.1:$tunnel|; s|127.0.0.1:50000|127.0.0.1:$(port_in zmq_port)|" >server.conf
block '; /etc/stunnel/misp-feed.conf at the service' |
  sed "s|/etc/stunnel/|$folder/|; s|misp.example.org:50001|127.0.0.1:$tunnel|; s|127.0.0.1:50000|127.0.0.1:$feed|" >client.conf
for side in server client; do
  printf 'pid =\n' | cat - "$side.conf" >"$side.foreground.conf"
  start "stunnel-$side" stunnel4 "$folder/$side.foreground.conf"
done

zeek_port=$(free_port)
block '# Zeek: local.zeek' | sed "s|/etc/zeek/|$folder/|; s|0\.0\.0\.0|127.0.0.1|" >local.zeek
start zeek env MISP_BROKER_PORT="$zeek_port" MISP_WEBSOCKET_PORT=0 "$zeek" exit_only_after_terminate=T "$root/zeek/scripts" ./local.zeek

configuration() { # NAME HTTP_PORT ADDITION -> NAME.toml
  {
    echo "[misp]"
    echo "url = \"http://127.0.0.1:$(port_in http_port)\""
    echo "[misp.feed]"
    echo "endpoint = \"tcp://127.0.0.1:$feed\""
    echo "[filter]"
    echo 'max_age = "0"'
    echo "[http]"
    echo "listen = \"127.0.0.1:$2\""
    echo "$3" | sed "s|/etc/misp-zeek/|$folder/|; s|^address = .*|address = \"127.0.0.1\"\ntransport = \"broker\"\nport = $zeek_port|"
  } >"$1.toml"
}
ready() { curl -fsS -o ready.log "http://127.0.0.1:$1/readyz" 2>/dev/null; }
http=$(free_port)
configuration misp-zeek "$http" "$(block '# misp-zeek.toml: a Zeek that asks for certificates')"
start misp-zeek env MISP_ZEEK_MISP_API_KEY=misp-sim-key "$service" run -c misp-zeek.toml
wait_until "in sync over TLS" ready "$http"

# The publisher's greeting begins with 0xff.
greeting() { # ARGUMENTS... -> number of bytes
  (timeout 5 openssl s_client -quiet -connect "127.0.0.1:$tunnel" "$@" </dev/null 2>/dev/null || true) | head -c 1 | wc -c
}
[ "$(greeting -cert misp-zeek.pem -key misp-zeek.key)" = 1 ] || fail "the tunnel gives nothing to who has a certificate"
[ "$(greeting)" = 0 ] || fail "the tunnel gives the feed to who has no certificate"

# A certificate of another CA, and Zeek's CA is known.
mkdir other
(cd other && PATH=$folder:$PATH bash -e ../certificates.sh >certificates.log 2>&1 && mv pki/* .) || fail "the stranger's certificates"
http=$(free_port)
configuration stranger "$http" "$(block '# misp-zeek.toml: a Zeek that asks for certificates' |
  sed "s|/etc/misp-zeek/misp-zeek|$folder/other/misp-zeek|")"
start stranger env MISP_ZEEK_MISP_API_KEY=misp-sim-key "$service" run -c stranger.toml
refused() {
  curl -sS -o stranger-ready.log "http://127.0.0.1:$http/readyz?verbose" 2>/dev/null &&
    grep -q '"message": "sensor-1 .*does not complete the handshake' stranger-ready.log
}
wait_until "a stranger is refused by Zeek" refused
! ready "$http" || fail "a stranger is in sync"
