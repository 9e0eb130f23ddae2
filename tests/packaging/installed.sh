#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# installed.sh BUILD_FOLDER: what `cmake --install` puts where.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
DESTDIR="$folder" cmake --install "$1" >/dev/null

missing=0
installed() { # END -> path of the file that ends so
  local file
  file=$(find "$folder" -type f -path "*/$1" -size +0 -print -quit)
  if [ -z "$file" ]; then
    echo "not installed: $1" >&2
    return 1
  fi
  echo "$file"
}
for end in lib/systemd/system/misp-zeek.service lib/sysusers.d/misp-zeek.conf \
  share/doc/misp-zeek/README.md share/doc/misp-zeek/docs/operations.md share/man/man1/misp-zeek.1.gz share/man/man5/misp-zeek.toml.5.gz \
  share/bash-completion/completions/misp-zeek share/misp-zeek/zeek/__load__.zeek; do
  installed "$end" >/dev/null || missing=$((missing + 1))
done
program=$(installed bin/misp-zeek)
config=$(installed etc/misp-zeek/misp-zeek.toml)
MISP_ZEEK_MISP_API_KEY=not-a-real-key "$program" check -c "$config" >/dev/null
# The key is beside the configuration, where the unit looks for it.
unit=$(installed lib/systemd/system/misp-zeek.service)
key=$(sed -n 's/^api_key_file = "\(.*\)"/\1/p' "$config")
if [ "$folder$key" != "${config%/*}/misp.key" ] || ! grep -qx "LoadCredential=misp.key:$key" "$unit"; then
  echo "the configuration in ${config#"$folder"} has the key in $key, the unit: $(grep LoadCredential "$unit")"
  missing=$((missing + 1))
fi

# Nothing that only tests need.
if find "$folder" -name '*sim*' | grep .; then
  exit 1
fi
[ "$missing" -eq 0 ]
