# `make run` does the main job, `make test` checks everything; both set up .venv first.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SCREEN := sh scripts/with_screen.sh

.PHONY: run test lint bench docs screenshots constraints clean

run: $(VENV)/.run
	$(SCREEN) $(BIN)/python -m napari_mineralseg.demo $(if $(IMAGE),--image "$(IMAGE)") $(if $(XPL),--xpl "$(XPL)") --out out

test: $(VENV)/.test lint
	rm -f .coverage .coverage.*
	MINERALSEG_NO_SCREEN=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/python -m pytest tests/models \
	  -p pytest_cov.plugin -p _hypothesis_pytestplugin --cov --cov-report=
	HEADLESS=1 $(SCREEN) $(BIN)/python -m pytest tests/plugin --cov --cov-append --cov-report=term:skip-covered
	$(BIN)/coverage report --include='src/mineralseg_models/*' --fail-under=90 --format=total

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python benchmarks/forest.py --data "$(DATA)" --crossval "$(CROSSVAL)" $(if $(GROUPS),--groups "$(GROUPS)") --out out

screenshots: $(VENV)/.test
	HEADLESS=1 $(SCREEN) $(BIN)/python scripts/screenshots.py

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

$(BIN)/python:
	sh scripts/make_venv.sh "$(PYTHON)" $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	sh scripts/system_packages.sh
	$(PIP_INSTALL) -e ".[all]"
	@touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml constraints.txt
	sh scripts/system_packages.sh
	$(PIP_INSTALL) -e ".[dev]"
	@touch $@

$(VENV)/.docs: $(BIN)/python pyproject.toml constraints.txt
	$(PIP_INSTALL) -e ".[docs]"
	@touch $@

constraints:
	$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager -e ".[dev,docs]"
	{ echo '# Versions that were tested together; used by make (pip install -c constraints.txt). Renewed by `make constraints`.'; \
	  $(BIN)/python -m pip freeze --exclude-editable | grep -v '@' ; } > constraints.txt

clean:
	rm -rf $(VENV) out dist build site
