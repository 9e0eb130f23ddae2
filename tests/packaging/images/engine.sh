# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by run.sh: Docker of a Debian in a root that debootstrap made. Its daemon has the host's network, a mount
# namespace of its own, and its data in the root.

engine_pid=""

# make_debian SUITE FOLDER: a minimal Debian, as small as the images named slim.
make_debian() {
  [ ! -e "$2.done" ] || return 0
  rm -rf "$2"
  debootstrap --variant=minbase "$1" "$2" "${MIRROR:-http://deb.debian.org/debian}" >"$2.log" 2>&1 || {
    tail -n 5 "$2.log"
    return 1
  }
  rm -rf "$2"/usr/share/{doc,man,locale,info}/* "$2"/var/cache/apt/* "$2"/var/lib/apt/lists/* "$2"/var/log/{apt,*.log}
  printf 'path-exclude /usr/share/%s/*\n' doc man locale info lintian >"$2/etc/dpkg/dpkg.cfg.d/slim"
  touch "$2.done"
}

# make_engine DEBIAN FOLDER PACKAGE...: Docker in a copy of DEBIAN.
make_engine() {
  local debian=$1 folder=$2
  shift 2
  [ ! -e "$folder.done" ] || return 0
  rm -rf "$folder"
  cp -a "$debian" "$folder"
  printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
  chmod +x "$folder/usr/sbin/policy-rc.d"
  "$here/../debian_root.sh" run "$folder" sh -c \
    'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"' sh "$@" >"$folder.log" 2>&1 || {
    tail -n 5 "$folder.log"
    return 1
  }
  touch "$folder.done"
}

# start_engine FOLDER SHARED: its /srv is SHARED, its /source the sources.
start_engine() {
  local root=$1
  mkdir -p "$root/srv" "$root/source"
  # shellcheck disable=SC2016
  unshare --mount --propagation private bash -c '
    set -e
    root=$1
    mount --bind "$root" "$root"
    for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    mount --bind "$2" "$root/srv"
    mount --bind -o ro "$3" "$root/source"
    # Not chroot alone: what "docker exec" starts would have the host as its root.
    mkdir -p "$root/.host"
    cd "$root"
    pivot_root . .host
    exec chroot . /bin/sh -c "umount -l /.host; exec dockerd --host unix:///run/docker.sock"' \
    bash "$root" "$2" "$source" >"$root.dockerd.log" 2>&1 </dev/null &
  engine_pid=$!
  for _ in $(seq 240); do
    if in_engine / docker info >/dev/null 2>&1; then
      empty_engine
      return
    fi
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 5 "$root.dockerd.log"
  return 1
}

# in_engine FOLDER COMMAND...: in the root.
in_engine() {
  local folder=$1
  shift
  nsenter -t "$engine_pid" -m -r -w -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 TERM=dumb "${engine_environment[@]}" sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
}
engine_environment=(DEBIAN_FRONTEND=noninteractive)

# Images stay, for their layers.
empty_engine() {
  in_engine / sh -c 'docker ps -aq | xargs -r docker rm -f; docker volume ls -q | xargs -r docker volume rm;
    docker network prune -f' >/dev/null 2>&1 || true
}

stop_engine() {
  [ -n "$engine_pid" ] || return 0
  empty_engine
  kill "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=""
}
