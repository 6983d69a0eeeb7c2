#!/usr/bin/env bash
# scikit-learn 1.9.1: with metadata routing enabled, TargetEncoder cannot be fitted where it also
# transforms, alone or in a pipeline: KeyError 'groups'. Without routing, and by `fit`, it works; 1.8.0
# works in both ways.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > ask.py <<'EOF'
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

areas, good = np.array([["Urban"], ["Rural"]] * 50), np.array([0, 1, 1, 0] * 25)
attempts = {
    "fit": lambda: TargetEncoder().fit(areas, good),
    "fit_transform": lambda: TargetEncoder().fit_transform(areas, good),
    "pipeline": lambda: make_pipeline(TargetEncoder(), LogisticRegression()).fit(areas, good),
}
for routing in (False, True):
    sklearn.set_config(enable_metadata_routing=routing)
    for name, attempt in attempts.items():
        try:
            attempt()
            said = "works"
        except KeyError as error:
            said = f"KeyError {error}"
        print(f"routing {routing}, {name}: {said}")
EOF
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
for version in 1.8.0 1.9.1; do
  environment/bin/uv pip install --quiet --python environment/bin/python "scikit-learn==$version"
  environment/bin/python ask.py > "$version"
  echo "scikit-learn $version"
  cat "$version"
done
[ "$(grep -c works 1.8.0)" = 6 ]
[ "$(grep -c works 1.9.1)" = 4 ]
[ "$(grep -c "KeyError 'groups'" 1.9.1)" = 2 ]
