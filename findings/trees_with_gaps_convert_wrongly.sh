#!/usr/bin/env bash
# skl2onnx 1.20.0, onnx 1.23.2, onnxruntime 1.32.0, scikit-learn 1.9.1: a decision tree that was
# trained on rows with gaps converts to ONNX without a warning and gives other probabilities in
# rows with gaps; rows without gaps agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python scikit-learn==1.9.1 numpy==2.4.6 skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.tree import DecisionTreeClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(400, 3)).astype(np.float32)
gaps = rng.random(X.shape) < 0.2
X[gaps] = np.nan
y = ((np.nan_to_num(X[:, 0], nan=2.0) > 0) ^ (rng.random(400) < 0.1)).astype(int)
tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y)
converted = to_onnx(tree, X[:1], options={"zipmap": False}).SerializeToString()
session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
answer = session.run(None, {session.get_inputs()[0].name: X})[1][:, 1]
off = np.abs(answer - tree.predict_proba(X)[:, 1])
full = ~gaps.any(axis=1)
print(f"largest difference in rows without gaps {off[full].max():.3f}, with {off[~full].max():.3f}")
assert off[full].max() < 1e-6 and off[~full].max() > 0.1
EOF
