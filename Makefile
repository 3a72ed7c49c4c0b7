# make test    set up, then all checks and tests
# make bench   set up, then the benchmarks against plain CPython (PROGRAMS, ENGINES, LENGTHS, ROUNDS, PEERS: docs/measuring.md)
# make format  rewrite the source in the house layout
# make clean   remove what set-up made

PYTHON := .venv/bin/python
WORKERS ?= 2

.PHONY: test bench setup check format clean

test: check
	# What fails beside other tests (timers, time limits) is run once more by itself.
	$(PYTHON) -m pytest -n $(WORKERS) || $(PYTHON) -m pytest --last-failed --last-failed-no-failures none

check: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

bench: setup
	PROGRAMS="$(PROGRAMS)" ENGINES="$(ENGINES)" LENGTHS="$(LENGTHS)" ROUNDS="$(ROUNDS)" PEERS="$(PEERS)" \
		$(PYTHON) -m whitehot.tools.bench

setup:
	@python3 scripts/setup_environment.py

format: setup
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

clean:
	rm -rf .venv .python build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
