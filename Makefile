# make run: install, index corpus/, serve the page.   make test: install what tests need, run them all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test lint eval bench screenshots api clean

run: $(VENV)/installed
	@echo "Indexing corpus/: about a minute the first time"
	$(BIN)/loccit index corpus
	$(BIN)/loccit serve

test: $(VENV)/installed-test lint
	sh tests/install_chromium.sh
	$(BIN)/python -m pytest -q

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The corpus measured: about a minute.
eval: $(VENV)/installed
	$(BIN)/loccit eval corpus

# Speed beside plain libraries, cost by size of the index, and word search: about 20 minutes. DATA is the folder that
# holds docs-fr, docs-en, xquad-en and debian-faq-*; SIZES=1000,10000,100000,1000000 adds half an hour.
SIZES ?= 1000,10000,100000
bench: $(VENV)/installed-bench
	@test -n "$(DATA)" || { echo "Say where the articles are: make bench DATA=folder"; exit 2; }
	mkdir -p build
	$(BIN)/python -m tests.benchmarks.speed $(DATA) --json build/speed.json
	$(BIN)/python -m tests.benchmarks.word_search $(DATA) --json build/word_search.json
	$(BIN)/python -m tests.benchmarks.growth $(DATA) --sizes $(SIZES) --json build/growth.json --plot build/growth.png

# The pictures of the README, taken anew into tests/benchmarks/screenshots: about a minute.
screenshots: $(VENV)/installed-test
	sh tests/install_chromium.sh
	$(BIN)/python -m tests.benchmarks.screenshots

# Every operation of the OpenAPI description called by schemathesis: about five minutes.
api: $(VENV)/installed-api
	$(BIN)/python -m tests.benchmarks.api

clean:
	rm -rf $(VENV) .loccit build *.egg-info

# Debian keeps ensurepip apart, in python3-venv.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; call make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -qy python3-venv; \
	  else echo "Python's venv module is missing; install it: sudo apt install python3-venv"; exit 1; fi; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV): about 1.8 GB, two minutes with a fast connection"
	$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(PIP) install -q -c constraints.txt -e '.[test]'
	@touch $@

$(VENV)/installed-api: $(VENV)/installed-test
	$(PIP) install -q -c constraints.txt -e '.[api]'
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed
	$(PIP) install -q -c constraints.txt -e '.[bench]'
	@touch $@
