#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# collect.sh PROGRAM: what an image needs besides Debian to run PROGRAM: in the folder /image the program and
# the libraries that are in no package, Zeek's Broker, and in the file /depends the packages of the others.
set -euo pipefail
program=$1
files=("/image/usr/bin/$(basename "$program")")
install -D -s -m 755 "$program" "${files[0]}"
while read -r library; do
  install -D -s -m 644 "$library" "/image$library"
  files+=("/image$library")
done < <(ldd "$program" | awk '$3 ~ "^/usr/local/" { print $3 }')

# dpkg-shlibdeps asks for a folder of a Debian source.
cd "$(mktemp -d)"
mkdir debian
printf 'Source: image\n\nPackage: image\nArchitecture: any\n' >debian/control
dpkg-shlibdeps -O --ignore-missing-info -l/usr/local/zeek/lib "${files[@]}" |
  sed -e 's/^shlibs:Depends=//' -e 's/ ([^)]*)//g' -e 's/, /\n/g' >/depends
cat /depends
