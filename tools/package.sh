#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: package [--twice] [--in-root]
#:                    make the release of HEAD in dist/: source archive and Debian package;
#:                    --twice makes it again elsewhere and compares, --in-root installs, runs,
#:                    upgrades and purges it in a fresh Debian, and builds and runs the
#:                    sources in another (as root)
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

# make_package FOLDER COMMIT: the release of COMMIT, into FOLDER/dist. Nothing of it depends on FOLDER, on
# the time or on files that are not in COMMIT. The version is in the file VERSION only.
make_package() {
  local version name flag flags=() source="$1/source"
  version=$(git show "$2:VERSION")
  name="misp-zeek-$version"
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$2")
  export SOURCE_DATE_EPOCH
  mkdir -p "$1/dist" "$source"
  git archive --format=tar --prefix="$name/" "$2" | gzip -9n >"$1/dist/$name.tar.gz"
  tar -xf "$1/dist/$name.tar.gz" -C "$source" --strip-components 1
  # Debian's flags, -O2 among them, without symbols that would be stripped again.
  for flag in CXXFLAGS CPPFLAGS LDFLAGS; do
    flags+=("$(cd "$source" && DEB_BUILD_MAINT_OPTIONS=hardening=+all DEB_CXXFLAGS_MAINT_STRIP=-g \
      dpkg-buildflags --get $flag)")
  done
  cmake -S "$source" -B "$1/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-DNDEBUG \
    -DCMAKE_INSTALL_PREFIX=/usr -DMISP_ZEEK_DEB=ON -DMISP_ZEEK_TESTS=OFF \
    -DCMAKE_CXX_FLAGS="${flags[0]} ${flags[1]} -ffile-prefix-map=$1/build=build" \
    -DCMAKE_EXE_LINKER_FLAGS="${flags[2]}" >"$1/configure.log" || {
    cat "$1/configure.log" >&2
    return 1
  }
  grep 'Broker flavour' "$1/configure.log"
  cmake --build "$1/build" -j "$(parallel_jobs)"
  (cd "$1/build" && cpack -B "$1/dist")
  rm -rf "$1/dist/_CPack_Packages"
}

# try_package DIST: needs the simulators.
try_package() {
  local bin prefix=()
  install_packages debootstrap
  configure
  build_in "$build_dir" misp-sim zeek-sim
  step="trying the package in a fresh Debian"
  say "$step"
  if bin=$(find_zeek_with_broker); then
    prefix=("$("$bin/zeek-config" --prefix)")
  fi
  tests/packaging/in_root.sh "$1" "$build_dir/tests/support/misp_sim/misp-sim" \
    "$build_dir/tests/support/zeek_sim/zeek-sim" "${prefix[@]}"
}

twice="" in_root="" folder="$PWD/$build_dir/package"
for option in "$@"; do
  case $option in
    --twice) twice=1 ;;
    --in-root) in_root=1 ;;
    *) die "usage: ./dev package [--twice] [--in-root]" 2 ;;
  esac
done
[ -z "$in_root" ] || [ "$(id -u)" -eq 0 ] || die "only root can make a root"
install_for test
install_packages git dpkg-dev file lintian shellcheck stunnel4
step="making the packages"
[ -z "$(git status --porcelain)" ] || say "what is not committed is left out"
rm -rf "$folder" "$folder-again" dist
# HEAD may move while the first is built.
commit=$(git rev-parse HEAD)
say "making the release of ${commit:0:7}"
make_package "$folder" "$commit"
if [ -n "$twice" ]; then
  step="making the packages again, to compare"
  say "$step"
  make_package "$folder-again" "$commit"
  diff <(cd "$folder/dist" && sha256sum -- *) <(cd "$folder-again/dist" && sha256sum -- *) ||
    die "two builds of the same sources differ"
  say "both builds are equal"
fi
step="checking the packages"
say "lintian"
lintian --fail-on error,warning "$folder"/dist/*.deb
[ -z "$in_root" ] || try_package "$folder/dist"
cp -r "$folder/dist" dist
(cd dist && sha256sum -- *)
