"""pyproject.toml, constraints.txt, environment.yml, the workflow and .ci/run must tell one story.

Each check returns the list of what is wrong, so that a broken copy can prove that it complains.
"""

import importlib.metadata
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from classroom.workspace import REPOSITORY
from tools import setup_env
from tools.newest import versions


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


PYPROJECT = read("pyproject.toml")
CONSTRAINTS = read("constraints.txt")
#: Where else a version is named: the environments of the project's runs, and of the model it logs.
NAMED = ["python_env.yaml", "conda.yaml", "Dockerfile", "steps/train.py"]
#: The Pythons that set-up takes.
TESTED = [f"3.{minor}" for minor in range(setup_env.OLDEST[1], setup_env.NEWEST[1] + 1)]


def broken_rules(rules: dict[str, bool]) -> list[str]:
    return [rule for rule, holds in rules.items() if not holds]


def direct(pyproject: str) -> list[Requirement]:
    return [Requirement(text) for text in tomllib.loads(pyproject)["project"]["dependencies"]]


def declared(pyproject: str) -> list[Requirement]:
    """Return the direct dependencies and those of every group."""
    groups = tomllib.loads(pyproject)["dependency-groups"].values()
    return direct(pyproject) + [Requirement(text) for group in groups for text in group]


def loose_pins(pyproject: str) -> list[str]:
    return [str(r) for r in declared(pyproject) if not re.fullmatch(r"==[\w.]+", str(r.specifier))]


def pins_without_reason(pyproject: str) -> list[str]:
    lists = re.findall(r"^[\w-]+ = \[\n(.*?)\n\]", pyproject, flags=re.S | re.M)
    lines = [line.strip() for text in lists for line in text.splitlines()]
    entries = [line for line in lines if line.startswith('"')]
    assert len(entries) == len(declared(pyproject))
    return [entry for entry in entries if not re.search(r'",  # \w.{9,}', entry)]


def named_pins(text: str) -> list[Requirement]:
    """Return the pins in any file; a line that does not read like one is none."""
    lines = [line.split("#")[0] for line in text.splitlines()]
    return [Requirement(pin) for line in lines for pin in re.findall(r"[a-z][\w.-]*==[\w.]+", line)]


def contradicted(pins: list[Requirement], constraints: str) -> list[str]:
    """Return the pins whose version the constraints do not have."""
    constrained = versions(constraints)
    return [
        str(r)
        for r in pins
        if not r.specifier.contains(constrained.get(canonicalize_name(r.name), "0"))
    ]


def installed_closure(pyproject: str) -> list[Requirement]:
    """Return pins of every installed package that the direct dependencies lead to."""
    pins, seen, waiting = [], set(), direct(pyproject)
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        pins.append(Requirement(f"{name}=={importlib.metadata.version(name)}"))
        for needed in map(Requirement, importlib.metadata.requires(name) or []):
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras | {""}
            ):
                waiting.append(needed)
    return pins


def index_hosts(text: str) -> list[str]:
    signs = r"://|index-url|find-links|trusted-host|^\s*-\s*-[if]\s|\s@\s"
    return [line for line in text.splitlines() if re.search(signs, line)]


def environment_faults(environment: str, pyproject: str = PYPROJECT) -> list[str]:
    *by_conda, by_pip = yaml.safe_load(environment)["dependencies"]
    conda = {r.name: r.specifier for r in map(Requirement, by_conda)}
    python = conda.get("python", SpecifierSet())
    requires = SpecifierSet(tomllib.loads(pyproject)["project"]["requires-python"])
    pythons = [f"3.{minor}" for minor in range(8, 20)]
    return broken_rules(
        {
            "pip installs the course, constrained, and that alone": by_pip
            == {"pip": ["-c constraints.txt", "-e ."]},
            "conda installs Python and pip alone": conda.keys() == {"python", "pip"},
            "conda takes the tested Pythons": list(python.filter(pythons)) == TESTED,
            "pyproject begins with the oldest": next(requires.filter(pythons)) == TESTED[0],
        }
    )


def ends_in_time(job: dict) -> bool:
    return 0 < job.get("timeout-minutes", 0) <= 90


def workflow_faults(workflow: str) -> list[str]:
    job = yaml.safe_load(workflow)["jobs"]["test"]
    runs = {step.get("if"): step["run"] for step in job["steps"] if "run" in step}
    on_linux = 'PATH="$PATH:$CONDA/bin" LOANFLOW_REQUIRE=conda .ci/run'
    due = {"runner.os == 'Linux'": on_linux, "runner.os != 'Linux'": "make test"}
    return broken_rules(
        {
            "the matrix holds the tested Pythons": job["strategy"]["matrix"]["python"] == TESTED,
            "it runs .ci/run, or make test off Linux, and that alone": runs == due,
            "it ends in time": ends_in_time(job),
        }
    )


def newest_faults(workflow: str) -> list[str]:
    content = yaml.safe_load(workflow)
    job = content["jobs"]["newest"]
    steps = job["steps"]
    pythons = [s["with"]["python-version"] for s in steps if "python" in s.get("uses", "")]
    kept = {step.get("if") for step in steps if "newest.md" in str(step)}
    return broken_rules(
        {
            "it runs by itself": "schedule" in content[True],  # YAML reads the key `on` as true
            "it takes the newest tested Python": pythons == TESTED[-1:],
            "it runs make newest": "make newest" in [step.get("run") for step in steps],
            "it ends in time": ends_in_time(job),
            "the report is kept where a lesson broke": kept == {"always()"},
        }
    )


def ci_faults(script: str) -> list[str]:
    due = [
        "set -euo pipefail",
        'export LOANFLOW_REQUIRE="${LOANFLOW_REQUIRE:-} browser guide packages postgresql spark"',
        "if make checkers; then",
        "make spark",
        "make guide slides",
        "make test",
    ]
    return [line for line in due if line not in script.splitlines()]


#: What is wrong with a file, by the file.
FAULTS = {
    "environment.yml": environment_faults,
    ".github/workflows/test.yml": workflow_faults,
    ".github/workflows/newest.yml": newest_faults,
    ".ci/run": ci_faults,
}


def test_every_direct_dependency_is_pinned_with_its_reason():
    assert loose_pins(PYPROJECT) == []
    assert pins_without_reason(PYPROJECT) == []


@pytest.mark.parametrize("loose", [">=3.1.1", "", "~=3.1.1", "==3.*", "==3.1.1,!=3.1.2"])
def test_a_loose_pin_is_noticed(loose):
    assert len(loose_pins(PYPROJECT.replace("pandas==3.1.1", f"pandas{loose}"))) == 1
    assert len(loose_pins(PYPROJECT.replace("sphinx==9.0.4", f"sphinx{loose}"))) == 1


@pytest.mark.parametrize("reason", ["", "  # ", "  # why"])
def test_a_pin_without_a_reason_is_noticed(reason):
    broken = re.sub(r'("pandas==[^"]*",).*', rf"\1{reason}", PYPROJECT)
    broken = re.sub(r'("furo==[^"]*",).*', rf"\1{reason}", broken)
    assert [entry[:6] for entry in pins_without_reason(broken)] == ['"panda', '"furo=']


def test_set_up_takes_the_uv_that_is_pinned():
    assert [str(r) for r in direct(PYPROJECT) if r.name == "uv"] == [setup_env.UV]


def test_constraints_hold_the_direct_pins():
    assert contradicted(declared(PYPROJECT), CONSTRAINTS) == []


@pytest.mark.parametrize("line", ["pandas==3.1.0", ""])
def test_a_contradicted_or_missing_constraint_is_noticed(line):
    broken = re.sub(r"(?m)^pandas==.*", line, CONSTRAINTS)
    assert len(contradicted(declared(PYPROJECT), broken)) == 1


@pytest.mark.parametrize("name", NAMED)
def test_a_version_named_elsewhere_is_that_of_the_constraints(name):
    text = read(name)
    assert named_pins(text) != []
    assert contradicted(named_pins(text), CONSTRAINTS) == []
    broken = re.sub("skops==[0-9.]+", "skops==0.1", text)
    assert contradicted(named_pins(broken), CONSTRAINTS) == ["skops==0.1"]


def test_the_environments_of_the_project_install_the_same():
    texts = list(map(read, NAMED[:3]))
    first, *others = [sorted(map(str, named_pins(text))) for text in texts]
    assert all(pins == first for pins in others)
    assert all("-c constraints.txt" in text for text in texts)


def test_constraints_hold_everything_that_is_installed():
    assert contradicted(installed_closure(PYPROJECT), CONSTRAINTS) == []


@pytest.mark.parametrize("line", ["alembic==0.0.1", ""])
def test_another_version_deep_in_the_closure_is_noticed(line):
    broken = re.sub(r"(?m)^alembic==.*", line, CONSTRAINTS)
    faults = contradicted(installed_closure(PYPROJECT), broken)
    assert [fault.split("==")[0] for fault in faults] == ["alembic"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "environment.yml"])
def test_no_file_names_an_index(name):
    assert index_hosts(read(name)) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--find-links /wheels",
        "mlflow @ file:///wheels/mlflow.whl",
        "      - -i packages.example",
    ],
)
def test_a_named_index_is_noticed(line):
    assert index_hosts(f"{CONSTRAINTS}\n{line}\n") == [line]


@pytest.mark.parametrize("name", FAULTS)
def test_conda_workflows_and_ci_do_what_set_up_and_make_do(name):
    assert FAULTS[name](read(name)) == []


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("environment.yml", "-c constraints.txt", "-r requirements.txt"),
        ("environment.yml", "- -c constraints.txt", ""),
        ("environment.yml", ">=3.11,<3.15", ">=3.11,<3.13"),
        ("environment.yml", ">=3.11,<3.15", ">=3.10,<3.15"),
        ("environment.yml", ">=3.11,<3.15", ""),
        ("environment.yml", "- pip\n", "- pip\n  - numpy\n"),
        (".github/workflows/test.yml", '"3.12", ', ""),
        (".github/workflows/test.yml", ".ci/run", "pytest"),
        (".github/workflows/test.yml", "make test", "pytest"),
        (".github/workflows/test.yml", "timeout-minutes: 90", ""),
        (".github/workflows/newest.yml", "schedule:", "push:"),
        (".github/workflows/newest.yml", '"3.14"', '"3.12"'),
        (".github/workflows/newest.yml", "make newest", "make test"),
        (".github/workflows/newest.yml", "timeout-minutes: 60", ""),
        (".github/workflows/newest.yml", "if: always()", "if: success()"),
        (".ci/run", "\nmake test", "\n# make test"),
    ],
)
def test_a_fault_is_noticed(name, right, wrong):
    text = read(name)
    assert right in text
    assert len(FAULTS[name](text.replace(right, wrong))) == 1


def test_an_older_python_in_pyproject_is_noticed():
    broken = PYPROJECT.replace('requires-python = ">=3.11"', 'requires-python = ">=3.10"')
    assert len(environment_faults(read("environment.yml"), broken)) == 1
