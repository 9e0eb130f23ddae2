#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# commits.sh ROOT: every commit since this rule has a title "area: imperative" of at most 72 characters, and a
# body that says why.
set -euo pipefail
cd "$1"
# The last commit before the rule.
base=e30a9df4057715199a8bbb9a389de5c1f29c425c
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
  echo "skipped: no git, or no repository here"
  exit 77
}
git merge-base --is-ancestor "$base" HEAD 2>/dev/null || {
  echo "skipped: this history does not go back to the rule"
  exit 77
}

# Landed before anybody ran this.
exceptions=" 91f5682cee7beea371337d7683109f0f20cd59e0 d1ce3bf1abd47f06d524d8106294b57f4dabe5e4 "

# Words that end like a verb's other forms, and are imperatives.
imperatives=" access address bypass compress cross embed express feed focus need pass press process speed seed bring string "
faults=0
fault() { # COMMIT TEXT
  echo "$(git log -1 --format='%h %s' "$1"): $2"
  faults=$((faults + 1))
}
check_title() { # COMMIT TITLE
  [ "${#2}" -le 72 ] || fault "$1" "longer than 72 characters"
  [[ $2 =~ ^[a-z][a-z0-9_./-]*(,\ [a-z][a-z0-9_./-]*)*:\ ([a-z]+)([^a-z].*)?$ ]] || {
    fault "$1" "not \"area: imperative\""
    return
  }
  local verb=${BASH_REMATCH[2]}
  [[ $imperatives != *" $verb "* ]] || return 0
  case $verb in
    a | an | the | no | how | why | what | when | where | which | who | it | its | our | is | are | in | of | one | all | *ed | *ing | *s)
      fault "$1" "\"$verb\" is no imperative"
      ;;
  esac
}

commits=$(git rev-list --no-merges "$base..HEAD")
for commit in $commits; do
  [[ $exceptions != *" $commit "* ]] || continue
  check_title "$commit" "$(git log -1 --format=%s "$commit")"
  git log -1 --format=%b "$commit" | grep -q '[^[:space:]]' || fault "$commit" "no body that says why"
done
echo "$(wc -w <<<"$commits") commits"
[ "$faults" -eq 0 ]
