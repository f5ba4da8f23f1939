#!/usr/bin/env bash
# Builds and deploys one stage of samconfig.toml, and makes sure that what is live is
# what was deployed:
#   scripts/deploy.sh dev|staging|prod arm64|x86_64 [Parameter=value | flag of sam deploy ...]
# Parameters given here win over those of samconfig.toml. AWS_PROFILE and AWS_REGION say
# where to; SAM and PYTHON are programs (sam, python3).
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
stage=$1 arch=$2
shift 2
SAM=${SAM:-sam} PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import tomllib' 2>/dev/null || { echo "needs Python 3.11 or later; PYTHON=... names one" >&2; exit 2; }
about() { "$PYTHON" scripts/stage.py "$@"; }

given=() flags=()
for argument in "$@"; do
  case $argument in
    --parameter-overrides*) echo "give parameters as Name=value, without --parameter-overrides" >&2; exit 2 ;;
    [A-Z]*=*) given+=("$argument") ;;
    *) flags+=("$argument") ;;
  esac
done
stack=$(about stack "$stage")
# The command line replaces the file's overrides, it does not add to them.
listed=$(about overrides "$stage" "${given[@]+"${given[@]}"}" "Architecture=$arch")
overrides=()
while IFS= read -r line; do overrides+=("$line"); done <<<"$listed"

# limits prints the account's concurrent executions, and how many nothing has reserved.
limits() {
  local python
  python=$(dirname "$(command -v "$SAM")")/python
  if command -v aws >/dev/null; then
    aws lambda get-account-settings --output text \
      --query '[AccountLimit.ConcurrentExecutions, AccountLimit.UnreservedConcurrentExecutions]'
  elif [ -x "$python" ]; then # SAM's own, in an environment of its own, has what it needs
    "$python" -c 'import boto3; of = boto3.client("lambda").get_account_settings()["AccountLimit"]; print(of["ConcurrentExecutions"], of["UnreservedConcurrentExecutions"])'
  else
    return 1
  fi 2>/dev/null
}

# preflight stops before anything is made: a table that is kept would be left behind.
preflight() {
  local needs total free
  case " ${overrides[*]} " in *' ReservedConcurrency="off" '*) return ;; esac
  needs=$(about concurrency)
  if ! read -r total free < <(limits); then
    echo "The account's concurrency limit cannot be read (lambda:GetAccountSettings); $needs or more is assumed." >&2
    return
  fi
  # What the stack itself has reserved already is not free, and need not be.
  if [ "$total" -ge "$needs" ] && { [ "$free" -ge "$needs" ] || "$SAM" list stack-outputs --stack-name "$stack" --output json >/dev/null 2>&1; }; then
    return
  fi
  cat >&2 <<TEXT
This account allows $total concurrent executions of Lambda, $free of them free; the stack needs $needs (docs/quotas.md).
Nothing was deployed. Ask AWS for more, or for a trial deploy without setting any aside:
  make deploy ENV=$stage DEPLOY_FLAGS=ReservedConcurrency=off
TEXT
  exit 1
}

# confirm asks every function's live alias what it is. A deployment that changed nothing
# there has failed, whatever CloudFormation says.
confirm() {
  local function answers
  answers=$(mktemp -d)
  for function in $(about functions); do
    "$SAM" remote invoke "$function" --stack-name "$stack" --event-file events/selftest.json \
      --parameter Qualifier=live --output json </dev/null >"$answers/$function" 2>"$answers/$function.log" || true
  done
  about judge "$revision" "$answers" || { rm -rf "$answers"; exit 1; }
  rm -rf "$answers"
}

preflight
ARCH=$arch "$SAM" build --config-env "$stage" --parameter-overrides "Architecture=$arch"
content=$(about revision .aws-sam/build "${overrides[@]}")
revision=$({ "$SAM" list stack-outputs --stack-name "$stack" --output json </dev/null 2>/dev/null || true; } | about attempt "$content")
"$SAM" deploy --config-env "$stage" --no-fail-on-empty-changeset "${flags[@]+"${flags[@]}"}" \
  --parameter-overrides "${overrides[@]}" "Revision=\"$revision\""
"$SAM" list stack-outputs --stack-name "$stack" --output table

printf '\nRevision %s. Asking what is live; this sends nothing.\n' "$revision"
confirm
echo "All of them are. What else there is to do after a first deployment: docs/deploying.md"
