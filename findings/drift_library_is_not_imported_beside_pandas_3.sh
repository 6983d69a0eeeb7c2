#!/usr/bin/env bash
# evidently 0.7.23, which measures drift: its requirements allow pandas 3.1.1, and with it
# `import evidently` fails with an ImportError (a private function of pandas has gone). With 2.3.3 it
# is imported.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
for pandas in 3.1.1 2.3.3; do
  environment/bin/uv pip install --quiet --python environment/bin/python evidently==0.7.23 \
    "pandas==$pandas"
  environment/bin/python -W ignore -c "import evidently; print('imported')" > "$pandas" 2>&1 || true
  echo "pandas $pandas: $(tail -n 1 "$pandas" | cut -d '(' -f 1)"
done
grep -q "^ImportError: cannot import name 'infer_dtype_from_object'" 3.1.1
grep -qx imported 2.3.3
