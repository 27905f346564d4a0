# `make run` and `make test` are all a newcomer needs; both make the environment first where it is missing.
PORT ?= 8501
PYTHON ?= python3
BIN := .venv/bin
UV ?= uv

# The lock files hold every package with its hash, for Linux; elsewhere pip resolves what is not pinned.
ifeq ($(shell uname -s),Linux)
RUN := requirements.lock
TEST := requirements-dev.lock
ORACLES := requirements-oracles.lock
else
RUN := requirements.txt
TEST := requirements-dev.txt
ORACLES := requirements-oracles.txt
endif

.PHONY: run test coverage lint docs benchmark lock clean

run: .venv/run.stamp
	$(BIN)/python -m xai_core run --port $(PORT)

test: .venv/test.stamp
	$(BIN)/python -m pytest

# The same tests, and which branches none of them takes. Apart from `make test`, as measuring costs about 70 % more processor
# time on Python 3.11 (tests of the pages, the report and the contract); from 3.14 on Python measures branches by itself.
coverage: .venv/test.stamp
	$(BIN)/python -m pytest --cov --cov-report=term

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The table of methods, from the methods themselves.
docs: .venv/run.stamp
	$(BIN)/python -m xai_core list --readme docs/METHODS.md

benchmark: .venv/run.stamp
	$(BIN)/python -m benchmarks

# After a change of requirements*.txt: keeps every version that still fits. Needs uv (`pip install uv`).
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"
lock:
	$(COMPILE) --output-file requirements.lock requirements.txt
	$(COMPILE) --output-file requirements-dev.lock --constraints requirements.lock requirements.txt requirements-dev.txt
	$(COMPILE) --output-file requirements-oracles.lock --no-deps requirements-oracles.txt

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .coverage build dist

# TensorFlow takes three times as long to import when its byte code is not written at install.
.venv/run.stamp: $(RUN)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --requirement $(RUN)
	$(BIN)/python -m compileall -q -j 0 .venv/lib || true
	touch $@

.venv/test.stamp: .venv/run.stamp $(TEST) $(ORACLES)
	$(BIN)/python -m pip install --quiet --no-compile --requirement $(TEST)
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --requirement $(ORACLES)
	touch $@
