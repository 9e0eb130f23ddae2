#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs_commands.sh package|source: inside a root that in_root.sh made, as root, with systemd running. Runs
# the console blocks of docs/install/debian.md or docs/install/source.md one after the other, and compares
# the output with the text of the page: "..." is any number of lines, or at a line's end any text. Next to it
# are docs, the ports of MISP, of Zeek and for the service, and misp-zeek.deb, which is what `./dev package`
# makes, or the sources in the folder clone.
set -euo pipefail
cd "$(dirname "$0")"
folder=$PWD
misp_http="" misp_feed="" zeek="" tls="" http=""
# shellcheck source=/dev/null
. ./ports

# An operator who edits two files.
cat >/usr/local/bin/editor <<EDITOR
#!/bin/sh
set -e
case \$1 in
  *.key) echo misp-sim-key >"\$1" ;;
  *.toml)
    sed -i -e 's|^url = .*|url = "http://127.0.0.1:$misp_http"|' \\
      -e 's|^endpoint = .*|endpoint = "tcp://127.0.0.1:$misp_feed"|' -e 's|^max_age = .*|max_age = "0"|' \\
      -e 's|^transport = .*|transport = "broker"|' \\
      -e 's|^port = 0|port = $zeek|' -e 's|^tls = .*|tls = $tls|' -e 's|^listen = "127.*|listen = "127.0.0.1:$http"|' "\$1" ;;
esac
EDITOR
chmod +x /usr/local/bin/editor

console() { # PAGE -> its fenced console blocks
  awk '/^```/ { on = /^```console/; next } on' "docs/install/$1.md"
}
case $1 in
  package)
    console debian >commands
    first="./dev package"
    mkdir -p clone/dist
    cp misp-zeek.deb clone/dist/misp-zeek_0_amd64.deb
    printf '#!/bin/sh\n[ "$*" = package ]\n' >clone/dev
    chmod +x clone/dev
    ;;
  source)
    # "Then as with the package, from the key on", and under /usr/local.
    {
      console source
      console debian | awk '/^# install / { on = 1 } /^# apt-get purge / { on = 0 } on' |
        sed 's|/etc/misp-zeek|/usr/local&|g; s|\([ (]\)\(/lib/systemd\)|\1/usr/local\2|g'
    } >commands
    first="./dev install"
    ;;
esac
[ "$(sed -n '1s/^# \([^#]*[^# ]\).*/\1/p' commands)" = "$first" ] || {
  echo "FAILED: the page does not begin with $first" >&2
  exit 1
}

fits() { # LINE SHOWN
  [[ $1 == "$2" || ($2 == *... && $1 == "${2%...}"*) ]]
}
as_shown() { # OUTPUT SHOWN -> whether the one is as the other says
  local lines shown any="" at=0
  mapfile -t lines < <(sed 's/[[:space:]]*$//' "$1")
  while IFS= read -r shown; do
    if [ "$shown" = ... ]; then
      any=1
      continue
    fi
    while [ -n "$any" ] && [ "$at" -lt ${#lines[@]} ] && ! fits "${lines[at]}" "$shown"; do
      at=$((at + 1))
    done
    [ "$at" -lt ${#lines[@]} ] && fits "${lines[at]}" "$shown" || return 1
    at=$((at + 1)) any=""
  done <"$2"
  [ -n "$any" ] || [ "$at" -eq ${#lines[@]} ]
}

run_command() { # COMMAND: at most 30 s for what shows a state
  local attempts=1
  [[ $1 != *" status "* ]] || attempts=60
  echo "    # $1"
  for _ in $(seq "$attempts"); do
    if (cd clone && bash -c "$1") >"$folder/output" 2>&1 </dev/null && as_shown output shown; then
      return 0
    fi
    sleep 0.5
  done
  echo "FAILED: $1"
  echo "the page shows:"
  cat shown
  echo "it says:"
  tail -n 100 output
  exit 1
}

command=""
while IFS= read -r line; do
  if [[ $line == "# "* ]]; then
    [ -z "$command" ] || run_command "$command"
    command=${line#\# }
    : >shown
  else
    printf '%s\n' "$line" >>shown
  fi
done <commands
run_command "$command"
rm /usr/local/bin/editor
