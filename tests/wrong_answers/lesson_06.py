"""Wrong answers to the exercises of lesson 06 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

START = """
practice = team.practice_server(lesson.folder)
mlflow.set_tracking_uri(practice.url)
auth = get_app_client("basic-auth", practice.url)
with team.signed_in("admin", practice.admin_password):
    experiment_id = mlflow.set_experiment("team").experiment_id
"""
LOG = """
with team.signed_in("ada", practice.ada_password):
    mlflow.set_experiment("team")
    with mlflow.start_run(run_name="first of ada"):
        mlflow.log_metric("roc_auc", 0.5)"""
GRANT = """    auth.revoke_user_permission("ada", "experiment", experiment_id)
    auth.grant_user_permission("ada", "experiment", experiment_id, "{}")
"""

WRONG = {
    "6.1": {
        "too much": START + GRANT.format("MANAGE") + LOG,
        "an administrator": START + "    auth.update_user_admin('ada', True)\n" + LOG,
        "logged by the administrator": START
        + "    with mlflow.start_run(run_name='first of ada'):\n        pass\n",
        "logged into an experiment of her own": START
        + GRANT.format("EDIT")
        + LOG.replace('"team"', '"team of ada"'),
        "the server ended": START + GRANT.format("EDIT") + LOG + "\npractice.stop()",
    },
    "6.2": {
        "the name alone": 'hosts = "mlflow.example.org,localhost:*"',
        "no localhost": 'hosts = "mlflow.example.org,mlflow.example.org:8443"',
        "localhost without ports": 'hosts = "mlflow.example.org:*,mlflow.example.org,localhost"',
        "ports alone": 'hosts = "mlflow.example.org:*,localhost:*"',
        "everybody": 'hosts = "*"',
        "a star too early": 'hosts = "mlflow.example.org*,localhost:*"',
        "addresses": 'hosts = "https://mlflow.example.org,https://mlflow.example.org:8443"',
        "capital letters": 'hosts = "MLflow.example.org,MLflow.example.org:8443,localhost:*"',
        "a list": 'hosts = ["mlflow.example.org", "mlflow.example.org:8443", "localhost:*"]',
    },
}
