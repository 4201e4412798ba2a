# `make demo` and `make test` set up .venv by themselves; nothing but Python 3.11 or newer has to be there.

VENV ?= .venv
JOBS ?= 2
EXAMPLE ?= techms
ONCE ?=
FULL ?=
ARGS ?=

# The extras that an example needs; one that is not named here gets what covers all of them.
EXTRAS_default = coworks,jwt
EXTRAS_shop = gateway
EXTRAS_cognito = gateway,jwt
EXTRAS_tenants = gateway,jwt
EXTRAS_policyfile = gateway,policy-files
EXTRAS_techms = coworks
EXTRAS = $(or $(EXTRAS_$(EXAMPLE)),$(EXTRAS_default))

EXAMPLES = $(patsubst examples/%/__main__.py,%,$(wildcard examples/*/__main__.py))

BIN = $(VENV)/bin
comma := ,
DEMO_READY = $(VENV)/.ready-demo-$(subst $(comma),+,$(EXTRAS))
TEST_READY = $(VENV)/.ready-test
EMULATOR = $(VENV)-ministack
EMULATOR_READY = $(EMULATOR)/.ready
LINT_READY = $(VENV)/.ready-lint
BENCH_READY = $(VENV)/.ready-bench
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input

# An environment whose interpreter is gone is not ready, whatever its marks say; make looks at them once, so this comes first.
_ := $(shell test ! -d '$(VENV)' || $(BIN)/python -c 'import pip' 2>/dev/null || rm -f $(VENV)/.ready-* $(VENV)-ministack/.ready)

.DEFAULT_GOAL := help
.PHONY: bench help demo example test lint format types layers check clean

help:
	@echo 'make demo               serve an example behind the local API Gateway, and print the calls to try'
	@echo 'make demo ONCE=1        make those calls and check the answers, then stop'
	@echo 'make demo EXAMPLE=name  another one: $(EXAMPLES)'
	@echo 'make test               the whole test suite (ARGS="tests/unit -k pattern" for a part of it)'
	@echo 'make bench              measure beside the peers, and write benchmarks/RESULTS.md (FULL=1: the long run)'
	@echo 'make check              lint, types, layers'
	@echo 'make format             let ruff format and mend'

demo: example $(DEMO_READY)
	@$(BIN)/python -m examples.$(EXAMPLE) $(if $(filter-out 0 no false,$(ONCE)),--once) $(ARGS)

example:
	@test -d 'examples/$(EXAMPLE)' || { \
		echo "error: no example '$(EXAMPLE)'" >&2; echo 'help: there are: $(EXAMPLES)' >&2; exit 2; }

# The tests of one file share servers and stories, so they stay on one worker, in their order.
test: $(TEST_READY) $(EMULATOR_READY)
	@CWSAUTH_MINISTACK_PYTHON='$(abspath $(EMULATOR))/bin/python' $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -q $(ARGS)

bench: $(BENCH_READY)
	@$(BIN)/python -m benchmarks.run $(if $(filter-out 0 no false,$(FULL)),--full) $(ARGS)

check: lint types layers

lint: $(LINT_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(LINT_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(LINT_READY)
	$(BIN)/mypy .

layers: $(LINT_READY)
	$(BIN)/lint-imports --no-logo

clean:
	rm -rf $(VENV) $(EMULATOR) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# A set-up is done again when pyproject.toml is newer than its mark; the mark is written last, so that an interrupted one counts for nothing.
$(VENV)/.ready-demo-%: pyproject.toml | venv
	@echo 'installing cwsauth[$(subst +,$(comma),$*)] into $(VENV) ...'
	@$(PIP) install -qq --editable '.[$(subst +,$(comma),$*)]'
	@touch $@

$(TEST_READY): pyproject.toml | venv
	@echo 'installing cwsauth[all] and what its tests need into $(VENV) (the first time takes a minute) ...'
	@$(PIP) install -qq --editable '.[all]' --group test
	@touch $@

$(EMULATOR_READY): pyproject.toml | $(TEST_READY)
	@echo 'installing the server that stands for AWS into $(EMULATOR) ...'
	@$(BIN)/python -m venv --clear '$(EMULATOR)' && $(EMULATOR)/bin/python -m pip install -qq --upgrade 'pip>=25.1'
	@$(EMULATOR)/bin/python -m pip install -qq --disable-pip-version-check --group emulator
	@touch $@

$(BENCH_READY): pyproject.toml | venv
	@echo 'installing cwsauth[all] and the peers into $(VENV) ...'
	@$(PIP) install -qq --editable '.[all]' --group test --group bench
	@# oso 0.27.3, its last release, asks for cffi 1 where cryptography asks for 2; it runs with 2, and is left out where it has no wheel.
	@$(PIP) install -qq --no-deps --only-binary :all: 'oso==0.27.3' 2>/dev/null || echo 'notice: oso has no wheel for this Python, so it is not measured'
	@touch $@

$(LINT_READY): pyproject.toml | venv
	@echo 'installing cwsauth[all], ruff, mypy and import-linter into $(VENV) (the first time takes a minute) ...'
	@$(PIP) install -qq --editable '.[all]' --group test --group lint
	@touch $@

# An environment whose interpreter is gone, or was never finished, is made anew.
.PHONY: venv
venv:
	@$(BIN)/python -c 'import pip' 2>/dev/null || { \
		python="$(PYTHON)"; \
		test -n "$$python" || python="$$(sh .ci/pythons --best | cut -d ' ' -f 2-)"; \
		if test -z "$$python"; then \
			echo 'error: no Python 3.11 or newer that can make virtual environments was found' >&2; \
			echo 'help: install one (Debian and Ubuntu: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.12 ...' >&2; \
			exit 1; \
		fi; \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
			echo "error: $$python is not Python 3.11 or newer" >&2; exit 1; }; \
		echo "making $(VENV) with $$("$$python" --version) ..."; \
		"$$python" -m venv --clear '$(VENV)' && $(PIP) install -qq --upgrade 'pip>=25.1'; \
	}
