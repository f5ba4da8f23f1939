#!/usr/bin/env bash
# Uses `make run` as the README says: starts it, pastes the curl lines that it
# prints, and checks where the four payouts end. It stops what it started.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
port=$(python3 - <<'PY'
import socket
while True:  # two free neighbours
    with socket.socket() as a, socket.socket() as b:
        a.bind(("127.0.0.1", 0))
        port = a.getsockname()[1]
        try:
            b.bind(("127.0.0.1", port + 1))
        except OSError:
            continue
        print(port)
        break
PY
)
setsid env PORT="$port" DATA_DIR="$work/data" make run >"$work/out" 2>&1 &
pid=$!
trap 'kill -INT -- -"$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 600); do
  if grep -q "What happens" "$work/out"; then break; fi
  kill -0 "$pid" 2>/dev/null || { cat "$work/out" >&2; exit 1; }
  sleep 0.2
done

grep '^curl .*/v1/payouts -d ' "$work/out" >"$work/posts"
[ "$(wc -l <"$work/posts")" -eq 4 ] || { echo "expected four curl lines" >&2; cat "$work/out" >&2; exit 1; }
while read -r line; do bash -c "$line"; done <"$work/posts"

# ends NAME STATUS: waits until the payout whose reference ends in NAME has it.
ends() {
  local line status=
  line=$(grep "^curl .*reference=.*-$1'" "$work/out")
  for _ in $(seq 150); do
    status=$(bash -c "$line" | python3 -c 'import json, sys; print(*[p["status"] for p in json.load(sys.stdin)["payouts"]])')
    if [ "$status" = "$2" ]; then echo "$1: $2"; return; fi
    sleep 0.2
  done
  echo "$1 is $status, not $2" >&2
  cat "$work/out" >&2
  exit 1
}
ends lanton succeeded
ends wing succeeded
ends declined failed
ends lost succeeded
grep -q -- '-lost .*unknown' "$work/out" || { echo "the lost answer was never unknown" >&2; exit 1; }
# Each of the four has three events: the merchant gets them, and the feed has them.
for _ in $(seq 50); do
  told=$(grep -c 'the merchant gets event' "$work/out" || true)
  [ "$told" -lt 12 ] || break
  sleep 0.2
done
fed=$(curl -s "http://127.0.0.1:$port/v1/events?limit=100" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["events"]))')
if [ "$told" -ne 12 ] || [ "$fed" -ne 12 ]; then
  echo "the merchant got $told events, the feed has $fed; both should be 12" >&2
  cat "$work/out" >&2
  exit 1
fi
echo "the merchant got 12 events, and the feed has them"
curl -s "http://127.0.0.1:$((port + 1))/ledger" | python3 -c '
import json, sys
ledger = json.load(sys.stdin)
assert len(ledger) == 4, ledger
for line in ledger:
    assert line["requests"] == 1, line
    assert line["executed"] == (0 if line["script"] == "9001" else 1), line
print("the sandbox has four payouts, each sent once, three paid")
'
