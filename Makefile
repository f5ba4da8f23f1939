# make run and make test need Go and nothing else; the other targets install what
# they need into .tools.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

FUNCTIONS := $(notdir $(patsubst %/main.go,%,$(wildcard functions/*/main.go)))
TOOLS := $(CURDIR)/.tools
VENV := $(TOOLS)/venv
SAM_VENV := $(TOOLS)/sam
# Ours is pinned; SAM=sam takes one that is installed already.
SAM ?= $(SAM_VENV)/bin/sam
SAM_READY = $(if $(filter $(SAM_VENV)/%,$(SAM)),$(SAM_VENV)/ready)
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
# What Lambda runs the functions on: arm64 or x86_64. make sam-build and make deploy
# tell the template.
ARCH ?= arm64
# What runs here runs on this machine, unless ARCH says otherwise.
MACHINE := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
LOCAL_ARCH = $(if $(filter file,$(origin ARCH)),$(MACHINE),$(ARCH))
# The same tree makes the same bytes on every machine with the toolchain of go.mod: no
# paths, no time, no state of git. What is deployed is named by its REVISION.
GO_BUILD = GOOS=linux GOARCH=$(if $(filter x86_64,$(ARCH)),amd64,$(ARCH)) CGO_ENABLED=0 GOFLAGS= go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '-s -w'
DYNOXIDE := $(TOOLS)/bin/dynoxide
# go run checks tools against the checksum database, as it does modules.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: run
run: ## run the whole service on this machine, with a sandbox of both providers
	@go run ./cmd/local

# Tests make much garbage and keep little: a fifth of their time was its collection. It costs some
# hundred megabytes more.
test race: export GOGC ?= 400

.PHONY: test
test: ## run every test that needs Go alone
	go test ./...

# The tests of functions/ look at compiled functions, which the detector does not see into.
.PHONY: race
race: ## run them with the race detector, fewer repetitions of the long ones; needs a C compiler
	go test -race -timeout 20m $$(go list ./... | grep -v '/functions$$')

.PHONY: check
check: ## do what CI does
	bash .ci/run

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, go.mod
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "not formatted: $$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(STATICCHECK) -tags trial ./pkg/trial ./pkg/wire ./pkg/sim ./pkg/boot
	go mod tidy -diff
	go mod verify

.PHONY: vulnerabilities
vulnerabilities: ## known vulnerabilities of what is built; needs the network (vuln.go.dev), so that make check does without
	go run $(GOVULNCHECK) ./...

.PHONY: build
build: ## build every function for Lambda into .build (ARCH=arm64, or x86_64)
	@for f in $(FUNCTIONS); do echo "build $$f"; $(GO_BUILD) -o .build/$$f/bootstrap ./functions/$$f; done

# sam build calls these, one per function of the template.
.PHONY: build-CreatePayout build-GetPayout build-OperatePayout build-VexoraCallback build-MonetixCallback build-ReconcilePayouts build-NotifyMerchant build-GateTraffic
build-CreatePayout: FUNCTION = create-payout
build-GetPayout: FUNCTION = get-payout
build-OperatePayout: FUNCTION = operate-payout
build-VexoraCallback: FUNCTION = vexora-callback
build-MonetixCallback: FUNCTION = monetix-callback
build-ReconcilePayouts: FUNCTION = reconcile-payouts
build-NotifyMerchant: FUNCTION = notify-merchant
build-GateTraffic: FUNCTION = gate-traffic
build-CreatePayout build-GetPayout build-OperatePayout build-VexoraCallback build-MonetixCallback build-ReconcilePayouts build-NotifyMerchant build-GateTraffic:
	$(GO_BUILD) -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(FUNCTION)

.PHONY: sam-build
sam-build: $(SAM_READY) ## sam build, for this machine or for ARCH
	ARCH=$(LOCAL_ARCH) SAM_CLI_TELEMETRY=0 $(SAM) build --parameter-overrides Architecture=$(LOCAL_ARCH)
	@printf '\nBuilt for %s. To try it beside make local-aws:\n  %s\n' $(LOCAL_ARCH) \
	  'make invoke FUNCTION=CreatePayout EVENT=events/create-payout-vexora.json$(if $(filter-out $(MACHINE),$(LOCAL_ARCH)), ARCH=$(LOCAL_ARCH))'

# The containers' name for this machine: Docker Desktop knows host.docker.internal by
# itself, Docker on Linux only when told.
CONTAINER_HOST_ADDRESS ?= host-gateway
SAM_LOCAL_FLAGS = --env-vars env.json --parameter-overrides Architecture=$(LOCAL_ARCH) --add-host host.docker.internal:$(CONTAINER_HOST_ADDRESS) $(SAM_FLAGS)

.PHONY: invoke
invoke: $(SAM_READY) ## sam local invoke of FUNCTION with the file EVENT, after make sam-build
	SAM_CLI_TELEMETRY=0 $(SAM) local invoke $(FUNCTION) --event $(EVENT) $(SAM_LOCAL_FLAGS)

.PHONY: start-api
start-api: $(SAM_READY) ## sam local start-api, after make sam-build
	SAM_CLI_TELEMETRY=0 $(SAM) local start-api $(SAM_LOCAL_FLAGS)

# Without a stage nothing is installed: the first line of the recipe refuses it.
.PHONY: deploy
deploy: $(if $(filter dev staging prod,$(ENV)),$(SAM_READY)) ## sam build and sam deploy to ENV (dev, staging or prod), then ask what is live; DEPLOY_FLAGS="Name=value --flag"
	@case "$(ENV)" in dev|staging|prod) ;; *) echo 'say where: make deploy ENV=dev, staging or prod'; exit 2;; esac
	SAM=$(SAM) bash scripts/deploy.sh "$(ENV)" "$(ARCH)" $(DEPLOY_FLAGS)

.PHONY: local-aws
local-aws: $(VENV)/ready ## what sam local needs: the template's table and secrets, and the sandbox
	@MOTO=$(VENV)/bin/moto_server bash scripts/local-aws.sh

.PHONY: integration
integration: $(VENV)/ready $(SAM_VENV)/ready ## prove the template with SAM's own tools: validate, build, transform, local invoke, start-api
	SAM=$(SAM) PYTHON=$(SAM_VENV)/bin/python MOTO=$(VENV)/bin/moto_server bash scripts/integration.sh

.PHONY: test-aws
test-aws: $(DYNOXIDE) $(VENV)/ready ## run the store suite, and killed processes, against wire implementations of DynamoDB and Secrets Manager
	DYNOXIDE=$(DYNOXIDE) MOTO=$(VENV)/bin/moto_server bash scripts/with-aws.sh \
	  env REQUIRE_AWS=1 REQUIRE_DYNAMODB=1 go test -p 1 -count=1 -v -run 'Conformance|OnTheWire|SeveralProcesses|Killed' ./pkg/dynamo ./pkg/boot ./functions

.PHONY: cost
cost: $(DYNOXIDE) ## count what a million payouts cost, and print docs/cost.md
	@DYNOXIDE=$(DYNOXIDE) bash scripts/with-aws.sh go run ./cmd/cost

.PHONY: recovery
recovery: ## put 2,000 payouts through outages, lost answers and wrong callbacks, and count where they end
	RECOVERY_PAYOUTS=$${RECOVERY_PAYOUTS:-2000} go test -count=1 -timeout 20m -run 'WorstWeather|InTheStorm' -v ./pkg/boot

.PHONY: sim
sim: ## try to break the promises: 20,000 histories, every pair of faults (not with PAIRS=off), every mutant; SEED=41 tells one history
ifdef SEED
	@go run ./cmd/sim -seed $(SEED)
else
	@go build -o .build/sim ./cmd/sim
	@.build/sim -histories $${HISTORIES:-20000} $(if $(HISTORIES),,-page README.md)
	$(if $(filter off,$(PAIRS)),,@.build/sim -exhaustive -page README.md)
	@.build/sim -mutants -page README.md
endif

# A provider that does not exist, behind a build tag: what is deployed never has it.
.PHONY: trial
trial: ## prove that a third provider takes a room and a row: build, test and simulate with it
	go vet -tags trial ./pkg/... ./cmd/...
	go test -tags trial ./pkg ./pkg/trial ./pkg/wire ./pkg/bank ./pkg/statement ./pkg/template ./pkg/edge ./pkg/memstore ./pkg/localstore
	go test -tags trial -run 'Trial|Selftest' ./pkg/boot
	go run -tags trial ./cmd/sim -histories $${HISTORIES:-3000}

.PHONY: sim-long
sim-long: ## the same with 2,000,000 histories, none of which CI has run
	@go build -o .build/sim ./cmd/sim
	@.build/sim -from 1000000 -histories 2000000

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME each (200000x inputs, or a time such as 1m)
	bash scripts/fuzz.sh $${FUZZTIME:-200000x}

.PHONY: lint-template
lint-template: $(VENV)/ready ## cfn-lint on template.yaml, actionlint on the pipeline
	$(VENV)/bin/cfn-lint template.yaml
	go run $(ACTIONLINT) .github/workflows/*.yml

.PHONY: clean
clean: ## remove what the other targets have made, the data of local runs included (.local, .local-2, ...)
	rm -rf .build .local .local-* .aws-sam

$(DYNOXIDE):
	cargo install dynoxide-rs --version 3.2.0 --locked --no-default-features --features native-sqlite,http-server,cli --root $(TOOLS)

# Nothing is installed that is not listed with its hash, and nothing is built here: a
# build would fetch what it needs without one.
$(VENV)/ready: scripts/requirements.txt
$(SAM_VENV)/ready: scripts/requirements-sam.txt
$(VENV)/ready $(SAM_VENV)/ready:
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r $<
	$(@D)/bin/pip check
	touch $@
