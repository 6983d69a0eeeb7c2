"""Wrong answers to the exercises of lesson 05 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

WRONG = {
    "5.1": {
        "all six again": """
with mlflow.start_run(run_id=cut_off.info.run_id):
    for step in range(6):
        mlflow.log_metric("test_loss", losses[step], step=step)""",
        "the steps forgotten": """
with mlflow.start_run(run_id=cut_off.info.run_id):
    for step in range(3, 6):
        mlflow.log_metric("test_loss", losses[step])""",
        "the last value for all": """
with mlflow.start_run(run_id=cut_off.info.run_id):
    for step in range(3, 6):
        mlflow.log_metric("test_loss", losses[-1], step=step)""",
        "logged and left running": """
for step in range(3, 6):
    client.log_metric(cut_off.info.run_id, "test_loss", losses[step], step=step)""",
        "ended and not finished": """
client.set_terminated(cut_off.info.run_id)""",
        "a second run of that name": """
with mlflow.start_run(run_name="cut off"):
    for step in range(6):
        mlflow.log_metric("test_loss", losses[step], step=step)""",
    },
    "5.2": {
        "too much": """
with signed_in("admin", admin_password):
    auth.revoke_user_permission("ada", "experiment", experiment.experiment_id)
    auth.grant_user_permission("ada", "experiment", experiment.experiment_id, "MANAGE")
with signed_in("ada", ada_password), mlflow.start_run(run_name="first of ada"):
    mlflow.log_metric("test_loss", losses[-1])""",
        "an administrator": """
with signed_in("admin", admin_password):
    auth.update_user_admin("ada", True)
with signed_in("ada", ada_password), mlflow.start_run(run_name="first of ada"):
    mlflow.log_metric("test_loss", losses[-1])""",
        "logged by the administrator": """
with signed_in("admin", admin_password), mlflow.start_run(run_name="first of ada"):
    mlflow.log_metric("test_loss", losses[-1])""",
    },
}
