# Every command prepares what it needs by itself and is quick when run again.
.PHONY: help quickstart build test check bench doctor clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

quickstart: build ## build Hone and fine-tune the encoder on Recipes/support
	@.build/release/hone quickstart

build: ## build the `hone` program (.build/release/hone)
	@Scripts/build

test: ## build and pass the tests
	@Scripts/test

check: ## run every gate of CONTRIBUTING.md
	@Scripts/check --self-test
	@Scripts/check

bench: ## run every benchmark beside its peers (two hours; makes .deps/venv); ARGUMENTS="--suite decoding" for one
	@Scripts/bootstrap --quiet --venv Benchmarks/requirements.txt
	@Scripts/build --build-tests
	@.deps/venv/bin/python Benchmarks/run.py --suite all $(ARGUMENTS)

doctor: build ## say what this machine offers: versions, threads, device, speed, disk
	@.build/release/hone doctor

clean: ## remove what the build made; downloads in .deps stay
	rm -rf .build .out
