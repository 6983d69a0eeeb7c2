"""Make the base image of lesson 16, and try it: build, run hardened, score, compare, clean up."""

import json
import signal
import sys
import tempfile
from pathlib import Path

import classroom  # noqa: F401  (sets the environment before anything imports mlflow)
from classroom.services import containers, team
from classroom.services.servers import ServerError

#: That of the lesson, whose build then finds the first steps done.
IMAGE = "loan-approval"
#: What follows ``docker run`` for a model that may do nothing but answer, as in the lesson.
HARDENED = (
    *("--read-only", "--tmpfs", "/tmp:size=64m", "--user", "1000:1000", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--memory", "1g", "--pids-limit", "100"),
    *("--env", "DISABLE_NGINX=true", "--env", "UVICORN_HOST=0.0.0.0"),
    *("--env", "MLFLOW_MODELS_WORKERS=1"),
)
REMAINS = {
    True: "What stays, about 800 MB of images, lies in this environment; `make clean` removes it.",
    False: f"Two images stay with your engine; `docker image rm {IMAGE} {containers.BASE}` "
    "removes them.",
}
ADVICE = f"""{{reason}}
Start an engine, such as Docker Desktop, or on Debian, as root, once:
    apt-get install --no-install-recommends {" ".join(containers.PACKAGES)}
(Where systemd runs, that leaves docker running as a service.)"""


def try_base(engine: containers.Engine, folder: Path) -> float:
    """Build an image of a fitted model, run it hardened, and score rows of the test set.

    Returns
    -------
    float
        The largest difference between a probability from the container and one from here.
    """
    import mlflow
    import numpy as np
    import requests

    from loanflow.data import load_loans, split_loans
    from loanflow.training import TRUSTED_TYPES, build_model

    X_train, X_test, y_train, _ = split_loans(load_loans())
    model = build_model().fit(X_train, y_train)
    mlflow.sklearn.save_model(
        model,
        str(folder / "model"),
        pyfunc_predict_fn="predict_proba",
        skops_trusted_types=TRUSTED_TYPES,
        pip_requirements=["scikit-learn", "skops"],
    )
    with team.environment(**engine.environment):
        mlflow.models.build_docker(
            str(folder / "model"), IMAGE, env_manager="local", base_image=containers.BASE
        )
    container = engine.serve(*HARDENED, IMAGE)
    rows = {"dataframe_split": json.loads(X_test.to_json(orient="split", index=False))}
    answer = requests.post(f"{container.url}/invocations", json=rows, timeout=60)
    answer.raise_for_status()
    scored = np.array(answer.json()["predictions"])
    return float(np.abs(scored - model.predict_proba(X_test)).max())


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Asked to end; everything was cleaned up."))
    try:
        with containers.start_engine() as engine, tempfile.TemporaryDirectory() as folder:
            print(f"{engine}: making the image {containers.BASE}, which takes a minute or two ...")
            containers.make_base(engine)
            difference = try_base(engine, Path(folder))
    except containers.EngineError as error:
        sys.exit(ADVICE.format(reason=error))
    except ServerError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted; everything was cleaned up.")
    if difference > 1e-9:
        sys.exit(f"The container's answers differ from ours by up to {difference:g}.")
    print("A container of a model on it answers as the model does here. Lesson 16 can use it.")
    print(REMAINS[engine.ours])


if __name__ == "__main__":
    main()
