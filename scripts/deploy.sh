#!/usr/bin/env bash
# Builds and deploys one stage of samconfig.toml, then says what is still to do:
#   scripts/deploy.sh dev|staging|prod arm64|x86_64 [flag of sam deploy ...]
set -euo pipefail
cd "$(dirname "$0")/.."
stage=$1 arch=$2
shift 2
section() { sed -n "/^\[$stage\.deploy\.parameters\]/,/^\[/s/^$1 = \"\(.*\)\"/\1/p" samconfig.toml; }
stack=$(section stack_name)
# The command line replaces the file's overrides, it does not add to them.
overrides="$(section parameter_overrides) Architecture=$arch"
SAM=${SAM:-sam}

ARCH=$arch "$SAM" build --config-env "$stage" --parameter-overrides "Architecture=$arch"
# shellcheck disable=SC2086 # one argument per override
"$SAM" deploy --config-env "$stage" --no-fail-on-empty-changeset "$@" --parameter-overrides $overrides
"$SAM" list stack-outputs --stack-name "$stack" --output table

echo
echo "Asking create-payout whether it can start; this sends nothing."
if "$SAM" remote invoke CreatePayout --stack-name "$stack" --event-file events/create-payout-not-json.json | grep -q '"statusCode": *400'; then
  echo "It can: at least one provider is configured."
else
  echo "It cannot yet. Its log says why; a secret that is still a placeholder is the usual reason."
fi
echo "What else there is to do after a first deployment: docs/deploying.md"
