PYTHON ?= python3
EXTRAS ?=
VENV := .venv
BIN := $(VENV)/bin
comma := ,
WANTED := dev$(if $(EXTRAS),$(comma)$(EXTRAS))
STAMP := $(VENV)/.installed-$(subst $(comma),-,$(WANTED))
EMBED := $(if $(findstring embed,$(EXTRAS)),-c embed-constraints.txt)

.PHONY: setup demo test lint up bench docs clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt embed-constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (a minute or so)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(EMBED) -e '.[$(WANTED)]'
	@touch $@ $(VENV)/.installed-dev

demo: setup
	@$(BIN)/omnisci demo

# Two processes share the cores, so a third and fourth thread of linear algebra would only wait.
test: export OPENBLAS_NUM_THREADS := 1
test: setup
	@$(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

up: setup
	@exec $(BIN)/omnisci up

docs: setup
	@$(BIN)/python tools/make_docs.py

bench: setup
	@$(BIN)/python tools/bench.py

clean:
	rm -rf $(VENV) build *.egg-info
