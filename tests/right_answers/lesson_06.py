"""Right answers to the exercises of lesson 06 in another style than that of the solutions."""

RIGHT = {
    "6.1": {
        "by the client, after a level that was too low": """
practice = team.practice_server(lesson.folder)
mlflow.set_tracking_uri(practice.url)
client = mlflow.MlflowClient()
auth = get_app_client("basic-auth", practice.url)
with team.signed_in("admin", practice.admin_password):
    team_id = client.get_experiment_by_name("team").experiment_id
    for level in ("USE", "EDIT"):
        auth.revoke_user_permission("ada", "experiment", team_id)
        auth.grant_user_permission("ada", "experiment", team_id, level)""",
    },
    "6.2": {
        "a star for the port, another order, spaces": """
hosts = " localhost:*, mlflow.example.org:*, mlflow.example.org"
""",
        "localhost without a port as well": """
hosts = "localhost,localhost:*,mlflow.example.org,mlflow.example.org:8443"
""",
    },
}
