#!/usr/bin/env bash
# Runs every fuzz target of the tree: go test takes one target at a time. The
# effort of each is a number of inputs ("200000x") or a time ("1m"). CI counts
# inputs: with a time, go test now and then ends a clean run with "context
# deadline exceeded" when a worker is busy as the time runs out.
set -euo pipefail
effort=${1:-200000x}
grep -rlE '^func Fuzz' --include='*_test.go' pkg | sort | while read -r file; do
  grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -d' ' -f2 | while read -r target; do
    echo "== $target ($(dirname "$file"), $effort)"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$effort" "./$(dirname "$file")"
  done
done
