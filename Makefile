# Every target does its own set-up; needed are make, Python 3.11 or newer and a package index.
.POSIX:
.PHONY: run test test-long check bench faults lock clean setup-run setup-dev
MAKEFLAGS += --no-print-directory

PORT = 8000
# Modules and never the scripts in .venv/bin: a long path breaks their first line.
PYTHON = .venv/bin/python
PYTEST = $(PYTHON) -m pytest
# The loop of the browser's driver keeps running in its process and breaks asynchronous tests there.
WITHOUT_BROWSER = --ignore=tests/page --ignore=tests/stack
# A file's tests stay together: many share a Netra of their own, which takes seconds to start.
BY_FILE = -n 2 --dist loadfile
# What a production server would be given; the values are made up and nothing connects to them.
AS_PRODUCTION = NETRA_ENV=production NETRA_LOG_LEVEL=ERROR \
	NETRA_SECRET_KEY=made-up-for-this-check-7Zq2Vx9Lr4Tn8Wc3Jb6Ky1Hd5Gf0Sa-pQeRtYuIoP \
	NETRA_ALLOWED_ORIGINS=https://netra.example.com \
	NETRA_SMTP_URL=smtp://netra:netra@127.0.0.1:1 NETRA_MAIL_FROM=netra@example.com \
	DATABASE_URL=postgres://netra:netra@127.0.0.1:1/netra REDIS_URL=redis://127.0.0.1:1/0

run: setup-run
	@exec $(PYTHON) -m netra.run --port $(PORT) --with-parent

test: setup-dev
	$(PYTEST) -m "not long" $(WITHOUT_BROWSER) -n 2
	$(PYTEST) -m "not long" tests/page -n 2
	$(PYTEST) -m "not long" tests/stack $(BY_FILE)

test-long: setup-dev
	$(PYTEST) -m long $(WITHOUT_BROWSER) --ignore=tests/campaign -n 2
	$(PYTEST) -m long tests/page tests/stack $(BY_FILE)
	$(PYTEST) -m long tests/campaign

check: setup-dev
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(PYTHON) -m tests.house.sizes
	$(AS_PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING
	$(AS_PRODUCTION) $(PYTHON) -W ignore:Got manage.py makemigrations --check --dry-run

bench: setup-dev
	$(PYTHON) -m bench
	$(PYTHON) -m bench.team

# OPTIONS="--only 2 8 --seed 7": some rows, another seed; OPTIONS="--minutes 10": a slice.
faults: setup-dev
	$(PYTHON) -m tests.campaign $(OPTIONS)

lock:
	@sh requirements/lock.sh

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results

setup-run:
	@sh requirements/install.sh run

setup-dev:
	@sh requirements/install.sh dev
