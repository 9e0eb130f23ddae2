#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# zkg.sh ROOT: the real zkg installs the package from the repository's root, with its tests, upgrades it as
# docs/upgrades.md says, and Zeek loads it. Nothing outside a temporary folder is changed.
set -euo pipefail
root=$(realpath "$1")
bin=""
for candidate in "$(command -v zeek-config || true)" /usr/local/zeek/bin/zeek-config /opt/zeek/bin/zeek-config; do
  [ ! -x "$candidate" ] || { bin=$(dirname "$candidate"); break; }
done
for program in zkg zeek btest; do
  if [ -z "$bin" ] || [ ! -x "$bin/$program" ]; then
    echo "skipped: no Zeek with $program on this machine"
    exit 77
  fi
done
# The first Python in PATH may not be the one that Debian's packages are for.
zkg=()
for python in python3 /usr/bin/python3; do
  if "$python" "$bin/zkg" --version >/dev/null 2>&1; then
    zkg=("$python" "$bin/zkg")
    break
  fi
done
if [ ${#zkg[@]} -eq 0 ]; then
  echo "skipped: zkg does not run here; it needs python3-git and python3-semantic-version"
  exit 77
fi
command -v git >/dev/null || {
  echo "skipped: no git, which zkg needs"
  exit 77
}
export PATH="$bin:$PATH"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A repository of its own, for zkg installs what is committed.
mkdir "$folder/misp-zeek" "$folder/state"
tar -C "$root" --exclude='.tmp' --exclude='.btest.*' --exclude=build --exclude='build-*' \
  -cf - zkg.meta README.md LICENSE VERSION proto zeek tests/data tests/support/zeek | tar -xf - -C "$folder/misp-zeek"
git -C "$folder/misp-zeek" init -q -b main
git -C "$folder/misp-zeek" add -A
git -C "$folder/misp-zeek" -c user.name=test -c user.email=test@localhost commit -q -m test
git -C "$folder/misp-zeek" tag "v$(cat "$root/VERSION")"
cat >"$folder/config" <<CONFIG
[paths]
state_dir = $folder/state
script_dir = $folder/scripts
plugin_dir = $folder/plugins
bin_dir = $folder/bin
CONFIG

run_zkg() { "${zkg[@]}" --configfile "$folder/config" "$@"; }

run_zkg install --force "$folder/misp-zeek" >"$folder/output" 2>&1 || {
  cat "$folder/output"
  find "$folder/state" -name 'zkg.test_command.std*' -size +0 -exec tail -n 40 {} +
  exit 1
}
cat "$folder/output"
grep -q "\"$folder/misp-zeek\" (v$(cat "$root/VERSION"))\|Installed \"$folder/misp-zeek\"" "$folder/output"
eval "$(run_zkg env)"
zeek --parse-only packages -e 'global listens: port = MISP::broker_port;'

# The next release.
grep -q 'zkg refresh && zkg upgrade' "$root/docs/upgrades.md"
echo '# a later release' >>"$folder/misp-zeek/zeek/scripts/__load__.zeek"
git -C "$folder/misp-zeek" -c user.name=test -c user.email=test@localhost commit -qam next
run_zkg refresh
run_zkg upgrade --force --skiptests
grep -q '^# a later release' "$folder/scripts/misp-zeek/__load__.zeek"
zeek --parse-only packages -e 'global listens: port = MISP::broker_port;'
