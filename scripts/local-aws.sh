#!/usr/bin/env bash
# Starts one process that speaks for DynamoDB and Secrets Manager (moto), and
# beside it cmd/local-aws, which makes the template's table and secrets there and
# plays the providers. Nothing is kept, and nothing here is protected:
#   LOCAL_AWS_HOST   where to listen (127.0.0.1; Docker Desktop's containers reach
#                    it; on Linux give the address of Docker's bridge)
#   LOCAL_AWS_PORT   of AWS (8000); the providers have the port above it
set -euo pipefail
cd "$(dirname "$0")/.."
host=${LOCAL_AWS_HOST:-127.0.0.1}
port=${LOCAL_AWS_PORT:-8000}
near=$host
[ "$host" != 0.0.0.0 ] || near=127.0.0.1
if (exec 3<>"/dev/tcp/$near/$port") 2>/dev/null; then
  echo "port $port of $near is taken; LOCAL_AWS_PORT chooses another, and env.json must name it too" >&2
  exit 1
fi
log=$(mktemp)
"$MOTO" -H "$host" -p "$port" >"$log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 0' INT TERM
for _ in $(seq 300); do
  if (exec 3<>"/dev/tcp/$near/$port") 2>/dev/null; then break; fi
  kill -0 "$pid" 2>/dev/null || { echo "AWS' stand-in did not start on $host:$port:" >&2; tail -5 "$log" >&2; exit 1; }
  sleep 0.1
done
go build -o .build/local-aws ./cmd/local-aws
.build/local-aws -endpoint "http://$near:$port" -sandbox "$host:$((port + 1))" &
child=$!
trap 'kill "$child" 2>/dev/null || true; exit 0' INT TERM
wait "$child"
