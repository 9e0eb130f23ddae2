#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Waits until misp-docker has set MISP up, then turns the feed on. supervisord of misp-core runs it beside
# /entrypoint_nginx.sh, which sets MISP up, runs the user's customize_misp.sh, and then has no child but nginx.
set -u
entrypoint=${MISP_ENTRYPOINT:-/entrypoint_nginx.sh}
quiet_seconds=${MISP_QUIET_SECONDS:-5} # with nothing but nginx; between two commands there is less

is_set_up() {
  local parent children
  parent=$(pgrep -o -f "bash $entrypoint") || return 1
  children=$(ps -o comm= --ppid "$parent") || return 1
  [ "$children" = nginx ]
}

echo "misp-zeek: waiting until MISP is set up"
quiet=0
while [ "$quiet" -lt "$quiet_seconds" ]; do
  sleep 1
  if is_set_up; then quiet=$((quiet + 1)); else quiet=0; fi
done
exec "$(dirname "$0")/customize_misp.sh"
