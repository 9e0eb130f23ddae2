#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: images [--misp-docker DIR] [--zeek PREFIX]
#:                    build docker/'s images of HEAD on Debian 12 and 13, and drive them by their
#:                    compose files, beside a clone of misp-docker and with a Zeek (as root)
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

step="trying the images"
[ "$(id -u)" -ne 0 ] || install_packages debootstrap git
tests/packaging/images/run.sh "$@"
