# Everything starts here. `make demo` runs the main job, `make test` the tests;
# both install what they need into .tools and .venv first.
UV := .tools/bin/uv
RUN := .venv/bin/commonweal
export UV_SYSTEM_CERTS := 1
export UV_COMPILE_BYTECODE := 1
export PYTHONPATH :=

.PHONY: setup peers featuretools demo test check clean tree police

setup: .venv/.installed

$(UV):
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv

.venv/.installed: $(UV) pyproject.toml uv.lock
	$(UV) sync --quiet --frozen --python python3
	.venv/bin/python -m compileall -q src
	touch $@

# What tests and benchmarks compare with, in an environment of its own.
peers: .peers/.installed

.peers/.installed: $(UV) pyproject.toml uv.lock
	UV_PROJECT_ENVIRONMENT=.peers $(UV) sync --quiet --frozen --only-group peers --python python3
	touch $@

featuretools: .featuretools/.installed

.featuretools/.installed: $(UV) pyproject.toml uv.lock
	UV_PROJECT_ENVIRONMENT=.featuretools $(UV) sync --quiet --frozen --only-group featuretools --python python3
	touch $@

demo: setup
	$(RUN) simulate violence-prevention --people 100000 --knobs studies/demo/knobs.toml --out build/demo/world
	$(RUN) run build/demo/world/study.toml --out build/demo/run

police: setup
	$(RUN) run studies/police-oversight/study.toml --out build/police-oversight

test: setup peers
	.venv/bin/pytest -n 2 --dist worksteal

check: setup
	.venv/bin/ruff format --check src tests docs benchmarks
	.venv/bin/ruff check src tests docs benchmarks
	.venv/bin/mypy
	.venv/bin/lint-imports

tree: setup
	.venv/bin/python docs/generate.py

clean:
	rm -rf .venv .peers .featuretools .tools build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
