"""Wrong answers to the exercises of lesson 04 that a reader might well give."""

from answers import changed

GRID = """
mlflow.sklearn.autolog(log_models=False, max_tuning_runs=None, silent=True)
tree = DecisionTreeClassifier(random_state=0)
search = GridSearchCV(tree, {"max_depth": [2, 3, 4, 5, 6, 7]}, scoring="roc_auc", cv=3)
numbers, test_numbers = (X.select_dtypes("number") for X in (X_train, X_test))
with mlflow.start_run(run_name="tree grid"):
    search.fit(numbers, y_train)
    score = evaluate(search.best_estimator_, test_numbers, y_test)["roc_auc"]
    mlflow.log_metric("test_roc_auc", score)
mlflow.sklearn.autolog(disable=True)"""

STUDY = """
def objective(trial):
    params = {
        "max_depth": trial.suggest_int("max_depth", 1, 12),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 100),
    }
    with mlflow.start_run(run_name=f"trial {trial.number}", nested=True):
        mlflow.log_params(params)
        model = build_model("decision_tree", **params)
        score = cross_validation_scores(model, X_train, y_train, folds=3)["roc_auc"].mean()
        mlflow.log_metric("roc_auc", score)
    return score


study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
with mlflow.start_run(run_name="tree study"):
    study.optimize(objective, n_trials=8)
    mlflow.log_metric("best_roc_auc", study.best_value)"""


WRONG = {
    "4.1": {
        "five children, the default": changed(GRID, "max_tuning_runs=None, ", ""),
        "the model logged too": changed(GRID, "log_models=False, ", ""),
        "scored on the training rows": changed(GRID, "test_numbers, y_test", "numbers, y_train"),
        "the score of the folds": changed(
            GRID, '"test_roc_auc", score', '"test_roc_auc", search.best_score_'
        ),
        "searched by accuracy": changed(GRID, 'scoring="roc_auc", ', ""),
        "five folds": changed(GRID, "cv=3", "cv=5"),
        "three columns only": changed(
            GRID, 'X.select_dtypes("number")', 'X.select_dtypes("number").iloc[:, :3]'
        ),
        "the score in a second run": changed(
            GRID, "    mlflow.log_metric", "with mlflow.start_run():\n    mlflow.log_metric"
        ),
    },
    "4.2": {
        "no parent": changed(
            STUDY,
            """with mlflow.start_run(run_name="tree study"):
    study.optimize(objective, n_trials=8)
    mlflow.log_metric""",
            """study.optimize(objective, n_trials=8)
with mlflow.start_run(run_name="the best"):
    mlflow.log_metric""",
        ),
        "the parent begun after the trials": changed(
            STUDY,
            """with mlflow.start_run(run_name="tree study"):
    study.optimize(objective, n_trials=8)
""",
            """study.optimize(objective, n_trials=8)
with mlflow.start_run(run_name="tree study"):
""",
        ),
        "minimised": changed(STUDY, 'direction="maximize", ', ""),
        "the score of the last trial": changed(
            STUDY, '"best_roc_auc", study.best_value', '"best_roc_auc", study.trials[-1].value'
        ),
        "one depth for all": changed(STUDY, 'trial.suggest_int("max_depth", 1, 12)', "3"),
        "the best score not logged": changed(
            STUDY, '\n    mlflow.log_metric("best_roc_auc", study.best_value)', ""
        ),
        "scored on the test rows": changed(STUDY, "X_train, y_train", "X_test, y_test"),
        "the parameters not used": changed(STUDY, '"decision_tree", **params', '"decision_tree"'),
        "the parameters not logged": changed(STUDY, "        mlflow.log_params(params)\n", ""),
    },
}
