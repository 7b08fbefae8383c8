# `make help` lists what there is.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Tests wait for servers and processes a third of their time: three keep two cores busy.
WORKERS ?= 3
# Each computes in one thread: those of several on the same cores wait for each other, busily.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help demo test check unit exhaustive browser bench bench-search known-items bench-preview bench-site fuzz year bench-linking bench-reviews bench-unseen chaos chaos-backfill workers audit-dependencies sbom clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

INSTALL = $(BIN)/pip install --quiet --no-compile --constraint constraints.txt --editable '.[postgres]'

$(VENV)/.pip:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.app: $(VENV)/.pip pyproject.toml constraints.txt
	$(INSTALL)
	@touch $@

# All at once: twice would be to settle the versions twice.
$(VENV)/.dev: $(VENV)/.pip pyproject.toml constraints.txt
	$(INSTALL) --group dev
	@touch $(VENV)/.app $@

demo: $(VENV)/.app  ## poll example payloads, rank them, show the digest (under demo/)
	$(BIN)/litwatch demo

test: $(VENV)/.dev  ## everything that CI runs: lint, types, tests on SQLite and PostgreSQL
	@$(MAKE) --no-print-directory --jobs 2 check unit

check: $(VENV)/.dev  ## lint and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit -q -r service -c pyproject.toml

unit: $(VENV)/.dev  ## tests only
	$(ONE_THREAD) $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

bench: $(VENV)/.dev  ## speed beside peers, a week of 30,000 records, growth to a million works (hours; SMALL=1, ONLY=weekly,growth, EVERY=n, UP_TO=n, WRITE=1 into docs/benchmarks.md)
	PYTHONPATH=. $(BIN)/python tests/bench/all.py $(if $(SMALL),--small) $(if $(ONLY),--only $(ONLY)) $(if $(EVERY),--every $(EVERY)) $(if $(UP_TO),--up-to $(UP_TO)) $(if $(WRITE),--write)

bench-search: $(VENV)/.dev  ## speed of searching a million works, beside peers (an hour; WORKS=n makes it smaller)
	PYTHONPATH=. $(BIN)/python tests/bench/search.py $(if $(WORKS),--works $(WORKS)) \
	  $(if $(POSTGRES),--postgres $(POSTGRES))

known-items: $(VENV)/.dev  ## how often half-remembered papers are found (needs ../shared)
	PYTHONPATH=. $(BIN)/python tests/bench/known_items.py

bench-preview: $(VENV)/.dev  ## seconds that a preview of an edited topic takes on 30,000 works (needs ../shared; DATABASE=file copies one)
	PYTHONPATH=. $(BIN)/python tests/bench/preview.py $(if $(DATABASE),--database $(DATABASE))

bench-site: $(VENV)/.dev  ## milliseconds and bytes of every page at 100,000 works (FOLDER keeps it; DATABASE=file is what it is made from)
	PYTHONPATH=. $(BIN)/python tests/bench/site.py $(or $(FOLDER),.bench/site) $(if $(DATABASE),--from $(DATABASE))

exhaustive: $(VENV)/.dev  ## the tests that take too long for every run
	$(BIN)/pytest -m "exhaustive and not browser"

browser: $(VENV)/.dev  ## the web app in a Chromium: every page in both colours at both widths, every walk
	$(BIN)/pytest -m browser tests/browser

fuzz: $(VENV)/.dev  ## ten thousand requests to the API, good and bad (needs schemathesis)
	PYTHONPATH=. $(BIN)/python -m tests.fuzz_api --cases $(or $(CASES),10000)

year: $(VENV)/.dev  ## virtual years of polling simulated upstreams through outages and kills (hours; SEEDS=n, DAYS=n, JOBS=n)
	PYTHONPATH=. $(BIN)/python -m tests.upstreams.campaign --seeds $(or $(SEEDS),20) --days $(or $(DAYS),365) --jobs $(or $(JOBS),2)

bench-linking: $(VENV)/.dev  ## how well preprints and articles are found to be one work (needs ../shared)
	PYTHONPATH=. $(BIN)/python tests/bench/linking.py

bench-reviews: $(VENV)/.dev  ## how well papers are found for the two shipped topics (needs ../shared; TOP=n lists the best)
	PYTHONPATH=. $(BIN)/python tests/bench/seed_reviews.py --top $(or $(TOP),0)

bench-unseen: $(VENV)/.dev  ## how well papers are found from one review, on reviews that had no say (needs ../shared)
	PYTHONPATH=. $(BIN)/python tests/bench/unseen_reviews.py

chaos: $(VENV)/.dev  ## kill workers at random points while they send, and count (minutes); SEED=n repeats
	PYTHONPATH=. $(BIN)/python -m tests.chaos.campaign $(if $(SEED),--seed $(SEED)) --kills $(or $(KILLS),100)

chaos-backfill: $(VENV)/.dev  ## kill what takes files in, and compare with a quiet run (minutes; SEED=n, KILLS=n, ENGINE=ray)
	PYTHONPATH=. $(BIN)/python -m tests.chaos.backfill $(if $(SEED),--seed $(SEED)) --kills $(or $(KILLS),10) --engine $(or $(ENGINE),local)

workers: $(VENV)/.dev  ## several workers over one PostgreSQL: how much faster, and what kills and freezes cost (minutes)
	PYTHONPATH=. $(BIN)/python -m tests.chaos.crowd $(if $(SEED),--seed $(SEED))

audit-dependencies: $(VENV)/.dev  ## known faults in what Litwatch stands on (asks the advisory service)
	$(BIN)/pip-audit --local --skip-editable --progress-spinner off

sbom: $(VENV)/.dev  ## every part that is installed, as CycloneDX (sbom.json)
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --validate --of JSON -o sbom.json $(BIN)/python

clean:  ## remove the environment and the demo
	rm -rf $(VENV) demo
