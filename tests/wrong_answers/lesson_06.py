"""Wrong answers to the exercises of lesson 06 that a reader might well give."""

START = """
practice = team.practice_server(lesson.folder)
mlflow.set_tracking_uri(practice.url)
auth = get_app_client("basic-auth", practice.url)
with team.signed_in("admin", practice.admin_password):
    experiment_id = mlflow.set_experiment("team").experiment_id
"""
GRANT = """    auth.revoke_user_permission("ada", "experiment", experiment_id)
    auth.grant_user_permission("ada", "experiment", experiment_id, "{}")
"""

WRONG = {
    "6.1": {
        "too much": START + GRANT.format("MANAGE"),
        "too little": START + GRANT.format("USE"),
        "no READ any more, and nothing else": START
        + '    auth.revoke_user_permission("ada", "experiment", experiment_id)',
        "an administrator": START + "    auth.update_user_admin('ada', True)\n",
        "another experiment": START.replace('"team"', '"another"')
        + '    auth.grant_user_permission("ada", "experiment", experiment_id, "EDIT")',
        "her password lost": START
        + GRANT.format("EDIT")
        + '    auth.update_user_password("ada", "another password")',
        "the server ended": START + GRANT.format("EDIT") + "practice.stop()",
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
