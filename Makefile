# Every target does its own set-up; needed are make, Python 3.11 or newer and a package index.
.POSIX:
.PHONY: run test test-long check bench lock clean setup-run setup-dev
MAKEFLAGS += --no-print-directory

PORT = 8000
# Modules and never the scripts in .venv/bin: a long path breaks their first line.
PYTHON = .venv/bin/python
PYTEST = $(PYTHON) -m pytest
# The loop of the browser's driver keeps running in its process and breaks asynchronous tests there.
WITHOUT_BROWSER = --ignore=tests/page --ignore=tests/stack
# An empty selection (pytest's exit code 5) is no failure here; everything else is.
MAY_BE_EMPTY = || { code=$$?; [ $$code -eq 5 ] && echo "(no tests in this selection)" || exit $$code; }
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
	$(PYTEST) -m "not long" tests/stack $(MAY_BE_EMPTY)

test-long: setup-dev
	$(PYTEST) -m long $(WITHOUT_BROWSER) $(MAY_BE_EMPTY)
	$(PYTEST) -m long tests/page tests/stack $(MAY_BE_EMPTY)

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

lock:
	@sh requirements/lock.sh

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results

setup-run:
	@sh requirements/install.sh run

setup-dev:
	@sh requirements/install.sh dev
