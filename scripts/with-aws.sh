#!/usr/bin/env bash
# Runs a command beside fresh, empty wire implementations of the two AWS services
# that the functions use, both made by others, on free loopback ports:
#   DYNOXIDE=path MOTO=path scripts/with-aws.sh COMMAND [ARG ...]
# sets DYNAMODB_ENDPOINT, and with MOTO also SECRETS_ENDPOINT.
set -euo pipefail
logs=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done; rm -rf "$logs"' EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# serve NAME PORT COMMAND...: starts it and waits until the port answers.
serve() {
  local name=$1 port=$2
  shift 2
  "$@" >"$logs/$name" 2>&1 &
  local pid=$!
  pids+=("$pid")
  for _ in $(seq 300); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "$name did not start:" >&2
  cat "$logs/$name" >&2
  exit 1
}

port=$(free_port)
serve dynamodb "$port" "$DYNOXIDE" serve --host 127.0.0.1 --port "$port"
export DYNAMODB_ENDPOINT="http://127.0.0.1:$port"
if [ -n "${MOTO:-}" ]; then
  port=$(free_port)
  serve secrets "$port" "$MOTO" -H 127.0.0.1 -p "$port"
  export SECRETS_ENDPOINT="http://127.0.0.1:$port"
fi
AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "$@"
