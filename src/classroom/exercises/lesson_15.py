"""The checks of lesson 15."""

import re
import shlex
from importlib.metadata import requires, version

import mlflow
from packaging.requirements import Requirement
from sklearn.ensemble import RandomForestClassifier

from classroom.exercises import exercise, require
from classroom.exercises.runs import files_of, newest_model_named, run_named, text_in
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans

_SWITCHES = {"--rm", "--init", "--read-only", "--detach", "-d", "--privileged", "--interactive"}
_SWITCHES |= {"--tty", "-i", "-t", "-it", "--publish-all", "-P"}
_LONG = {"-p": "--publish", "-e": "--env", "-m": "--memory", "-u": "--user", "--net": "--network"}
_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}


@exercise("15.1")
def check_pinned_forest(lesson: Lesson) -> None:
    """Load the forest, let it answer, and look for a version of each package that it needs."""
    with files_of(newest_model_named("forest", lesson)) as folder:
        loaded = mlflow.pyfunc.load_model(str(folder))
        pipeline = mlflow.sklearn.load_model(str(folder))
        lines = [
            line
            for file in ("requirements.txt", "constraints.txt")
            if (folder / file).exists()
            for line in (folder / file).read_text(encoding="utf-8").splitlines()
        ]
    forest = isinstance(pipeline.steps[-1][1], RandomForestClassifier)
    require(forest, "The model named 'forest' is not a random forest.")
    require(loaded.metadata.signature is not None, "The forest has no signature.")
    answers = loaded.predict(split_loans(load_loans())[1].head(20))
    require(getattr(answers, "ndim", 1) == 2, "It answers with classes and not with probabilities.")
    pins = {
        found[1].lower().replace("_", "-"): found[2]
        for line in lines
        if (found := re.match(r"([\w.-]+)\s*==\s*([^\s;]+)", line))
    }
    for package in _needed_by("scikit-learn"):
        require(package in pins, f"The version of {package} is not pinned.")
        here = version(package)
        require(pins[package] == here, f"{package} is pinned to another version than {here}.")


def _needed_by(package: str) -> list[str]:
    """Return a package and all that it needs, each once."""
    found, ask = [], [package]
    while ask:
        name = ask.pop().lower().replace("_", "-")
        if name in found:
            continue
        found.append(name)
        for line in requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                ask.append(needed.name)
    return found


@exercise("15.2")
def check_mended_command(lesson: Lesson) -> None:
    """Read the command as `docker` would, and ask for each right that it must not give."""
    run = run_named("mended command", lesson.tracking_uri, lesson.name)
    options, rest = _docker_run(text_in("run.sh", run, lesson))
    require(rest[:1] == ["loan-approval"], "It does not run the image loan-approval.")
    require(len(rest) == 1, f"Options must stand before the image name: {rest[-1]}.")
    require("--privileged" not in options, "It is still privileged.")
    host = "host" in options.get("--network", [])
    require(not host, "It shares the host's network, so its ports are not limited.")
    published = options.get("--publish", [])
    alone = published == ["127.0.0.1:8000:8000"] and "--publish-all" not in options
    require(alone, "It is not published on port 8000 of 127.0.0.1, and there only.")
    variables = dict(text.partition("=")[::2] for text in options.get("--env", []))
    require(variables.get("DISABLE_NGINX", "").lower() == "true", "nginx would write its files.")
    reached = variables.get("UVICORN_HOST") == "0.0.0.0"
    require(reached, "Its server listens only inside the container.")
    require(variables.get("MLFLOW_MODELS_WORKERS") == "2", "It does not start two workers.")
    require("--read-only" in options, "Its file system is still writable.")
    scratch = [text.partition(":")[0] for text in options.get("--tmpfs", [])]
    mounted = any(
        "type=tmpfs" in text and re.search(r"(?:dst|destination|target)=/tmp\b", text)
        for text in options.get("--mount", [])
    )
    require(
        "/tmp" in scratch or mounted, "It has no writable volume for /tmp, which the server needs."
    )
    user, _, group = options.get("--user", ["0:0"])[-1].partition(":")
    require(user not in ("", "0", "root"), "It still runs as root.")
    require(group not in ("", "0", "root"), "Its group is still root.")
    dropped = [text.upper() for text in options.get("--cap-drop", [])]
    require(
        "ALL" in dropped and "--cap-add" not in options,
        "It must drop ALL capabilities and add none.",
    )
    security = {re.sub("[:=]true$", "", text) for text in options.get("--security-opt", [])}
    require(
        security == {"no-new-privileges"},
        "Its programs can still gain privileges (no-new-privileges).",
    )
    memory = _bytes(options.get("--memory", [""])[-1])
    require(0 < memory <= 2 * 2**30, "Its memory is not limited to 2 GB.")
    require(memory >= 2**29, "Two workers need at least 512 MB.")
    processes = options.get("--pids-limit", ["0"])[-1]
    limited = processes.isdecimal() and 0 < int(processes) <= 200
    require(limited, "Its processes are not limited to 200.")


def _docker_run(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the options of the one command in a script, by long name, and what follows them."""
    lines = text.replace("\\\n", " ").splitlines()
    commands = [line for line in lines if line.strip() and not line.startswith("#")]
    require(
        len(commands) == 1,
        f"It holds {len(commands)} commands instead of one. A backslash may be missing.",
    )
    words = shlex.split(commands[0].replace("docker container run", "docker run"))
    require(words[:2] == ["docker", "run"], "It does not begin with docker run.")
    words, options = words[2:], {}
    while words and words[0].startswith("-"):
        name, equals, value = words.pop(0).partition("=")
        name = _LONG.get(name, name)
        if name in _SWITCHES:
            if value.lower() == "false":
                continue
        elif not equals:
            require(len(words) > 0, f"The option {name} has no value.")
            value = words.pop(0)
        options.setdefault({"-P": "--publish-all"}.get(name, name), []).append(value)
    return options, words


def _bytes(size: str) -> int:
    """Return a size such as 2g in bytes, and 0 where it cannot be read."""
    found = re.fullmatch(r"(\d+)([bkmg]?)b?", size.lower())
    return int(found[1]) * _UNITS[found[2]] if found else 0
