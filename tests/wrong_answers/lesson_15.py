"""Wrong answers to the exercises of lesson 15 that a reader might well give."""

FOREST = """
from importlib.metadata import distributions

locked = lesson.folder / "constraints.txt"
lines = [f"{{p.name}}=={{p.version}}" for p in distributions() if p.name != "loanflow"]
locked.write_text("\\n".join({lines}))
model = build_model("{family}").fit(X_train, y_train)
signature = infer_signature(X_train, model.predict_proba(X_train))
about = dict(pyfunc_predict_fn="predict_proba", signature=signature)
about |= dict(skops_trusted_types=TRUSTED_TYPES, pip_requirements=[{packages}])
{change}
mlflow.sklearn.log_model(model, name="{name}", **about)
"""


def forest(
    lines="lines",
    family="random_forest",
    name="forest",
    packages='"scikit-learn==1.9.1", "skops==0.16.0", f"-c {locked}"',
    change="",
):
    """Log a forest that may lack something."""
    return FOREST.format(lines=lines, family=family, name=name, packages=packages, change=change)


COMMAND = (
    "docker run --rm --init --name loan-approval --publish 127.0.0.1:8000:8000"
    " --read-only --tmpfs /tmp:size=64m --user 1000:1000 --cap-drop ALL"
    " --security-opt no-new-privileges --memory 2g --pids-limit 200"
    " --env DISABLE_NGINX=true --env UVICORN_HOST=0.0.0.0 --env MLFLOW_MODELS_WORKERS=2"
    " loan-approval"
)


def command(old="", new="", text=None):
    """Log the right command with one part of it replaced."""
    assert old in COMMAND
    return f"""
with mlflow.start_run(run_name="mended command"):
    mlflow.log_text({text or COMMAND.replace(old, new)!r}, "run.sh")
"""


WRONG = {
    "15.1": {
        "only the two packages": forest(packages='"scikit-learn==1.9.1", "skops==0.16.0"'),
        "numpy alone is pinned": forest(lines='[p for p in lines if p.startswith("numpy==")]'),
        "one package is forgotten": forest(lines='[p for p in lines if "joblib" not in p]'),
        "another version of scipy": forest(
            lines='[p.replace("scipy==1.", "scipy==0.") for p in lines]'
        ),
        "lower bounds": forest(lines='[p.replace("==", ">=") for p in lines]'),
        "classes": forest(change='about["pyfunc_predict_fn"] = "predict"'),
        "no signature": forest(change='del about["signature"]'),
        "the regression": forest(family="logistic_regression"),
        "boosting": forest(family="hist_gradient_boosting"),
        "another name": forest(name="random_forest"),
    },
    "15.2": {
        "the colleague's own": command(
            text="docker run --detach --name loan-approval --privileged --publish 8000:8000 "
            "--env DISABLE_NGINX=true loan-approval"
        ),
        "one worker, as in the lesson": command("WORKERS=2", "WORKERS=1"),
        "published everywhere": command("127.0.0.1:8000:8000", "8000:8000"),
        "published twice": command("--read-only", "--publish 8080:8000 --read-only"),
        "nginx's port": command("8000:8000", "8000:8080"),
        "still privileged": command("--read-only", "--privileged --read-only"),
        "the network of the machine": command("--read-only", "--network host --read-only"),
        "writable": command("--read-only ", ""),
        "no place for scratch files": command("--tmpfs /tmp:size=64m ", ""),
        "root's group": command("1000:1000", "1000"),
        "root": command("--user 1000:1000 ", ""),
        "some capabilities": command("--cap-drop ALL", "--cap-drop ALL --cap-add NET_ADMIN"),
        "one capability dropped": command("--cap-drop ALL", "--cap-drop CHOWN"),
        "may gain rights": command("--security-opt no-new-privileges ", ""),
        "no limit of memory": command("--memory 2g ", ""),
        "too much memory": command("--memory 2g", "--memory 4g"),
        "no limit of processes": command("--pids-limit 200", "--pids-limit -1"),
        "a server that nobody reaches": command("--env UVICORN_HOST=0.0.0.0 ", ""),
        "nginx stays": command("--env DISABLE_NGINX=true ", ""),
        "another image": command("MODELS_WORKERS=2 loan-approval", "MODELS_WORKERS=2 loans"),
        "options after the image": command(" --read-only", "", None).replace(
            "loan-approval'", "loan-approval --read-only'"
        ),
        "lines that do not continue": command(" --read-only", "\n --read-only"),
        "the run is not ended": command().replace("with mlflow", "if mlflow"),
    },
}
