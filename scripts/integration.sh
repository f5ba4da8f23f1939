#!/usr/bin/env bash
# Proves the template with SAM's own tools, step by step:
#   validate    sam validate --lint
#   build       sam build of every function, for this machine's architecture
#   reproducible  the same tree makes the same bytes
#   transform   what CloudFormation would be given, held to what we promise
#   invoke      sam local invoke of every function with its sample events
#   start-api   create, callback and get over sam local start-api
# .ci/must-run lists those that must run. Containers come from Docker if it
# answers, else from podman. SAM, MOTO and PYTHON are programs (see the Makefile).
set -euo pipefail
cd "$(dirname "$0")/.."
export SAM_CLI_TELEMETRY=0 AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x86_64 ;; esac
ran=()
skipped=()

# step NAME COMMAND...: runs it, or fails.
step() {
  local name=$1
  shift
  printf '\n--- %s (%ss)\n' "$name" "$SECONDS"
  "$@"
  ran+=("$name")
}

step validate "$SAM" validate --lint
step build make sam-build
# Another copy of the tree makes the same bytes; the revision of a deployment rests on it.
reproducible() {
  local copy
  copy=$(mktemp -d)
  cp -r Makefile go.mod go.sum pkg functions "$copy"
  make --no-print-directory -C "$copy" build-GetPayout ARCH="$arch" ARTIFACTS_DIR="$copy"
  cmp "$copy/bootstrap" .aws-sam/build/GetPayout/bootstrap
  rm -rf "$copy"
}
step reproducible reproducible
transformed=$(mktemp)
restored=$(mktemp)
handlers=$(mktemp)
trap 'rm -f "$transformed" "$restored" "$handlers"' EXIT
transform() {
  "$PYTHON" scripts/transform.py template.yaml >"$transformed"
  # The stack over a restored table, as docs/disaster-recovery.md deploys it.
  "$PYTHON" scripts/transform.py template.yaml ExistingTableName=payouts-back \
    ExistingStreamArn=arn:aws:dynamodb:us-east-1:111122223333:table/payouts-back/stream/2026-11-21T10:05:00.000 \
    RestoredAt=2026-11-21T10:00:00Z >"$restored"
  # What CloudFormation needs for each type; cfn-lint, which knows it, is where moto is.
  "$(dirname "$MOTO")/python" scripts/handlers.py "$transformed" >"$handlers"
  # PYTHON also makes the table of parameters and the versions that their changes publish.
  TRANSFORMED="$transformed" TRANSFORMED_RESTORED="$restored" HANDLERS="$handlers" go test -count=1 -v -run Transformed ./pkg/template
}
step transform transform

# The containers' side: Docker if there is one, else podman on Debian.
containers=()
if docker info >/dev/null 2>&1; then
  containers=(env CONTAINER_HOST_ADDRESS=host-gateway PULL=1)
elif command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  containers=(bash scripts/podman.sh)
fi
if [ ${#containers[@]} -gt 0 ]; then
  step invoke "${containers[@]}" env ARCH="$arch" REQUIRE_SAM=1 go test -count=1 -v -timeout 15m -run SAMLocalInvoke ./functions
  step start-api "${containers[@]}" env ARCH="$arch" REQUIRE_SAM=1 go test -count=1 -v -timeout 10m -run SAMLocalStartAPI ./functions
  step documented "${containers[@]}" env REQUIRE_SAM=1 go test -count=1 -v -timeout 10m -run SAMLocalRunsTheDocumentedLines ./functions
else
  skipped=(invoke start-api documented)
  echo "no containers: neither Docker nor, as root on Debian, podman" >&2
fi

printf '\nran: %s\n' "${ran[*]}"
for name in $(grep -v '^#' .ci/must-run); do
  case " ${ran[*]} " in *" $name "*) ;; *) echo "must run, and did not: $name" >&2; exit 1 ;; esac
done
[ ${#skipped[@]} -eq 0 ] || echo "skipped: ${skipped[*]}"
