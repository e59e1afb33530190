# `make help` lists what there is. README says where to start.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A distribution builds its Python with profiles: a tenth less processor time than one that was compiled by hand.
ifndef PYTHON
PYTHON := $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo python3)
endif
export LAB_NAME ?= lab
export SWIFT_K8S_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/swift-k8s
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Programs that live for a moment, such as helm, gain a tenth by collecting less garbage.
export GOGC ?= 400
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
COLLECTION := collections/ansible_collections/swift/k8s
LAB := PYTHONPATH=roles/lab $(PYTHON) -m lab
BENCH := PYTHONPATH=scripts:collections:roles/lab:. python
PATIENT := --timeout=900 --durations=15
# What tests run on: the lab with its images, or with LAB_KUBECONFIG the cluster that it names, as it is.
CLUSTER := $(if $(LAB_KUBECONFIG),bootstrap,lab-engines)

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z][a-z%-]*:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | column -t -s $$'\t'

.PHONY: bootstrap
bootstrap: ## install what the others need into the cache (quiet when all is there)
	@$(PYTHON) scripts/bootstrap

.PHONY: machine
machine: # bootstrap, with what the lab needs in the same list, before minutes of work
	@$(PYTHON) scripts/bootstrap $(if $(LAB_KUBECONFIG),,--lab)

# --- the lab and the demo -------------------------------------------------------------------------------------------
.PHONY: lab-build lab-up lab-engines lab-down lab-status lab-only
lab-build: machine ## compile what the lab is made of into the cache (once, seven minutes; `lab-up` does it too)
	@$(LAB) build
lab-up: machine ## start the lab cluster (first time: compiles it)
	@$(LAB) up
lab-engines: lab-only lab-up ## ms-swift and its stand-in into the lab's registry, tiny models into its hub
	@$(LAB).engine publish
lab-down: ## remove the lab without trace
	@$(LAB) down
lab-status: ## what runs in the lab
	@$(LAB) status
lab-only: # what follows deploys images and models that only the lab has
	@[ -z "$(LAB_KUBECONFIG)" ] || { echo "LAB_KUBECONFIG=$(LAB_KUBECONFIG) names another cluster, and this needs the lab itself:" \
		"unset it (make demo and make test take it)" >&2; exit 1; }

.PHONY: demo
demo: machine ## deploy a real ms-swift on the lab (or on LAB_KUBECONFIG), ask it, run again: nothing changed
	@PYTHONPATH=collections:roles/lab python scripts/demo.py

# --- gates ------------------------------------------------------------------------------------------------------------
.PHONY: check
check: bootstrap ## lint, types, unit tests, sanity, chart, collection: the inner loop (three minutes on two cores)
	@python scripts/gates.py

.PHONY: lint types unit chart sanity late collection-test
lint: bootstrap ## ruff, yamllint, ansible-lint
	@python scripts/gates.py lint
types: bootstrap ## mypy --strict
	@python scripts/gates.py types
unit: bootstrap ## unit tests with coverage of module_utils
	@python scripts/gates.py unit
chart: bootstrap ## helm lint, renders, examples
	@python scripts/gates.py chart
sanity: bootstrap ## ansible-test sanity, all of it
	@python scripts/gates.py sanity pylint
late: bootstrap ## what takes too long for check: pylint of ansible-test, ansible-lint for the molecule scenarios
	@python scripts/gates.py pylint scenarios
collection-test: bootstrap ## build the tarball, install it into an empty path, run it there
	@python scripts/gates.py collection

.PHONY: test test-slow test-life test-lab test-devices test-services test-storage test-scaling test-engine test-gang test-tasks test-groups test-ingress molecule
test: machine check ## all tests but those with targets of their own below; side by side, on a lab each
ifdef LAB_KUBECONFIG
	@$(MAKE) late test-slow test-lab
	@echo "skipped: test-life, molecule and test-engine, which need the lab itself: LAB_KUBECONFIG names another cluster"
else
	@$(MAKE) lab-build
	@python scripts/lanes.py "test-slow late" "test-life"
	@python scripts/lanes.py "test-storage molecule" "test-services" "test-devices test-engine"
endif
test-slow: bootstrap ## what takes longer than ten seconds and needs no lab: a hundred kills, fifty thousand files
	@pytest -m "slow and not lab" -n 2 $(COLLECTION)/tests tests/unit
test-life: lab-only lab-build ## labs of their own: started, killed, interrupted, removed without trace
	@pytest -m "slow" tests/lab --timeout=900
test-lab: test-devices test-services test-storage ## the tests that need a real cluster
test-devices: $(CLUSTER) ## those of them for the cluster, its devices, preflight and rights
	@pytest -m "lab and not slow" tests/lab/test_{airgap,cluster,device,preflight,probe,rights}* $(PATIENT)
test-services: $(CLUSTER) ## those for chart and releases
	@pytest -m "lab and not slow" tests/lab/test_{chart,release}* $(PATIENT)
test-storage: $(CLUSTER) ## those for volumes and model caches
	@pytest -m "lab and not slow" tests/lab/test_{seed,storage}* $(PATIENT)
test-scaling: lab-engines ## requests scale a service up and down on the lab; compiles KEDA the first time (6 minutes)
	@$(LAB).scaling up
	@pytest -s tests/scaling --timeout=580; ended=$$?; $(LAB).scaling down; exit $$ended
test-groups: lab-engines ## a model on two pods, kept by the real LeaderWorkerSet controller; compiles it the first time
	@$(LAB).groups up
	@pytest tests/groups --timeout=180; ended=$$?; $(LAB).groups down; exit $$ended
test-ingress: lab-engines ## HTTPS with key or password through a real controller (Ingress and Gateway API); compiles Traefik the first time
	@$(LAB).ingress up
	@pytest tests/ingress --timeout=300; ended=$$?; $(LAB).ingress down; exit $$ended
molecule: lab-engines ## whole deployments on the lab: converge, idempotence by the audit log, verify, teardown
	@molecule --base-config .config/molecule/config.yml test --all
test-engine: lab-engines ## the real ms-swift on CPU: in pods of the chart, and with the stand-in held against it; hub clients
	@pytest -m "(engine or clients) and not slow" tests/engine tests/unit/lab $(COLLECTION)/tests --timeout=900
test-gang: lab-engines ## the real ms-swift in two pods: one is lost, both go on from the newest checkpoint (3 minutes)
	@pytest -m "engine and slow" tests/engine/test_gang.py --timeout=420
test-tasks: lab-only lab-up ## the real ms-swift for pt, full, QLoRA, nine kinds of rlhf, sample, infer, eval, bnb, embedding, reranker, app, web-ui
	@$(LAB).engine publish --extras
	@pytest -m "engine and slow" tests/engine/test_tasks.py tests/engine/test_interfaces.py --timeout=300

.PHONY: bench bench-cache bench-report chaos-release
bench: lab-engines ## run every bench, write build/bench/*.json
	@for bench in bench/bench_*.py; do $(BENCH) "$$bench"; done
	@python bench/report.py
bench-cache: bootstrap ## the downloader against its peers; needs no lab (eight minutes)
	@$(BENCH) bench/bench_cache.py
bench-%: lab-engines ## one area: cache chart deploy devices facts lab plan release rollout seed
	@$(BENCH) bench/bench_$*.py
chaos-release: lab-engines ## kill runs at random moments, rerun once (TRIALS=30 SEED=n, or REPLAY=n for one trial again)
	@$(BENCH) bench/chaos_release.py \
		--trials $(or $(TRIALS),30) $(if $(SEED),--seed $(SEED)) $(if $(REPLAY),--replay $(REPLAY))
bench-report: bootstrap ## one table of all measured figures, those short of their goal first
	@python bench/report.py

# --- releases ---------------------------------------------------------------------------------------------------------
.PHONY: collection lock clean
collection: bootstrap ## build the collection's tarball with the packaged chart into dist/
	@python scripts/collection.py dist
lock: bootstrap ## renew the locked requirements
	@python scripts/lock.py
clean: ## remove what builds and tests left in the checkout (the cache stays)
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .coverage $(COLLECTION)/tests/output
