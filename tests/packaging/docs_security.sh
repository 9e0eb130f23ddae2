#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs_security.sh: inside the root that in_root.sh made, as root, while the package's service runs. The
# certificates, the tunnel as units of systemd, and HTTPS with a token, as docs/security.md has them, with
# both sides of the tunnel on one machine.
set -euo pipefail
cd "$(dirname "$0")"
misp_feed="" http="" tunnel=""
# shellcheck source=/dev/null
. ./ports
config=/etc/misp-zeek/misp-zeek.toml
fail() {
  echo "FAILED: $*"
  journalctl --no-pager -n 20 -u 'stunnel@*'
  exit 1
}
block() { bash docs_block.sh docs/security.md "$1"; }

apt-get install -q -y --no-install-recommends curl openssl stunnel4 >security.log 2>&1 || {
  cat security.log
  fail "apt-get install"
}
mkdir certificates
block '# Certificates: a CA for nothing else, and one certificate for each side.' >certificates/make.sh
(cd certificates && bash -e make.sh && mv pki/* .) >security.log 2>&1 || fail "the certificates"
cp certificates/{ca.pem,misp.example.org.pem,misp.example.org.key,misp-zeek.pem,misp-zeek.key} /etc/stunnel
install=$(grep -o 'misp-zeek certificates install pki --to /etc/misp-zeek --group misp-zeek' docs/security.md)
(cd certificates && bash -c "${install/ pki / . }") >security.log 2>&1 || fail "the certificates of the service"

# MISP's side listens on loopback here, and the service's side at the name's port of it.
block '; /etc/stunnel/misp-feed.conf at MISP' |
  sed "s|= 50001|= 127.0.0.1:$tunnel|; s|127.0.0.1:50000|127.0.0.1:$misp_feed|" >/etc/stunnel/misp-feed-misp.conf
client=$((tunnel == 65535 ? 65534 : tunnel + 1))
block '; /etc/stunnel/misp-feed.conf at the service' |
  sed "s|misp.example.org:50001|127.0.0.1:$tunnel|; s|127.0.0.1:50000|127.0.0.1:$client|" >/etc/stunnel/misp-feed.conf
systemctl enable --now --quiet stunnel@misp-feed-misp
systemctl enable --now --quiet stunnel@misp-feed

bash -e <(block '# A token for readers, on the machine of the service.')
sed -i -e '/^\[http\]/,$d' -e "s|^endpoint = .*|endpoint = \"tcp://127.0.0.1:$client\"|" $config
block '# misp-zeek.toml: HTTPS and a token' | sed "s|192\.0\.2\.10:9180|127.0.0.1:$http|" >>$config
systemctl restart misp-zeek
echo "127.0.0.1 misp-zeek" >>/etc/hosts

reader=$(block '# From the machine of a reader, who has ca.pem and the token.' | sed "s|misp-zeek:9180|misp-zeek:$http|")
answers() { # TOKEN
  (cd certificates && TOKEN=$1 bash -ec "${reader/curl/curl -fsS}") >status.json 2>/dev/null
}
in_step() {
  answers "$(cat /etc/misp-zeek/http.token)" && grep -q '"ready": *true' status.json
}
for _ in $(seq 300); do
  ! in_step || break
  sleep 0.1
done
in_step || fail "not within 30 s: in sync through the tunnel, and said so to who has the token"
grep -q "tcp://127.0.0.1:$client" status.json || fail "the feed does not come through the tunnel"
! answers "$(openssl rand -hex 32)" || fail "another token is as good"

systemctl disable --now --quiet stunnel@misp-feed stunnel@misp-feed-misp
sed -i '/ misp-zeek$/d' /etc/hosts
rm /etc/stunnel/*.{pem,key} /etc/stunnel/misp-feed*.conf
rm /etc/misp-zeek/{ca.pem,misp-zeek.pem,misp-zeek.key,http.token}
