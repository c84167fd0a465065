#!/usr/bin/env bash
# Install what `make wheel` built as production does, in a folder of its own outside this one, and run the demo from it.
# PYTHON names another python3 (3.11 to 3.14) to try it with.
set -euo pipefail
dist=$(cd "${1:-dist}" && pwd)
python=${PYTHON:-python3}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
# Nothing of a checkout may help: neither its folders nor its settings.
unset PYTHONPATH NPO_HOME NPO_WITNESS NPO_LANG

(cd "$dist" && sha256sum --check --quiet SHA256SUMS)
"$python" -m venv venv
pip() { timeout 900 venv/bin/python -m pip --disable-pip-version-check "$@"; }
pip install -q --require-hashes --no-deps -r "$dist/requirements.lock"
pip install -q --no-deps "$dist"/npo_pipeline-*.whl
pip check

if pip list | grep -iE '^(pytest|pytest-xdist|mypy|ruff|hypothesis|hatchling|import-linter|mkdocs|pip-audit) '; then
  echo "tools of developers are in the production lock" >&2
  exit 1
fi
version=$(basename "$dist"/npo_pipeline-*.whl | cut -d- -f2)
[ "$(venv/bin/npo --version)" = "npo, version $version" ]

timeout 600 venv/bin/npo demo --home home > demo.txt || { tail -n 20 demo.txt; exit 1; }
tail -n 8 demo.txt
venv/bin/npo verify --home home
venv/bin/npo doctor --home home || [ $? -eq 6 ]  # 6: somebody should look, as at a home that others may read.
echo "npo $version was installed from its wheel with $(venv/bin/python --version), and its demo ties"
