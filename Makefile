# All targets use a virtual environment made from pyproject.toml and constraints.txt.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test docs bench facts findings lint clean

demo: $(READY)
	$(BIN)/eegzoo train --data simulated --model eegnet --cv 5 --seed 0 --report demo.html

test: lint
	$(BIN)/pytest -n auto --dist worksteal

# Examples run, which takes minutes; PLOT=0 leaves their pictures out. The build needs no network.
PLOT ?= 1
docs: $(READY)
	$(BIN)/python -m sphinx -M html docs docs/_build -n -W --keep-going -D plot_gallery=$(PLOT)

# Other libraries that are not installed are left out with a message.
bench: $(READY)
	$(BIN)/python benchmarks/bench_layers.py
	$(BIN)/python benchmarks/bench_models.py
	$(BIN)/python benchmarks/bench_goals.py
	$(BIN)/python benchmarks/bench_data.py
	$(BIN)/python benchmarks/bench_accuracy.py

# Facts about models and weights that the command line shows without importing torch.
facts: $(READY)
	$(BIN)/python -m eegzoo.models.measured_facts
	$(BIN)/python -m eegzoo.weights.write_cards
	$(BIN)/python -m eegzoo.reproduction.write_table

# What outside software does unexpectedly; installs pinned packages into temporary folders.
findings:
	set -e; for script in findings/*.sh; do bash $$script; done

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# torch comes first, so that pip takes the pinned build before another package requires a newer one.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf $(addprefix docs/, _build about api auto_examples commands generated models weights.md)
