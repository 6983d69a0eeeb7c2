"""Make the base image of lesson 15, and try it: build, run hardened, score, compare, clean up.

The base image starts from Docker Hub's Python. Where no engine runs and we start one of our own,
which reaches no registry, it starts from Debian's packages.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import classroom  # noqa: F401  (sets the environment before anything imports mlflow)
from classroom.services import containers, team
from classroom.services.servers import ServerError
from classroom.workspace import REPOSITORY
from tools import engine as engines

#: That of the lesson, whose build then finds the first steps done.
IMAGE = "loan-approval"
#: How the lesson runs a model that may do nothing but answer.
HARDENED = (
    "docker run --rm --init --name {name} --publish 127.0.0.1:{{port}}:8000"
    " --read-only --tmpfs /tmp:size=64m --user 1000:1000 --cap-drop ALL"
    " --security-opt no-new-privileges --memory 1g --pids-limit 100"
    " --env DISABLE_NGINX=true --env UVICORN_HOST=0.0.0.0 --env MLFLOW_MODELS_WORKERS=1"
    " loan-approval"
)
REMAINS = {
    True: "Our engine ends now. To have it in lesson 15, open the course with it: "
    "`.venv/bin/python -m tools.engine make lab`.\n"
    "What stays, about 800 MB of images, lies in this environment; `make clean` removes it.",
    False: f"Two images stay with your engine; `docker image rm {IMAGE} {containers.BASE}` "
    "removes them.",
}
ADVICE = f"""{{reason}}
Start an engine, such as Docker Desktop, or on Debian, as root, once:
    apt-get install --no-install-recommends {" ".join(engines.PACKAGES)}
(Where systemd runs, that leaves docker running as a service.)"""
#: What the image of compose.yaml needs besides: a build on ours finds it there, without a network.
TEAM = ("mlflow[auth]", "psycopg[binary]", "boto3")
# What the scoring server imports, so that its bytecode is in the image, which cannot write any.
_IMPORTS = """
import mlflow.models.container, mlflow.pyfunc.scoring_server, mlflow.sklearn, skops.io, uvicorn.main
import sklearn.compose, sklearn.impute, sklearn.linear_model, sklearn.pipeline, uvloop
import boto3, mlflow.server.auth, mlflow.server.fastapi_app, psycopg
"""


def make_base_from_registry() -> None:
    """Make the base image on an engine that reaches a registry and a package index."""
    with tempfile.TemporaryDirectory(prefix="loanflow-base-") as folder:
        shutil.copy(REPOSITORY / "constraints.txt", folder)
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        (Path(folder) / "Dockerfile").write_text(
            f"FROM python:{python}-slim\n"
            "COPY constraints.txt /tmp/\n"
            "RUN pip install --no-cache-dir --constraint /tmp/constraints.txt "
            f"{' '.join(requirements())}\n"
        )
        # MLflow builds on it for this platform, whatever the machine is.
        tag = ("--tag", containers.BASE)
        containers.docker("build", "--platform", "linux/amd64", *tag, folder)


def make_base_from_debian() -> None:
    """Make the base image without a registry: Debian's Python, and packages of constraints.txt.

    mmdebstrap takes Python and a shell from Debian's packages, uv installs ours into the same
    folder, and the folder becomes the image.
    """
    with tempfile.TemporaryDirectory(prefix="loanflow-base-") as folder:
        root = Path(folder) / "root"
        unpack_debian(root, "bookworm", "libstdc++6", "passwd", "python-is-python3", "python3")
        (stdlib,) = (root / "usr/lib").glob("python3.[0-9]*")
        (stdlib / "EXTERNALLY-MANAGED").unlink()  # in an image, pip may do as it likes
        packages = root / "usr/local/lib" / stdlib.name / "dist-packages"
        run(
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(packages)),
            *("--python-version", stdlib.name.removeprefix("python")),
            *("--constraint", str(REPOSITORY / "constraints.txt"), *requirements(), *TEAM),
        )
        programs = root / "usr/local/bin"
        programs.mkdir(parents=True, exist_ok=True)
        for program in (packages / "bin").iterdir():
            _, _, code = program.read_text().partition("\n")
            (programs / program.name).write_text(f"#!/usr/bin/python3\n{code}")
            (programs / program.name).chmod(0o755)
        shutil.rmtree(packages / "bin")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"}
        run("chroot", str(root), "python3", "-c", _IMPORTS, env=environment)
        import_image(root, containers.BASE)


def unpack_debian(root: Path, suite: str, *packages: str, options: tuple[str, ...] = ()) -> None:
    """Lay packages of Debian, a shell and Debian's own accounts into a folder; no script runs."""
    unwanted = (f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("doc", "locale", "man"))
    included = ",".join(("base-files", "base-passwd", "bash", "coreutils", "dash", *packages))
    command = ("mmdebstrap", "--quiet", "--variant=extract", f"--include={included}")
    run(*command, *unwanted, *options, suite, str(root))
    for name in ("passwd", "group"):
        shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / "etc" / name)


def import_image(root: Path, image: str, *steps: str) -> None:
    """Make an image of a folder, and of further lines of a Dockerfile, such as ``USER 1000``."""
    tar = ["tar", "--numeric-owner", "-C", str(root), "-c", "."]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packing:
        run("docker", "import", "-", image, stdin=packing.stdout)
    if steps:
        dockerfile = "\n".join((f"FROM {image}", *steps))
        build = ["docker", "build", "--quiet", "--tag", image, "-"]
        subprocess.run(build, input=dockerfile, text=True, check=True)


def requirements() -> list[str]:
    """Give what an image needs to serve the lesson's models, with what MLflow's build asks for.

    pandera is for the steps of the project, whose image the tests build on this one.
    """
    needed = ["mlflow", "scikit-learn", "skops", "gunicorn[gevent]", "uvloop", "pandera"]
    for tool in ("pip", "setuptools", "wheel"):  # a model asks for these as they are here
        try:
            needed.append(f"{tool}=={version(tool)}")
        except PackageNotFoundError:
            needed.append(tool)
    return needed


def run(*command: str, stdin=subprocess.DEVNULL, env=None) -> None:
    """Run a program; what it says goes where ours does."""
    subprocess.run(command, stdin=stdin, env=env, check=True)


def try_base(folder: Path) -> float:
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
    from tools.serving import save_pipeline

    model = save_pipeline(folder / "model", ["scikit-learn", "skops"])
    X_test = split_loans(load_loans()).X_test
    mlflow.models.build_docker(
        str(folder / "model"), IMAGE, env_manager="local", base_image=containers.BASE
    )
    with containers.serve(HARDENED.format(name="loan-approval-trial")) as container:
        rows = {"dataframe_split": json.loads(X_test.to_json(orient="split", index=False))}
        answer = requests.post(f"{container.url}/invocations", json=rows, timeout=60)
        answer.raise_for_status()
    scored = np.array(answer.json()["predictions"])
    return float(np.abs(scored - model.predict_proba(X_test)).max())


def make_and_try(of_our_own: bool) -> None:
    """Make the base image on the engine that ``docker`` reaches, try it, and say what stays."""
    whose = "an engine of our own" if of_our_own else "this machine's engine"
    print(f"Making the image {containers.BASE} on {whose}, which takes a minute or two ...")
    make_base_from_debian() if of_our_own else make_base_from_registry()
    with tempfile.TemporaryDirectory() as folder:
        difference = try_base(Path(folder))
    if difference > 1e-9:
        sys.exit(f"The container's answers differ from ours by up to {difference:g}.")
    print("A container of a model on it answers as the model does here.")
    print(REMAINS[of_our_own])


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Asked to end; everything was cleaned up."))
    try:
        if engines.answers():
            make_and_try(of_our_own=os.environ.get("DOCKER_HOST") == engines.HOST)
            return
        if reasons := engines.reasons_against():
            reason = f"There is no container engine: {'; '.join(reasons)}."
            sys.exit(ADVICE.format(reason=reason))
        with engines.start_engine() as engine, team.environment(**engine.environment):
            make_and_try(of_our_own=True)
    except containers.EngineError as error:
        sys.exit(ADVICE.format(reason=error))
    except ServerError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted; everything was cleaned up.")


if __name__ == "__main__":
    main()
