# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Debian packages that the sources need, and their installation.

# For the service, the simulators and the demonstration.
run_packages=(
  ca-certificates
  cmake
  cppzmq-dev
  g++
  libboost-dev
  libcli11-dev
  libcurl4-openssl-dev
  libexpected-dev
  libicu-dev
  libspdlog-dev
  libsqlite3-dev
  libsqlitecpp-dev
  libssl-dev
  libsystemd-dev
  libtomlplusplus-dev
  libzmq3-dev
  ninja-build
  nlohmann-json3-dev
  pkg-config
)
# Besides, for the tests.
test_packages=(
  libgmock-dev
  libgtest-dev
  python3
)
# Debian's Broker, where there is no Zeek with one.
broker_packages=(libbroker-dev libcaf-dev)

# install_packages NAME...: only calls apt-get when something is missing.
install_packages() {
  step="looking for Debian packages"
  command -v dpkg-query >/dev/null || { say "no dpkg here: taking what is installed"; return 0; }
  local installed name missing=()
  installed=" $(dpkg-query -W -f='${db:Status-Abbrev}:${Package} ' 2>/dev/null) "
  for name in "$@"; do
    [[ $installed == *"ii :$name "* ]] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  step="installing Debian packages (${missing[*]})"
  say "$step"
  local as_root=(env DEBIAN_FRONTEND=noninteractive)
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing, and only root can install them: ${missing[*]}"
    as_root=(sudo "${as_root[@]}")
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# install_for run|test
install_for() {
  local needed=("${run_packages[@]}")
  [ "$1" = run ] || needed+=("${test_packages[@]}")
  find_zeek_with_broker >/dev/null || needed+=("${broker_packages[@]}")
  install_packages "${needed[@]}"
}
