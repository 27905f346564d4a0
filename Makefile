# `make run` and `make test` are all a newcomer needs; both make the environment first where it is missing.
PORT ?= 8501
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint docs benchmark clean

run: .venv/run.stamp
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.address 127.0.0.1

test: .venv/test.stamp
	$(BIN)/python -m pytest

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy xai_core

# The README's table of methods, from the methods themselves.
docs: .venv/run.stamp
	$(BIN)/python -m xai_core list --readme README.md

benchmark: .venv/run.stamp
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache

# TensorFlow takes three times as long to import when its byte code is not written at install.
.venv/run.stamp: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements.txt
	$(BIN)/python -m compileall -q -j 0 .venv/lib || true
	touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.txt requirements-oracles.txt
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --requirement requirements-oracles.txt
	touch $@
