#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Does in misp-docker's order what an overlay depends on. /var/www/MISP/app/Config/stand-in may set
# setup_seconds, the time until MISP is live.
trap 'kill -TERM "$master_pid" 2>/dev/null' SIGTERM
setup_seconds=3
# shellcheck source=/dev/null
[ ! -e /var/www/MISP/app/Config/stand-in ] || . /var/www/MISP/app/Config/stand-in

if [[ ! -f /etc/nginx/certs/cert.pem || ! -f /etc/nginx/certs/key.pem ]]; then
  openssl req -x509 -subj /CN=localhost -nodes -newkey rsa:2048 -days 365 -keyout /etc/nginx/certs/key.pem \
    -out /etc/nginx/certs/cert.pem -addext "subjectAltName = DNS:localhost, IP:127.0.0.1" 2>/dev/null
fi
rm -f /run/live.conf
touch /run/live.conf
nginx -g 'daemon off;' &
master_pid=$!

# The mounted folder hides what the image has in it.
mkdir -p /var/www/MISP/app/files/scripts/mispzmq /var/www/MISP/app/files/scripts/tmp
cp /publisher.py /var/www/MISP/app/files/scripts/mispzmq/mispzmq.py
chown -R www-data /var/www/MISP/app/{files,Config,tmp}
sleep "$setup_seconds"
echo 'proxy_pass http://127.0.0.1:8081;' >/run/live.conf
nginx -s reload
bash -c 'echo "... configuring"; sleep 1'
echo "... admin user key set to 'standin0admin0key00000000000000000000000'"
if [[ -x /custom/files/customize_misp.sh ]]; then
  /custom/files/customize_misp.sh
fi
supervisorctl restart php-fpm
echo "INIT | Done ..."
wait "$master_pid"
