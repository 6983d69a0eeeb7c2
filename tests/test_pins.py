"""pyproject.toml, constraints.txt, environment.yml, the workflow and .ci/run must tell one story.

Each check returns the list of what is wrong, so that a broken copy can prove that it complains.
"""

import importlib.metadata
import importlib.util
import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
ENVIRONMENT = (ROOT / "environment.yml").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
NEWEST = (ROOT / ".github" / "workflows" / "newest.yml").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
#: Where else a version is named: the environments of the project's runs, and of the model it logs.
NAMED = ["python_env.yaml", "conda.yaml", "Dockerfile", "steps/train.py"]


def supported_pythons() -> list[str]:
    spec = importlib.util.spec_from_file_location("setup_env", ROOT / "tools" / "setup_env.py")
    setup_env = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup_env)
    return [f"3.{minor}" for minor in range(setup_env.OLDEST[1], setup_env.NEWEST[1] + 1)]


def direct(pyproject: str) -> list[Requirement]:
    return [Requirement(text) for text in tomllib.loads(pyproject)["project"]["dependencies"]]


def declared(pyproject: str) -> list[Requirement]:
    """Return the direct dependencies and those of every group."""
    groups = tomllib.loads(pyproject)["dependency-groups"].values()
    return direct(pyproject) + [Requirement(text) for group in groups for text in group]


def pinned(constraints: str) -> dict[str, str]:
    """Return the version of each package, by its canonical name."""
    lines = [line.split("#")[0].strip() for line in constraints.splitlines()]
    requirements = [Requirement(line) for line in lines if line]
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in requirements}


def loose_pins(pyproject: str) -> list[str]:
    return [str(r) for r in declared(pyproject) if not re.fullmatch(r"==[\w.]+", str(r.specifier))]


def pins_without_reason(pyproject: str) -> list[str]:
    lists = re.findall(r"^[\w-]+ = \[\n(.*?)\n\]", pyproject, flags=re.S | re.M)
    lines = [line.strip() for text in lists for line in text.splitlines()]
    entries = [line for line in lines if line.startswith('"')]
    assert len(entries) == len(declared(pyproject))
    return [entry for entry in entries if not re.search(r'",  # \w.{9,}', entry)]


def contradicted_pins(pyproject: str, constraints: str) -> list[str]:
    versions = pinned(constraints)
    return [
        str(r)
        for r in declared(pyproject)
        if not r.specifier.contains(versions.get(canonicalize_name(r.name), "0"))
    ]


def named_pins(text: str) -> list[Requirement]:
    """Return the pins in any file; a line that does not read like one is none."""
    lines = [line.split("#")[0] for line in text.splitlines()]
    found = [re.findall(r"[a-z][\w.-]*==[\w.]+", line) for line in lines]
    return [Requirement(pin) for pins in found for pin in pins]


def differing_pins(text: str, constraints: str) -> list[str]:
    versions = pinned(constraints)
    return [
        str(r)
        for r in named_pins(text)
        if not r.specifier.contains(versions.get(canonicalize_name(r.name), "0"))
    ]


def installed_closure(pyproject: str) -> dict[str, str]:
    """Return the version of every installed package that the direct dependencies lead to."""
    versions, seen, waiting = {}, set(), direct(pyproject)
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        versions[name] = importlib.metadata.version(name)
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras | {""}
            ):
                waiting.append(needed)
    return versions


def unconstrained(installed: dict[str, str], constraints: str) -> list[str]:
    versions = pinned(constraints)
    return [
        f"{name} {version}" for name, version in installed.items() if versions.get(name) != version
    ]


def index_hosts(text: str) -> list[str]:
    signs = r"://|index-url|find-links|trusted-host|^\s*-\s*-[if]\s|\s@\s"
    return [line for line in text.splitlines() if re.search(signs, line)]


def environment_faults(environment: str, pyproject: str, tested: list[str]) -> list[str]:
    dependencies = yaml.safe_load(environment)["dependencies"]
    by_pip = next(entry["pip"] for entry in dependencies if isinstance(entry, dict))
    by_conda = [Requirement(entry) for entry in dependencies if isinstance(entry, str)]
    python = {r.name: r.specifier for r in by_conda}.get("python", SpecifierSet())
    versions = [f"3.{minor}" for minor in range(8, 20)]
    faults = []
    if by_pip != ["-c constraints.txt", "-e ."]:
        faults.append(f"pip installs {by_pip}")
    if {r.name for r in by_conda} != {"python", "pip"}:
        faults.append("conda installs more than Python and pip")
    if list(python.filter(versions)) != tested:
        faults.append(f"Python {python} is not what set-up is tested with, {tested}")
    requires = SpecifierSet(tomllib.loads(pyproject)["project"]["requires-python"])
    if next(iter(requires.filter(versions))) != tested[0]:
        faults.append(f"Python {requires} does not begin with {tested[0]}")
    return faults


def workflow_faults(workflow: str, tested: list[str]) -> list[str]:
    job = yaml.safe_load(workflow)["jobs"]["test"]
    faults = []
    if job["strategy"]["matrix"]["python"] != tested:
        faults.append(f"the matrix does not hold {tested}")
    runs = {step.get("if"): step["run"] for step in job["steps"] if "run" in step}
    on_linux = 'PATH="$PATH:$CONDA/bin" LOANFLOW_REQUIRE=conda .ci/run'
    if runs != {"runner.os == 'Linux'": on_linux, "runner.os != 'Linux'": "make test"}:
        faults.append("it does not run .ci/run, or make test off Linux, and that alone")
    if not 0 < job.get("timeout-minutes", 0) <= 90:
        faults.append("nothing ends it in time")
    return faults


def newest_faults(workflow: str, tested: list[str]) -> list[str]:
    content = yaml.safe_load(workflow)
    job = content["jobs"]["newest"]
    steps = job["steps"]
    faults = []
    if "schedule" not in content[True]:  # YAML reads the key `on` as true
        faults.append("it does not run by itself")
    if [s["with"]["python-version"] for s in steps if "python" in s.get("uses", "")] != tested[-1:]:
        faults.append("it does not take the newest tested Python")
    if "make newest" not in [step.get("run") for step in steps]:
        faults.append("it does not run make newest")
    if not 0 < job.get("timeout-minutes", 0) <= 90:
        faults.append("nothing ends it in time")
    kept = [step for step in steps if "newest.md" in str(step)]
    if not kept or any(step.get("if") != "always()" for step in kept):
        faults.append("the report is not kept where a lesson broke")
    return faults


def ci_faults(script: str) -> list[str]:
    return [
        f"no line {line!r}"
        for line in (
            "set -euo pipefail",
            'export LOANFLOW_REQUIRE="${LOANFLOW_REQUIRE:-} '
            'browser guide packages postgresql spark"',
            "if make checkers; then",
            "make spark",
            "make guide slides",
            "make test",
        )
        if line not in script.splitlines()
    ]


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
    set_up = (ROOT / "tools" / "setup_env.py").read_text(encoding="utf-8")
    (uv,) = (str(r) for r in direct(PYPROJECT) if r.name == "uv")
    assert f'UV = "{uv}"' in set_up


def test_constraints_hold_the_direct_pins():
    assert contradicted_pins(PYPROJECT, CONSTRAINTS) == []


@pytest.mark.parametrize("line", ["pandas==3.1.0", ""])
def test_a_contradicted_or_missing_constraint_is_noticed(line):
    broken = re.sub(r"(?m)^pandas==.*", line, CONSTRAINTS)
    assert len(contradicted_pins(PYPROJECT, broken)) == 1


@pytest.mark.parametrize("name", NAMED)
def test_a_version_named_elsewhere_is_that_of_the_constraints(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert named_pins(text) != []
    assert differing_pins(text, CONSTRAINTS) == []
    broken = re.sub("skops==[0-9.]+", "skops==0.1", text)
    assert differing_pins(broken, CONSTRAINTS) == ["skops==0.1"]


def test_the_environments_of_the_project_install_the_same():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in NAMED[:3]]
    first, *others = [sorted(map(str, named_pins(text))) for text in texts]
    assert all(pins == first for pins in others)
    assert all("-c constraints.txt" in text for text in texts)


def test_constraints_hold_everything_that_is_installed():
    assert unconstrained(installed_closure(PYPROJECT), CONSTRAINTS) == []


@pytest.mark.parametrize("line", ["alembic==0.0.1", ""])
def test_another_version_deep_in_the_closure_is_noticed(line):
    broken = re.sub(r"(?m)^alembic==.*", line, CONSTRAINTS)
    faults = unconstrained(installed_closure(PYPROJECT), broken)
    assert [fault.split()[0] for fault in faults] == ["alembic"]


@pytest.mark.parametrize("text", [PYPROJECT, CONSTRAINTS, ENVIRONMENT])
def test_no_file_names_an_index(text):
    assert index_hosts(text) == []


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


def test_environment_installs_the_same_set_on_the_supported_pythons():
    assert environment_faults(ENVIRONMENT, PYPROJECT, supported_pythons()) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("-c constraints.txt", "-r requirements.txt"),
        ("- -c constraints.txt", ""),
        (">=3.11,<3.15", ">=3.11,<3.13"),
        (">=3.11,<3.15", ">=3.10,<3.15"),
        (">=3.11,<3.15", ""),
        ("- pip\n", "- pip\n  - numpy\n"),
    ],
)
def test_an_environment_that_differs_is_noticed(right, wrong):
    broken = ENVIRONMENT.replace(right, wrong)
    assert broken != ENVIRONMENT
    assert len(environment_faults(broken, PYPROJECT, supported_pythons())) == 1


def test_an_older_python_in_pyproject_is_noticed():
    broken = PYPROJECT.replace('requires-python = ">=3.11"', 'requires-python = ">=3.10"')
    assert len(environment_faults(ENVIRONMENT, broken, supported_pythons())) == 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [('"3.12", ', ""), (".ci/run", "pytest"), ("make test", "pytest"), ("timeout-minutes: 90", "")],
)
def test_the_workflow_runs_ci_on_the_supported_pythons(right, wrong):
    assert workflow_faults(WORKFLOW, supported_pythons()) == []
    assert right in WORKFLOW
    assert len(workflow_faults(WORKFLOW.replace(right, wrong), supported_pythons())) == 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("schedule:", "push:"),
        ('"3.14"', '"3.12"'),
        ("make newest", "make test"),
        ("timeout-minutes: 60", ""),
        ("if: always()", "if: success()"),
    ],
)
def test_the_newest_releases_are_tried_each_month(right, wrong):
    assert newest_faults(NEWEST, supported_pythons()) == []
    assert right in NEWEST
    assert len(newest_faults(NEWEST.replace(right, wrong), supported_pythons())) == 1


def test_ci_runs_make_test():
    assert ci_faults(CI) == []
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert ci_faults(CI.replace("\nmake test", "\n# make test")) == ["no line 'make test'"]
