#!/usr/bin/env bash
# Runs a command with DYNAMODB_ENDPOINT set to a fresh, empty DynamoDB wire
# implementation on a free loopback port:
#   scripts/with-dynamo.sh PATH_OF_DYNOXIDE COMMAND [ARG ...]
set -euo pipefail
server=$1
shift
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
log=$(mktemp)
"$server" serve --host 127.0.0.1 --port "$port" >"$log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 100); do
  if "$server" healthcheck --port "$port" >/dev/null 2>&1; then ready=yes; break; fi
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
if [ -z "${ready:-}" ]; then
  echo "the DynamoDB wire implementation did not start:" >&2
  cat "$log" >&2
  exit 1
fi
DYNAMODB_ENDPOINT="http://127.0.0.1:$port" AWS_REGION=us-east-1 \
  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "$@"
