#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# images.sh ROOT: the diagrams in docs/images are what their text says, light and dark. Positions are not
# compared, as they differ between versions of Graphviz and fonts.
set -euo pipefail
images="$(realpath "$1")/docs/images"
command -v dot >/dev/null || {
  echo "skipped: no dot on this machine (Debian package graphviz)"
  exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
words() { sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p; s/.*<text.* \(fill="[^"]*"\)>\(.*\)<\/text>.*/\1 \2/p' "$1"; }

"$images/render.sh" "$folder"
[ -n "$(ls "$folder")" ]
for image in "$folder"/*.svg; do
  diff <(words "$image") <(words "$images/${image##*/}") || {
    echo "${image##*/} is not what its text says: call docs/images/render.sh"
    exit 1
  }
done
