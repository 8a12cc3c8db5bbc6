# make demo     build, install into .venv, convert a real data set and read it back
# make test     linters, type checks and all tests, with all that they need
# make environments   test beside other packages' releases: environments/README.md
# make bench    measure against memcpy, libprotobuf, the SageMaker SDK and others
# make lint, make format, make clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
C_FILES := $(wildcard csrc/src/*.[ch] csrc/include/recordsmith/*.h src/recordsmith/*.h \
    tests/c/*.[ch] tests/fuzz/*.[ch])
# The package is installed in place, so only the native part and the metadata make an
# installation stale.
NATIVE := pyproject.toml setup.py $(wildcard src/recordsmith/*.pyx src/recordsmith/*.px[di] \
    src/recordsmith/*.h csrc/src/*.[ch] csrc/include/recordsmith/*.h)

.PHONY: demo test environments bench lint format clean

demo: $(VENV)/.installed
	$(BIN)/python examples/demo.py

test: $(VENV)/.installed-test lint
	$(BIN)/python -m pytest -n auto

environments: $(VENV)/.venv
	$(BIN)/python environments/make.py --test

bench: $(VENV)/.installed-bench benchmarks/.venv-sdk/.installed
	$(BIN)/python -m benchmarks.run

lint: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $(C_FILES)

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(C_FILES)

clean:
	rm -rf $(VENV) .ci-venvs .environments benchmarks/.venv-sdk benchmarks/.build build dist src/*.egg-info
	rm -f src/recordsmith/_core.c src/recordsmith/*.so
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache

# One stamp per kind of installation, because pip itself is slow to find nothing to do.
# The richer ones contain the plain one.
$(VENV)/.venv:
	@$(PYTHON) tools/prerequisites.py
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/.installed: $(VENV)/.venv $(NATIVE)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.venv $(NATIVE)
	$(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: $(VENV)/.venv $(NATIVE) benchmarks/requirements.txt
	$(BIN)/python -m pip install --quiet --editable . -r benchmarks/requirements.txt
	touch $@ $(VENV)/.installed

# Where the SDK cannot be installed, the measurements go on without it, and say so.
benchmarks/.venv-sdk/.installed: $(VENV)/.venv benchmarks/requirements-sdk.txt
	rm -rf benchmarks/.venv-sdk
	-$(PYTHON) -m venv benchmarks/.venv-sdk && \
	    benchmarks/.venv-sdk/bin/python -m pip install --quiet \
	        -r benchmarks/requirements-sdk.txt && touch $@
