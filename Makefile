# Two commands: `make run` and `make test`. Both build .venv first, from hash-locked requirements.
PYTHON ?= python3
PORT ?= 8000
export PORT
# Whatever the environment says: what follows starts Python many times, and compiling every module each time takes longer than running it.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
PYTEST := $(BIN)/pytest -q -m "not long"
# Two halves of the list; who is ready first takes over from the other.
BY_TWO := -n 2 --dist worksteal

# Installs Debian packages quietly; asks for the current lists only when that does not work without.
apt = { export DEBIAN_FRONTEND=noninteractive; \
  apt-get install -y -qq --no-install-recommends $(1) >/dev/null 2>&1 \
  || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }; }

LINT := lint-types lint-style lint-django
TWO_AT_A_TIME := --no-print-directory --jobs=2
.PHONY: setup run test test-sqlite test-postgresql coverage lint $(LINT) lock python browsers axe

setup:
	@$(MAKE) $(TWO_AT_A_TIME) .venv/ready

python:
	@[ -e .venv/installed ] || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; choose it with PYTHON=…"; exit 2; }
	@[ -e .venv/installed ] || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { [ "$$(id -u)" = 0 ] && $(call apt,python3-venv); } || { echo "First: sudo apt-get install python3-venv"; exit 2; }

# A newer pip is through the index three times sooner than that of Python 3.11, which would do, too.
# --no-compile: most modules are never imported, and Python compiles the others when they are.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
HASHED := $(PIP) --no-compile --require-hashes

# What the search for rides is compiled with comes first: one core compiles it while pip unpacks the rest on the other.
SEARCH := highspy llvmlite numba numpy
.venv/begun: requirements/dev.txt requirements/pip.txt pyproject.toml requirements/dependencies.py | python
	@echo "Building .venv; this takes a minute or two the first time."
	$(PYTHON) -m venv .venv
	-@$(PIP) --require-hashes -r requirements/pip.txt
	@awk 'BEGIN { split("$(SEARCH)", names); for (n in names) wanted[names[n]] } /^[a-z]/ { split($$0, part, "=="); is_wanted = part[1] in wanted } is_wanted' requirements/dev.txt > .venv/search.txt
	$(HASHED) -r .venv/search.txt
	@touch .venv/begun

.venv/installed: .venv/begun
	$(HASHED) -r requirements/dev.txt
	$(BIN)/pip check --quiet --disable-pip-version-check
	$(PIP) --no-build-isolation -e .
	$(BIN)/sarangbang translations compile
	@touch .venv/installed

# Both halves of `sarangbang dispatch compile`, each as soon as there is what it needs. What a compiler makes stays: to
# look for garbage in it meanwhile would take a tenth of the time.
.venv/rides: .venv/begun
	@echo "Compiling the search of dispatch; this takes a minute or two the first time."
	@PYTHONPATH=$(CURDIR)/src $(BIN)/python -c 'import gc; gc.disable(); from sarangbang.dispatch.solving import ready; ready()'
	@touch .venv/rides

.venv/interpreters: .venv/installed
	@$(BIN)/python -c 'import gc; gc.disable(); from sarangbang.dispatch.interpreting.plan import warm_up; warm_up()'
	@touch .venv/interpreters

.venv/ready: .venv/rides .venv/interpreters
	@touch .venv/ready

run: setup
	@exec $(BIN)/sarangbang run

$(LINT): .venv/installed

lint: .venv/installed
	@$(MAKE) $(TWO_AT_A_TIME) --output-sync=target $(LINT)

# What it found is kept for the next time, which CI's clean clone does not have.
lint-types:
	$(BIN)/mypy $(if $(filter true,$(CI)),--cache-dir=/dev/null)

lint-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lint-django:
	DEBUG=1 DATABASE_URL=sqlite://:memory: $(BIN)/sarangbang manage makemigrations --check --dry-run
	$(BIN)/sarangbang translations compile
	$(BIN)/sarangbang translations check

# Debian's browser, fonts and database for the tests (libatomic1 is what Playwright's driver runs with; Chromium without a window takes a third less of the processor, and where Debian has none of it the other does). Without root the tests that need them are skipped and say so.
NEEDED := chromium-headless-shell fonts-noto-core fonts-noto-cjk libatomic1 postgresql
browsers: python
	@missing=""; for package in $(NEEDED); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ]; then echo "Installing$$missing"; $(call apt,$$missing) || $(call apt,$$(echo $$missing | sed s/-headless-shell//)); \
	else echo "Skipping tests in the browser or on PostgreSQL; to have them: sudo apt-get install$$missing"; fi

# Nothing waits for what it does not need: the browser comes while Python's packages do, the search is compiled meanwhile,
# and the checks read beside it.
test:
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target browsers .venv/rides .venv/interpreters .venv/ready .venv/read $(LINT)
	@$(MAKE) $(TWO_AT_A_TIME) --output-sync=line test-sqlite test-postgresql

# Python compiles what it imports, half a minute's work, and keeps it. Those who test begin at the same moment: on a clean clone each of the three would do it all.
.venv/read: .venv/installed
	@$(BIN)/pytest -qq --collect-only > .venv/reading || { grep -v '\.py: [0-9]*$$' .venv/reading; exit 1; }
	@mv .venv/reading .venv/read

# Both at once: while one waits for a browser, a disk or a lock, the other works. PostgreSQL's third of the
# work has one process and SQLite's two: a fourth would only read all tests once more.
test-sqlite:
	$(PYTEST) $(BY_TWO)

test-postgresql:
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || [ "$$CI" = true ]; then \
	  echo "The same on PostgreSQL"; $(PYTEST) --database=postgresql; fi

# Which lines and branches the tests reach, without those in a browser. Counting takes as long as all the rest, so it is asked for.
coverage: setup
	$(PYTEST) $(BY_TWO) -m "not browser" --cov --cov-report=term:skip-covered

# Measurements that take minutes; docs/benchmarks.md says what came of them. pretix, with which bookings are compared, gets an environment of its own in the user's cache.
BENCH := postgresql redis-server
bench-booking: setup
	@if [ "$$(id -u)" = 0 ]; then $(call apt,$(BENCH)); fi
	$(BIN)/python -m bench.booking --write

bench-search: setup
	$(BIN)/python -m bench.search --write

# The same bookings beside 200,000 others, and beside two millions, which take long to load.
bench-booking-growth: setup
	$(BIN)/python -m bench.booking_growth --write

# A day of 1,500 jobs on the coordinators' board.
bench-board: setup
	$(BIN)/python -m bench.board --write

# 32 clients, 10,000 requests, the server killed five times: afterwards every answer must be true.
bench-kill: setup
	$(BIN)/python -m bench.kill --write

# 200,000 guests and 10 million card payments, added up by ibis on DuckDB and by pandas.
bench-policy: setup
	$(BIN)/python -m bench.policy --write

# DARP=folder: dial-a-ride instances in Cordeau's format with best_known.csv, which are not ours to give away.
DARP ?= bench/darp
DISPATCH_SECONDS ?= 10
bench-dispatch: setup
	$(BIN)/sarangbang dispatch bench $(DARP) --best $(DARP)/best_known.csv --seconds $(DISPATCH_SECONDS) --peer ortools

# A whole day of the concierge in the browser: planned, broken, mended, tapped, accounted for.
played-day: setup browsers
	$(BIN)/pytest -q -m long src/sarangbang/concierge/tests/test_played_day.py

# Every page of scheduling and booking in three languages, on desk and phone, for some minutes.
axe: setup browsers
	AXE=all $(BIN)/pytest -q tests/test_axe.py

# Programs that send whatever comes to their minds, for some minutes.
fuzz: setup
	FUZZ_EXAMPLES=400 $(BIN)/pytest -q src/sarangbang/interop/tests/test_contract.py

# For developers; needs uv.
lock:
	for name in base dev pip; do uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/$$name.in -o requirements/$$name.txt; done
