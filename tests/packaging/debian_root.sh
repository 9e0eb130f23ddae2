#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# debian_root.sh: commands in a fresh Debian, in namespaces of its own, with the host's network.
#
#   debian_root.sh make FOLDER [PACKAGE...]    a minimal Debian 12 with these packages
#   debian_root.sh run FOLDER COMMAND...       a command in it, as root
#   debian_root.sh boot FOLDER COMMAND...      the same with its systemd running, which ends afterwards
#
# Needs root and, for `make`, debootstrap and a mirror (MIRROR, http://deb.debian.org/debian). `boot`
# needs the packages systemd, systemd-sysv and dbus in the root.
set -euo pipefail

suite=${SUITE:-bookworm}
mirror=${MIRROR:-http://deb.debian.org/debian}
environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
  TERM=dumb DEBIAN_FRONTEND=noninteractive)

# Runs in namespaces of its own. $1: the root; the rest: what to start in it.
# shellcheck disable=SC2016
enter='
set -e
root=$1
shift
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
# A test must not change the settings of the host.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/.host"
cd "$root"
pivot_root . .host
# As at a boot: systemd gives credentials to services by mounts that propagate.
exec chroot . /bin/sh -c "umount -l /.host; mount --make-rshared /; exec \"\$@\"" sh "$@"
'

in_namespaces() { # ROOT COMMAND...: in place of the (sub)shell
  exec unshare --mount --pid --uts --ipc --cgroup --fork --kill-child bash -c "$enter" bash "$@"
}

make_root() { # FOLDER PACKAGE...
  local folder=$1
  shift
  debootstrap --variant=minbase "$suite" "$folder" "$mirror" >"$folder.log" 2>&1 || {
    tail -5 "$folder.log" >&2
    return 1
  }
  # Services must not start while packages are installed without systemd.
  if [ $# -gt 0 ]; then
    (in_namespaces "$(realpath "$folder")" env -i "${environment[@]}" \
      sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"' sh "$@") \
      >>"$folder.log" 2>&1
  fi
}

boot() { # FOLDER COMMAND...
  local root=$1 group init systemd status=0
  shift
  # systemd rules over the control group in which it starts: it gets one of its own.
  group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/misp-zeek-test-$$
  mkdir "$group"
  (
    echo "$BASHPID" >"$group/cgroup.procs"
    in_namespaces "$root" env -i container=other "${environment[@]}" \
      /lib/systemd/systemd --log-target=console --show-status=no
  ) </dev/null >"$root.boot.log" 2>&1 &
  init=$!
  # unshare's child is pid 1 of the namespace.
  for _ in $(seq 100); do
    systemd=$(pgrep -P "$init" || true)
    [[ -z $systemd || $(cat "/proc/$systemd/comm") != systemd ]] || break
    sleep 0.1
  done
  local join=(nsenter -t "$systemd" -m -p -u -i -C env -i "${environment[@]}")
  for _ in $(seq 300); do
    [[ $("${join[@]}" systemctl is-system-running 2>/dev/null) != @(running|degraded) ]] || break
    sleep 0.1
  done
  "${join[@]}" "$@" || status=$?
  "${join[@]}" systemctl --no-wall exit >/dev/null 2>&1 || kill "$init"
  wait "$init" || true
  find "$group" -depth -type d -exec rmdir {} +
  return "$status"
}

[ $# -ge 2 ] || {
  sed -n 's/^# \{0,1\}//; 3,12p' "$0" >&2
  exit 2
}
[ "$(id -u)" -eq 0 ] || {
  echo "debian_root.sh: only root can do this" >&2
  exit 1
}
verb=$1 folder=$2
shift 2
case $verb in
  make) make_root "$folder" "$@" ;;
  run) in_namespaces "$(realpath "$folder")" env -i "${environment[@]}" "$@" ;;
  boot) boot "$(realpath "$folder")" "$@" ;;
  *)
    echo "debian_root.sh: unknown verb: $verb" >&2
    exit 2
    ;;
esac
