"""Right answers to the exercises of lesson 04 in another style than that of the solutions."""

RIGHT = {
    "4.1": {
        "folds as an object, options by position, after a first attempt": """
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

with mlflow.start_run(run_name="tree grid"):
    mlflow.log_metric("test_roc_auc", 0.5)
mlflow.sklearn.autolog(log_models=False, max_tuning_runs=10, silent=True)
try:
    numbers = X_train.select_dtypes("number").columns
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": range(2, 8)},
        scoring="roc_auc",
        cv=StratifiedKFold(3),
    )
    with mlflow.start_run(run_name="tree grid") as run:
        search.fit(X_train[numbers], y_train)
finally:
    mlflow.sklearn.autolog(disable=True)
probability = search.predict_proba(X_test[numbers])[:, 1]
client = mlflow.MlflowClient()
client.log_metric(run.info.run_id, "test_roc_auc", roc_auc_score(y_test, probability))""",
    },
    "4.2": {
        "a negative score minimised, ids in place of nesting": """
with mlflow.start_run(run_name="tree study") as parent:
    parent_id = parent.info.run_id


def cost(trial):
    depth = trial.suggest_int("max_depth", 1, 12)
    leaf = trial.suggest_int("min_samples_leaf", 1, 100, log=True)
    with mlflow.start_run(parent_run_id=parent_id, nested=True):
        mlflow.log_params({"max_depth": depth, "min_samples_leaf": leaf})
        model = build_model("decision_tree", max_depth=depth, min_samples_leaf=leaf)
        score = cross_validation_scores(model, X_train, y_train, folds=3)["roc_auc"].mean()
        mlflow.log_metric("roc_auc", score)
    return -score


study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
study.optimize(cost, n_trials=8)
mlflow.MlflowClient().log_metric(parent_id, "best_roc_auc", -study.best_value)""",
    },
}
