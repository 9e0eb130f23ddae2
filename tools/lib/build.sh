# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Configures and builds.

build_dir=build

parallel_jobs() { cmake/parallel_jobs.sh; }

# configure_in FOLDER OPTION...
configure_in() {
  step="configuring $1"
  say "$step"
  mkdir -p "$1"
  local options=(-G Ninja)
  ! command -v ccache >/dev/null || options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake -S . -B "$1" "${options[@]}" "${@:2}" >"$1/configure.log" 2>&1 || {
    cat "$1/configure.log" >&2
    return 1
  }
  grep 'Broker flavour' "$1/configure.log"
}

# Installs what all programs and tests need, and configures all of them.
configure() {
  install_for test
  configure_in "$build_dir" -DMISP_ZEEK_WERROR=ON -DMISP_ZEEK_TESTS=ON
}

# build_in FOLDER [TARGET...]: all without a target.
build_in() {
  step="building"
  say "$step"
  local targets=()
  [ $# -eq 1 ] || targets=(--target "${@:2}")
  cmake --build "$1" -j "$(parallel_jobs)" "${targets[@]}"
}

# run_program NAME ARGUMENTS...: builds a program of tests/ with what it starts, and runs it.
run_program() {
  configure
  build_in "$build_dir" "$1"
  step="running $1"
  local program
  program=$(find "$build_dir/tests" -type f -name "$1" -perm -u+x -print -quit)
  [ -n "$program" ] || die "the build made no $1"
  "$program" "${@:2}"
}

# build_sanitized FOLDER SANITIZERS TARGET...
build_sanitized() {
  install_for test
  configure_in "$1" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMISP_ZEEK_TESTS=ON "-DMISP_ZEEK_SANITIZE=$2"
  build_in "$1" "${@:3}"
}
