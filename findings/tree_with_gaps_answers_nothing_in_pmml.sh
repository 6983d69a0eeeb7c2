#!/usr/bin/env bash
# sklearn2pmml 0.133.1 with scikit-learn 1.9.0, evaluated by jpmml-evaluator 0.16.0 (and Java): a decision tree that was trained on rows with gaps
# becomes PMML without a word about them. For whole rows it gives scikit-learn's probabilities; for rows with a
# gap it gives no answer, neither a class nor a probability. Histogram boosting and a tree behind an imputer agree in both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python pandas==3.1.1 scikit-learn==1.9.0 \
  sklearn2pmml==0.133.1 jpmml-evaluator==0.16.0
cat > ask.py <<'EOF'
import numpy as np
import pandas as pd
from jpmml_evaluator import make_evaluator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklearn2pmml import PMMLPipeline, sklearn2pmml

draw = np.random.default_rng(0)
rows = pd.DataFrame({"income": draw.normal(5, 1, 600), "loan": draw.normal(3, 1, 600)})
approved = pd.Series(np.where(rows.income - rows.loan + draw.normal(0, 1, 600) > 2, "Y", "N"), name="status")
rows.loc[::7, "income"] = np.nan
gap = rows.income.isna()
tree = DecisionTreeClassifier(max_depth=4, random_state=0)
for model in (tree, HistGradientBoostingClassifier(max_iter=20), make_pipeline(SimpleImputer(), tree)):
    name = type(model).__name__
    pipeline = PMMLPipeline([("model", model)]).fit(rows, approved)
    sklearn2pmml(pipeline, f"{name}.pmml")
    found = make_evaluator(f"{name}.pmml").verify().evaluateAll(rows)["probability(Y)"].astype(float)
    same = np.isclose(found, pipeline.predict_proba(rows)[:, 1])
    said = {"whole rows": same[~gap].mean(), "rows with a gap": same[gap].mean(), "unanswered": found.isna().sum()}
    print(name, {key: float(value) for key, value in said.items()}, "of", int(gap.sum()))
EOF
environment/bin/python -W ignore ask.py 2> said | grep "{'whole rows'" | tee found || { tail -n 5 said; exit 1; }
diff found - <<'EOF'
DecisionTreeClassifier {'whole rows': 1.0, 'rows with a gap': 0.0, 'unanswered': 86.0} of 86
HistGradientBoostingClassifier {'whole rows': 1.0, 'rows with a gap': 1.0, 'unanswered': 0.0} of 86
Pipeline {'whole rows': 1.0, 'rows with a gap': 1.0, 'unanswered': 0.0} of 86
EOF
