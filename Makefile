# Everything runs in .venv, which `setup` creates once. Another Python: make lab PYTHON=python3.12
PYTHON ?= python3
# How many tests run at once; on a machine with more cores: make test WORKERS=4
WORKERS ?= 2
VENV_PYTHON := .venv/bin/python
CODE := conftest.py src steps tests tools notebooks
# $(call add,group,folder,where): a group of packages, once: uv asks the package index though it has them.
add = [ -e .venv/loanflow-$(1) ] && [ -d $(2) ] || { $(VENV_PYTHON) -m uv --no-progress pip install --quiet \
	--compile-bytecode --group $(1) -c constraints.txt $(3) && touch .venv/loanflow-$(1); }
PYTEST = $(VENV_PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	--nbval --nbval-current-env --nbval-cell-timeout=240
ADD_GUIDE = $(call add,guide,.venv,--python $(VENV_PYTHON))

# Nothing leaves this machine: MLflow's telemetry is off.
export DO_NOT_TRACK := true
export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help setup spark guide slides links checkers lab test quick lesson run ui progress ready preflight refresh \
	screenshots doctor container bench newest findings constraints reset clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' Makefile

setup: ## create .venv and your MLflow store; every target below does this first, once
	@"$(PYTHON)" tools/setup_env.py

spark: setup ## add Spark, for lesson 17, in .spark; it also needs Java 17 (see doctor)
	@[ -d .spark ] || echo "Adding Spark to .spark; this takes about a minute ..."
	@$(call add,spark,.spark,--target .spark)

guide: setup ## write the course as one guide, HTML and Word, into build/guide
	@$(ADD_GUIDE)
	@$(VENV_PYTHON) -m tools.guide

slides: setup ## make slides of every lesson, into build/slides
	@$(ADD_GUIDE)
	@$(VENV_PYTHON) -m tools.slides

links: setup ## ask the network whether the guide's links to other sites still lead somewhere
	@$(ADD_GUIDE)
	@$(VENV_PYTHON) -m tools.guide --links

checkers: setup ## add what checks the workflows, Binder, the dev container and the spelling; needs npm
	@$(call add,checkers,.venv,--python $(VENV_PYTHON))
	@npm install --prefix .ci --no-package-lock --no-audit --no-fund --silent

lab: setup ## open the course in JupyterLab; options for it: LAB_FLAGS=--no-browser
	@echo "JupyterLab opens in your browser, with a button MLflow UI at its top right."
	@echo "Ctrl-C, twice, ends it."
	@$(VENV_PYTHON) -m jupyterlab $(LAB_FLAGS) notebooks/00_start_here.ipynb

test: setup ## check style, run all tests, and execute and compare every notebook
	$(VENV_PYTHON) -m ruff check $(CODE)
	$(VENV_PYTHON) -m ruff format --check $(CODE)
	$(PYTEST) tests notebooks

quick: setup ## check one lesson while you write it: its cells, exercises and style; make quick LESSON=1
	@lesson=$$(printf %02d "$(LESSON)") && $(PYTEST) -q notebooks/$${lesson}_*.ipynb \
		notebooks/solutions/$${lesson}_*.ipynb tests/test_notebooks.py tests/test_exercises.py \
		tests/test_pages.py tests/test_links.py -k "$${lesson}_ or [$(LESSON)."

lesson: setup ## begin a lesson: make lesson NAME=models_serve_more TITLE="Serve more" PART=Models
	@$(VENV_PYTHON) -m tools.lesson $(and $(NAME),$(TITLE),$(PART),"$(NAME)" "$(TITLE)" "$(PART)")

run: setup ## execute every lesson, in order, into your store; keeps a snapshot after each
	@$(VENV_PYTHON) -m tools.notebooks run

ui: setup ## open the MLflow UI on your store
	@$(VENV_PYTHON) -m classroom ui

progress: setup ## show which exercises you have solved
	@$(VENV_PYTHON) -m classroom progress

ready: setup ## put your store into the state before a lesson: make ready LESSON=7
	@$(VENV_PYTHON) -m classroom ready --lesson "$(LESSON)" $(READY_FLAGS)

preflight: setup ## check, on the day before, that you can teach from this machine
	@$(VENV_PYTHON) -m classroom preflight

refresh: setup ## execute the notebooks anew and store their outputs
	@$(VENV_PYTHON) -m tools.notebooks refresh

screenshots: setup ## take the pictures of the MLflow UI anew, in a real browser
	@$(VENV_PYTHON) -m tools.screenshots

doctor: setup ## say what this machine has, and what a missing piece costs you
	@$(VENV_PYTHON) -m classroom.desk.doctor

container: setup ## make the base image of lesson 15, and run a model in a container, once
	@$(VENV_PYTHON) -m tools.container

bench: setup ## measure set-up, tests and lessons; writes workspace/benchmark.md
	@$(VENV_PYTHON) -m tools.bench

newest: setup ## run the lessons with the newest releases; writes workspace/newest.md
	@$(VENV_PYTHON) -m tools.newest

findings: ## run each script of findings/, and say which of them has changed
	@for script in findings/*.sh; do \
		if said=$$("$$script" 2>&1); then echo "as found: $$script"; \
		else echo "CHANGED:  $$script"; echo "$$said" | tail -n 3; fi; done

constraints: ## resolve the pins of pyproject.toml into constraints.txt anew
	@"$(PYTHON)" tools/setup_env.py --constraints

reset: ## remove workspace/, and with it all runs, models, snapshots and your progress
	@if [ -n "$$LOANFLOW_HOME" ]; then \
		echo "LOANFLOW_HOME is set: remove $$LOANFLOW_HOME yourself."; exit 1; fi
	@rm -rf workspace
	@echo "Removed workspace/ with all that was in it. The next target starts afresh."

clean: ## remove .venv, .spark, build and the caches; your workspace stays
	@rm -rf .venv .spark .ci/node_modules setup.log .pytest_cache .ruff_cache build src/loanflow.egg-info
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed .venv, .spark, build and the caches. The next target installs anew."
