#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh [--misp-docker DIR] [--zeek PREFIX] [--only 12|13] [--ccache URL]: builds the images of docker/ and drives
# them from outside, with Docker of Debian 12 (without BuildKit, docker-compose 1) and of Debian 13 (with BuildKit
# and Compose 2), each on stand-ins made of that Debian by debootstrap for the base images that a registry has.
#
#   DIR      a clone of misp-docker; the overlay is tried beside it, with the simulated MISP in misp-core's place
#   PREFIX   an installed Zeek, for the image zeek/zeek
#   URL      storage for ccache over HTTP, which containers reach; else each run compiles everything
#
# What lacks something is skipped and counted by name. build/images keeps the roots and the layers for the
# next run. Needs root and a Debian mirror (MIRROR).
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
source=$(realpath "$here/../../..")
folder="$source/build/images"
# The files below use them.
# shellcheck disable=SC2034
misp_docker="" zeek_prefix="" only="" ccache="" commit=""
# shellcheck disable=SC2034
while [ $# -gt 0 ]; do
  case $1 in
    --misp-docker) misp_docker=$(realpath "$2") ;;
    --zeek) zeek_prefix=$(realpath "$2") ;;
    --only) only=$2 ;;
    --ccache) ccache=$2 ;;
    *)
      sed -n 's/^# \{0,1\}//; 3p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done
# shellcheck source=/dev/null
. "$here/engine.sh"
# shellcheck source=/dev/null
. "$here/report.sh"
# shellcheck source=/dev/null
. "$here/bases.sh"
# shellcheck source=/dev/null
. "$here/try_cases.sh"
# shellcheck source=/dev/null
. "$here/overlay_cases.sh"

finish() {
  local status=$?
  stop_engine
  [ "$status" -eq 0 ] || echo "logs: $folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

skip_all() { # REASON
  skip "all cases" "$1"
  summary
}
[ "$(id -u)" -eq 0 ] || skip_all "only root can start a Docker daemon"
command -v debootstrap >/dev/null || skip_all "no debootstrap on this machine"
mkdir -p "$folder"
commit=$(git -C "$source" rev-parse HEAD)
[ -z "$(git -C "$source" status --porcelain)" ] || echo "what is not committed is left out"

run_on() { # DEBIAN SUITE ENGINE_PACKAGE...
  local debian=$1 suite=$2 shared="$folder/$1"
  shift 2
  on "Debian $debian"
  [ -z "$only" ] || [ "$only" = "$debian" ] || return 0
  make_debian "$suite" "$folder/debian-$debian" || {
    skip "all cases" "debootstrap makes no Debian $debian here"
    return 0
  }
  make_engine "$folder/debian-$debian" "$folder/engine-$debian" docker.io iptables ca-certificates curl git openssl "$@"
  rm -rf "$shared"
  mkdir -p "$shared"
  start_engine "$folder/engine-$debian" "$shared" || {
    skip "all cases" "no Docker daemon can start here"
    return 0
  }
  git clone -q "$source" "$shared/misp-zeek"
  git -C "$shared/misp-zeek" checkout -q "$commit"
  make_bases "$folder/debian-$debian"
  try_cases
  if [ "$debian" = 13 ]; then
    overlay_cases
  fi
  stop_engine
}

run_on 12 bookworm docker-compose
run_on 13 trixie docker-cli docker-compose docker-buildx
summary
