import os
import platform
import subprocess
import sys
import sysconfig
from importlib.util import find_spec

import mlflow
import pytest

import classroom
from classroom import open_lesson
from classroom.workspace import REPOSITORY, artifacts, home, prepare, tracking_uri


def log_a_run(lesson):
    mlflow.set_tracking_uri(lesson.tracking_uri)
    mlflow.set_experiment(lesson.name)
    with mlflow.start_run(run_name="a run"):
        mlflow.log_metric("roc_auc", 0.7)
        mlflow.log_text("words", "note.txt")


def run_names(lesson):
    runs = mlflow.search_runs(experiment_names=[lesson.name], output_format="list")
    return [run.info.run_name for run in runs]


def test_the_workspace_is_in_the_repository_unless_moved(monkeypatch, tmp_path):
    monkeypatch.delenv("LOANFLOW_HOME")
    assert home() == REPOSITORY / "workspace"
    monkeypatch.setenv("LOANFLOW_HOME", "")
    assert home() == REPOSITORY / "workspace"
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path))
    assert home() == tmp_path


def test_the_store_does_not_follow_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("LOANFLOW_HOME", "relative")
    monkeypatch.chdir(tmp_path)
    assert tracking_uri() == f"sqlite:///{(tmp_path / 'relative' / 'mlflow.db').as_posix()}"


def test_prepare_works_in_a_path_with_a_space_and_an_umlaut(monkeypatch, tmp_path, tracking):
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path / "kurs ä b"))
    prepare()
    lesson = open_lesson("22_capstone")
    log_a_run(lesson)
    assert run_names(lesson) == ["a run"]
    assert list(artifacts().glob("22_capstone/*/artifacts/note.txt"))


def test_prepare_leaves_an_existing_store_alone(workspace):
    before = (workspace / "mlflow.db").stat().st_mtime_ns
    prepare()
    assert (workspace / "mlflow.db").stat().st_mtime_ns == before


def test_processes_may_race_to_prepare_the_store(tmp_path):
    environment = {**os.environ, "LOANFLOW_HOME": str(tmp_path)}
    racers = ["00_start_here", "13_models_serve", "22_capstone"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    code = "import classroom, sys; classroom.open_lesson(sys.argv[1])"
    command = [sys.executable, "-c", code]
    racing = [subprocess.Popen([*command, name], env=environment, **pipes) for name in racers]
    said = [process.communicate(timeout=100)[0] for process in racing]
    assert [process.returncode for process in racing] == [0, 0, 0], said
    client = mlflow.MlflowClient(f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}")
    names = {experiment.name for experiment in client.search_experiments()}
    assert set(racers) <= names
    assert [path.name for path in tmp_path.glob("new-store-*")] == []


def test_what_a_child_process_reports_has_no_colours(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a kernel
    report = subprocess.run([sys.executable, "-c", "1 / 0"], capture_output=True, text=True).stderr
    assert "ZeroDivisionError" in report and "\x1b" not in report


def test_a_clone_of_a_checkout_without_a_branch_prints_nothing(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path / "checkout"], check=True)
    author = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    for command in (
        [*author, "commit", "--quiet", "--allow-empty", "--message", "first"],
        ["checkout", "--quiet", "--detach"],
        [*author, "commit", "--quiet", "--allow-empty", "--message", "second"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path / "checkout", check=True)
    clone = ["git", "clone", "--quiet", "checkout", "clone"]
    said = subprocess.run(clone, cwd=tmp_path, stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
    assert (said.returncode, said.stdout) == (0, b"")


def test_uv_finds_the_python_of_this_environment_where_no_path_leads_to_it(tmp_path):
    if find_spec("uv") is None:
        pytest.skip("set up without uv")
    make = f"['uv', 'venv', '--offline', '--python={platform.python_version()}', 'made']"
    code = f"import classroom, subprocess; subprocess.run({make}, check=True)"
    activated = {"PATH": sysconfig.get_path("scripts")}
    subprocess.run([sys.executable, "-c", code], env=activated, cwd=tmp_path, check=True)
    assert (tmp_path / "made" / "pyvenv.cfg").is_file()


def test_a_lesson_is_clean_each_time_it_is_opened_and_others_stay(workspace, tracking):
    other = open_lesson("00_start_here")
    log_a_run(other)
    for _ in range(3):
        lesson = open_lesson("22_capstone")
        assert run_names(lesson) == []
        log_a_run(lesson)
        assert run_names(lesson) == ["a run"]
    assert run_names(other) == ["a run"]
    assert len(list(artifacts().glob("22_capstone/*"))) == 1


def test_a_lesson_opens_after_its_experiment_was_deleted_by_hand(workspace, tracking):
    lesson = open_lesson("22_capstone")
    log_a_run(lesson)
    client = mlflow.MlflowClient()
    client.delete_experiment(client.get_experiment_by_name("22_capstone").experiment_id)
    assert run_names(open_lesson("22_capstone")) == []


def test_opening_a_lesson_ends_a_run_that_was_left_active(workspace, tracking):
    log_a_run(open_lesson("22_capstone"))
    mlflow.start_run(run_name="left active")
    open_lesson("22_capstone")
    assert mlflow.active_run() is None


def test_opening_a_lesson_forgets_the_store_that_was_chosen_before(
    workspace, monkeypatch, tracking
):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "the shell's")
    mlflow.set_tracking_uri("http://127.0.0.1:1")
    open_lesson("22_capstone")
    monkeypatch.chdir(workspace)
    assert mlflow.get_tracking_uri() == f"sqlite:///{workspace / 'mlflow.db'}"
    assert "MLFLOW_EXPERIMENT_NAME" not in os.environ


def test_a_lesson_that_is_reopened_half_way_goes_on_in_the_empty_experiment(workspace, tracking):
    log_a_run(open_lesson("22_capstone"))
    lesson = open_lesson("22_capstone")
    with mlflow.start_run(run_name="after"):
        pass
    assert run_names(lesson) == ["after"]


def test_the_lessons_registered_models_are_cleared_and_others_stay(workspace):
    client = mlflow.MlflowClient(tracking_uri())
    for name in ("mine", "yours"):
        client.create_registered_model(name)
    open_lesson("13_models_serve", registered_models=["mine", "never registered"])
    assert [model.name for model in client.search_registered_models()] == ["yours"]


def test_the_set_up_cell_says_how_to_go_on_and_not_where_the_store_is(workspace, capsys):
    assert repr(open_lesson("22_capstone")) == "Lesson('22_capstone')"
    said = capsys.readouterr().out
    assert "run lesson = classroom.resume('22_capstone') to keep its runs." in said
    assert str(workspace) not in said


def test_the_classroom_switches_telemetry_off_before_mlflow_is_imported():
    code = (
        "import sys, classroom; assert 'mlflow' not in sys.modules; "
        "from mlflow.telemetry.utils import is_telemetry_disabled as off; print(off())"
    )
    clean = {k: v for k, v in os.environ.items() if "TELEMETRY" not in k and "TRACK" not in k}
    clean.pop("CI", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"


ELSEWHERE = {
    "MLFLOW_REGISTRY_URI": "sqlite:///{}/registry.db",
    "MLFLOW_ACTIVE_MODEL_ID": "m-0123",
    "MLFLOW_WORKSPACE": "team",
    "MLFLOW_ENABLE_WORKSPACES": "true",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "true",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/metrics",
    "MLFLOW_TRACKING_USERNAME": "somebody",
    "MLFLOW_S3_ENDPOINT_URL": "http://127.0.0.1:9",
    "MLFLOW_DEFAULT_ARTIFACT_ROOT": "s3://company/mlflow",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "true",
    "MLFLOW_TRACE_SAMPLING_RATIO": "0.1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "DATABRICKS_HOST": "http://127.0.0.1:9",
    "PGSSLMODE": "verify-full",
    "PYSPARK_PYTHON": "python3",
    "SPARK_HOME": "{}/spark",
}


@pytest.fixture
def registry_of_somebody_else(tmp_path, monkeypatch):
    """A registry with a model `loans`, named both in the shell and by a call."""
    uri = f"sqlite:///{(tmp_path / 'registry.db').as_posix()}"
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", uri)
    theirs = mlflow.MlflowClient(uri, registry_uri=uri)
    theirs.create_registered_model("loans")
    mlflow.set_registry_uri(uri)
    yield theirs
    mlflow.set_registry_uri(None)


def test_somebody_elses_registry_is_left_alone(workspace, registry_of_somebody_else):
    mine = mlflow.MlflowClient(tracking_uri(), registry_uri=tracking_uri())
    mine.create_registered_model("loans")
    lesson = open_lesson("16_models_clouds", registered_models=["loans"])
    assert registry_of_somebody_else.get_registered_model("loans").name == "loans"
    assert mine.search_registered_models() == []
    mlflow.set_tracking_uri(lesson.tracking_uri)
    assert mlflow.get_registry_uri() == lesson.tracking_uri


@pytest.mark.parametrize("variable", ELSEWHERE)
def test_what_the_shell_says_does_not_lead_a_lesson_elsewhere(
    variable, workspace, tmp_path, monkeypatch
):
    monkeypatch.setenv(variable, ELSEWHERE[variable].format(tmp_path.as_posix()))
    lesson = open_lesson("22_capstone")
    assert variable not in os.environ
    mlflow.set_tracking_uri(lesson.tracking_uri)
    assert mlflow.get_registry_uri() == lesson.tracking_uri
    assert mlflow.get_active_model_id() is None


def test_an_active_model_is_forgotten(workspace):
    lesson = open_lesson("22_capstone")
    mlflow.set_tracking_uri(lesson.tracking_uri)
    mlflow.set_experiment(lesson.name)
    mlflow.set_active_model(name="front")
    open_lesson("22_capstone")
    assert mlflow.get_active_model_id() is None


def test_resume_keeps_what_the_lesson_holds(workspace, monkeypatch, capsys):
    log_a_run(open_lesson("22_capstone"))
    (workspace / "files" / "22_capstone").mkdir(parents=True)
    mlflow.set_tracking_uri(None)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # as in a new kernel
    lesson = classroom.resume("22_capstone")
    assert run_names(lesson) == ["a run"]
    assert lesson.folder.is_dir()
    with mlflow.start_run(run_name="another"):
        pass
    assert sorted(run_names(lesson)) == ["a run", "another"]
    said = capsys.readouterr().out
    assert said.endswith("Experiment '22_capstone' continues with what it holds.\n")


def test_a_lesson_that_was_never_opened_cannot_be_resumed(workspace):
    refusal = r"begin the lesson with classroom.open_lesson\('00_start_here'\)"
    with pytest.raises(ValueError, match=refusal):
        classroom.resume("00_start_here")


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("01_tracking_first", "01_tracking_first_run"),
        ("02_tracking_compare", "02_tracking_compare_runs"),
        ("16_models_cluods", "16_models_clouds"),
        ("B_copying_database", "B_copying_a_database"),
        ("22_capstone_solution", "22_capstone_solutions"),
    ],
)
def test_a_lesson_that_does_not_exist_cannot_be_opened(misspelt, meant, monkeypatch, tmp_path):
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path / "none"))
    with pytest.raises(ValueError, match=f"no lesson '{misspelt}'; did you mean '{meant}'"):
        open_lesson(misspelt)
    assert not list(tmp_path.iterdir())  # no store is made for it


@pytest.mark.parametrize("name", ["B_copying_a_database", "22_capstone_solutions"])
def test_appendices_and_solutions_can_be_opened(name, workspace, tracking):
    assert open_lesson(name).name == name


PROGRAM = """
import sys
import mlflow

for line in sys.stdin:
    try:
        mlflow.set_tracking_uri(line.strip())
        mlflow.set_experiment(sys.argv[1])
        with mlflow.start_run():
            mlflow.log_metric("roc_auc", 0.7)
        print("logged", flush=True)
    except Exception as error:
        print(str(error).splitlines()[0], flush=True)
"""


def test_of_programs_that_open_a_new_store_at_once_some_fail(workspace, tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", PROGRAM]
    programs = [subprocess.Popen([*command, f"trial {n}"], **pipes) for n in range(3)]

    def at_once(uri):
        for program in programs:
            print(uri, file=program.stdin, flush=True)
        return [program.stdout.readline() for program in programs]

    try:
        at_once(f"sqlite:///{tmp_path / 'alone.db'}")  # until each has imported MLflow
        new = (f"sqlite:///{tmp_path / f'new_{n}.db'}" for n in range(5))
        answers = (answer for uri in new for answer in at_once(uri))
        failed = [answer for answer in answers if answer != "logged\n"]
        assert failed and not any("locked" in answer for answer in failed), failed
        assert at_once(tracking_uri()) == ["logged\n"] * 3  # one process has opened it before
    finally:
        for program in programs:
            program.communicate()
