#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# hardening.sh PROGRAM BUILD_TYPE: what the ELF file of a built program must show.
set -euo pipefail
program=$1 build_type=$2
faults=0
expect() { # WHAT PATTERN OPTION
  readelf -W "$3" "$program" | grep -E -- "$2" >/dev/null || {
    echo "$program: $1 is missing"
    faults=$((faults + 1))
  }
}
expect "a position-independent executable" '^ *Type: +DYN ' -h
expect "read-only relocations" ' GNU_RELRO ' -l
expect "binding of all symbols at the start" 'BIND_NOW|FLAGS_1.* NOW' -d
expect "a stack that is not executable" ' GNU_STACK .* RW +0x' -l
! readelf -W -l "$program" | grep -E ' LOAD .* RWE ' >/dev/null || {
  echo "$program: memory is writable and executable"
  faults=$((faults + 1))
}
# Debug builds are not optimised, which the checks of calls need.
if [ "$build_type" != Debug ]; then
  expect "the stack protector" '__stack_chk_fail' --dyn-syms
  expect "checked calls of the C library (_FORTIFY_SOURCE)" '__(memcpy|memmove|snprintf|read|recv|strncpy|fdelt|vsnprintf|poll|realpath|fprintf)_chk' --dyn-syms
  expect "assertions of the C++ library" '__glibcxx_assert_fail' --dyn-syms
fi
[ "$faults" -eq 0 ]
