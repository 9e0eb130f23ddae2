#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#: check [--all]      clang-format and clang-tidy on changed C++ files, or on all
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib/common.sh

cpp_files() { # --all or nothing -> C++ files, each ended by a NUL
  if [ "${1-}" = --all ]; then
    git ls-files -z --cached --others --exclude-standard -- '*.cc' '*.h'
  else
    git diff -z --name-only --diff-filter=d HEAD -- '*.cc' '*.h'
    git ls-files -z --others --exclude-standard -- '*.cc' '*.h'
  fi
}

[ $# -eq 0 ] || [ "$1" = --all ] || die "usage: ./dev check [--all]" 2
install_packages clang-format clang-tidy-16
install_for test
# Without precompiled headers of GCC, which clang does not read. Nothing is built here.
folder=build-tidy
configure_in "$folder" -DMISP_ZEEK_TESTS=ON -DMISP_ZEEK_PRECOMPILE=OFF
files=() sources=()
while IFS= read -r -d '' file; do
  files+=("$file")
  [[ $file != *.cc ]] || sources+=("$file")
done < <(cpp_files "$@")
say "${#files[@]} C++ files"
[ ${#files[@]} -gt 0 ] || exit 0
step="checking the format (clang-format -i FILE repairs it)"
say "clang-format"
clang-format --dry-run -Werror "${files[@]}"
[ ${#sources[@]} -gt 0 ] || exit 0
step="running clang-tidy"
say "clang-tidy"
# The flags are GCC's; how many warnings of system headers were left out is of no interest. Boost 1.74
# does not know that clang 16 has the standard's coroutines.
printf '%s\0' "${sources[@]}" |
  xargs -0 -n 1 -P "$(parallel_jobs)" clang-tidy-16 --quiet -p "$folder" \
    --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT --extra-arg=-DBOOST_ASIO_HAS_STD_COROUTINE \
    2> >(grep -vE '^[0-9]+ warnings? .*generated|^Suppressed|^Use -header-filter' >&2)
