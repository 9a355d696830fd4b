# The flow, in order. GNU make 3.81 or later; each step runs the ones it needs.
PYTHON = .venv/bin/python
PORT = 8000
# The folder of another review than the project's own: make book REVIEW=examples/bcg.
REVIEW ?=
export REVIEW
BUILT = $(if $(REVIEW),$(REVIEW)/)_build
# The matrices here are small: threads of a linear algebra library only wait for each other.
OPENBLAS_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS
# Each step starts several Pythons: what they import is compiled once, not by each of them.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo 'make book builds everything; make test proves it. The steps:'
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

# Each candidate is run, not just looked up: a pyenv shim can exist and fail, and Debian's python3 can lack ensurepip.
# It names the Python it stands on: `python3` may be the very .venv that is about to be replaced.
USABLE = import ensurepip, sqlite3, ssl, sys, venv; print(sys._base_executable); sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))
FIND_PYTHON = \
	for python in python3.13 python3.12 python3.14 python3 python "$$HOME"/.pyenv/versions/3.1[234]*/bin/python; do \
		python=$$("$$python" -c '$(USABLE)' 2>/dev/null) && break; \
		python=; \
	done

# What uv installs in seconds takes pip minutes; where no uv is on PATH, pip fetches that of the lock into .venv.
# The lock gives version and hash of all that pyproject.toml needs, directly or not; a package that it does not name is refused.
INSTALL = \
	PATH="$$PATH:.venv/bin"; \
	command -v uv >/dev/null || { \
		awk '/^[^ \#]/ { uv = /^uv==/ } uv' requirements.lock > .venv/uv.lock; \
		$(PYTHON) -m pip install -qq --disable-pip-version-check --only-binary :all: --require-hashes -r .venv/uv.lock; \
	}; \
	uv pip install --quiet --python $(PYTHON) --require-hashes --constraints requirements.lock --requirements pyproject.toml --extra book --extra cluster --extra search --extra pdf

# .venv holds a copy of the lock it was made from, written last: a half-made or outdated .venv has none, or another.
# review.pth puts this folder, seen from site-packages, on the path of notebooks, wherever they run.
env: ## make .venv from requirements.lock, and nothing else
	@cmp -s requirements.lock .venv/requirements.lock || { \
		set -e; \
		$(FIND_PYTHON); \
		if [ -z "$$python" ] && ! command -v uv >/dev/null; then \
			echo 'No working Python 3.12 to 3.14 was found: install one (on Debian: python3 and python3-venv), or uv, and run make again.' >&2; \
			exit 1; \
		fi; \
		echo "Making .venv with $${python:-a Python that uv provides}: about 150 packages, half a minute or so."; \
		rm -rf .venv; \
		if [ -n "$$python" ]; then "$$python" -m venv .venv; else uv venv --quiet --python 3.12 .venv; fi; \
		$(INSTALL); \
		for site in .venv/lib/python3*/site-packages; do echo ../../../.. > "$$site/review.pth"; done; \
		cp requirements.lock .venv/requirements.lock; \
	}

tools: env # add what only tests need
	@test -e .venv/with-tools || { set -e; $(INSTALL) --extra test; : > .venv/with-tools; }

check: env ## check the records: do the printed numbers agree with each other?
	@$(PYTHON) -m extraction check

fit: check ## fit the endpoints that have no stored posterior
	@$(PYTHON) -m models fit

book: fit ## run and render every page, and say which file to open
	@$(PYTHON) -m book

serve: env ## show the built book on localhost (make serve PORT=8001 for another port)
	@$(PYTHON) -m book serve --port $(PORT)

bundle: book ## pack evidence, results, draws, figures and the tree into one archive that builds again
	@$(PYTHON) -m book bundle

deposit: book ## the bundle of a released version, with metadata and checksums, as Zenodo takes it
	@$(PYTHON) -m book deposit

pdf: book ## print the book's reading sequence as one PDF, with Chromium
	@$(PYTHON) -m book pdf

lint: tools ## hold the code to its form: layout, habits, direction of imports, types
	@mkdir -p _build
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/lint-imports pyproject.toml --no-logo --cache-dir _build/import_linter
	@.venv/bin/mypy

# Files go to whichever core is free, in the order of conftest: the longest first.
ON_TWO_CORES = -n 2 --dist loadfile --no-loadscope-reorder

test: lint ## run the whole test suite, the strict book build included
	@$(PYTHON) -m pytest $(ON_TWO_CORES)

coverage: lint # the whole test suite, with the lines and branches that it leaves out
	@$(PYTHON) -m pytest $(ON_TWO_CORES) --cov

bench: env ## time the steps and print them beside their targets
	@$(PYTHON) -m benchmarks

parity: env ## repeat the comparison with other software live, where R is installed
	@$(PYTHON) -m models parity --live

clean: ## remove _build (pages and posteriors); .venv stays
	rm -rf $(BUILT)

# Not steps of the flow.
interpreter: # print the Python that env would use
	@$(FIND_PYTHON); test -n "$$python" && echo "$$python"

due: env # say which searches are due, with their strategies
	@$(PYTHON) -m extraction due

answer: fit # write today's answer into README.md
	@$(PYTHON) -m models answer

lock: # write requirements.lock anew from pyproject.toml, keeping every pin that still fits
	PATH="$$PATH:.venv/bin"; uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.12 --all-extras \
		pyproject.toml --output-file requirements.lock

.PHONY: help env tools lint check fit book serve bundle deposit pdf test coverage bench parity clean interpreter due lock answer
