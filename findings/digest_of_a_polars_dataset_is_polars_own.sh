#!/usr/bin/env bash
# MLflow 3.17.2 with Polars 1.40.1 and 2.1.0: the digest of a Polars dataset is the sum of Polars' own hashes of
# the rows. The same rows have another digest in the other version of Polars, a frame with renamed columns or
# another order of rows has the same one, and rows given twice have the double of it. The digest of the same
# rows as a pandas dataset is the same with both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
for polars in 1.40.1 2.1.0; do
  environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
    pyarrow==25.0.1 "polars==$polars"
  DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true environment/bin/python -W ignore - <<'EOF' > "$polars"
import mlflow.data
import polars

rows = polars.DataFrame({"area": ["Urban", "Rural", "Semiurban"], "income": [5.0, 4.0, 3.0]})
digest = mlflow.data.from_polars(rows).digest
print(digest)
print(mlflow.data.from_pandas(rows.to_pandas()).digest)
assert mlflow.data.from_polars(rows.reverse()).digest == digest
assert mlflow.data.from_polars(rows.rename({"income": "loan"})).digest == digest
twice = mlflow.data.from_polars(polars.concat([rows, rows])).digest
assert int(twice) == 2 * int(digest) % 2**64
EOF
  echo "Polars $polars: from_polars $(sed -n 1p "$polars"), from_pandas $(sed -n 2p "$polars")"
done
test "$(sed -n 1p 1.40.1)" != "$(sed -n 1p 2.1.0)"
test "$(sed -n 2p 1.40.1)" = "$(sed -n 2p 2.1.0)"
