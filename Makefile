# Everything runs in an environment that this file makes from pyproject.toml and constraints.txt.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test bench facts lint clean

demo: $(READY)
	$(BIN)/eegzoo train --data simulated --model eegnet --cv 5 --seed 0

test: lint
	$(BIN)/pytest -n auto --dist worksteal

# Peers that are not installed in the environment are left out, and named.
bench: $(READY)
	$(BIN)/python benchmarks/bench_layers.py
	$(BIN)/python benchmarks/bench_models.py
	$(BIN)/python benchmarks/bench_data.py
	$(BIN)/python benchmarks/bench_accuracy.py

# The facts about models and weights that the command line shows without importing torch.
facts: $(READY)
	$(BIN)/python -m eegzoo.models.measured_facts
	$(BIN)/python -m eegzoo.weights.write_cards

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# torch first and alone: pip then takes the pinned build before any other package asks for a newer one.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
