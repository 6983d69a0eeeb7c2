"""A team's servers: ready, private, ended; and a store that moves without losing a row."""

import base64
import contextlib
import io
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import mlflow
import nbformat
import numpy as np
import pytest
import requests
import sqlalchemy as sa
import yaml
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow.server.security_utils import is_allowed_host_header
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from classroom import open_lesson
from classroom.desk import doctor
from classroom.services import team
from classroom.services.servers import ServerError, local_server, soon
from classroom.workspace import NOTEBOOKS, REPOSITORY
from conftest import required

APPENDIX = NOTEBOOKS / "appendix" / "B_copying_a_database.ipynb"

needs_postgresql = pytest.mark.skipif(
    doctor.find_postgresql() is None and not required("postgresql"),
    reason="PostgreSQL is not installed",
)


def scalar(uri, query):
    with sa.create_engine(uri, poolclass=sa.NullPool).connect() as connection:
        return connection.exec_driver_sql(query).scalar()


@needs_postgresql
def test_postgresql_is_empty_private_and_gone_at_the_end(capsys):
    with team.postgresql() as database:
        assert repr(database) == "<Database postgresql>"
        assert scalar(database.uri, "SHOW listen_addresses") == "127.0.0.1"
        assert scalar(database.uri, "SHOW unix_socket_directories") == ""
        assert scalar(database.uri, "SHOW server_encoding") == "UTF8"
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert scalar(database.uri, tables) == 0
        folder = Path(scalar(database.uri, "SHOW data_directory")).parent
        for wrong in (":guessed@", "@"):
            with pytest.raises(sa.exc.OperationalError, match="password"):
                scalar(re.sub(":[^:]*@", wrong, database.uri), "SELECT 1")
    database.stop()
    assert not folder.exists()
    with pytest.raises(sa.exc.OperationalError):
        scalar(database.uri, "SELECT 1")
    assert capsys.readouterr().out == ""


@needs_postgresql
def test_a_killed_kernel_leaves_neither_postgresql_nor_its_data():
    program = (
        "import os, signal; from classroom.services import team; database = team.postgresql();"
        "print(database.uri, database._folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE)
    uri, folder = done.stdout.decode().split()
    assert soon(lambda: not os.path.exists(folder), 30)
    with pytest.raises(sa.exc.OperationalError):
        scalar(uri, "SELECT 1")


@needs_postgresql
def test_postgresql_starts_from_a_folder_that_its_account_cannot_read(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with team.postgresql() as database:
        assert scalar(database.uri, "SELECT 1") == 1


@needs_postgresql
def test_a_postgresql_that_cannot_start_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    broken = tmp_path / "initdb"
    broken.write_text("#!/bin/sh\necho no room left >&2\nexit 1\n")
    broken.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-of" in str(folder):  # which pytest closes to other accounts
            folder.chmod(0o755)
    made = []
    mkdtemp = team.tempfile.mkdtemp
    monkeypatch.setattr(team.tempfile, "mkdtemp", lambda **k: made.append(mkdtemp(**k)) or made[-1])
    monkeypatch.setattr(doctor, "find_postgresql", lambda: tmp_path)
    with pytest.raises(ServerError, match="failed: no room left"):
        team.postgresql()
    assert made
    assert not any(map(os.path.exists, made))


def test_without_postgresql_a_file_stands_in_and_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "find_postgresql", lambda: None)
    with team.postgresql() as database:
        (line,) = capsys.readouterr().out.splitlines()
        assert re.match("PostgreSQL is missing, so a SQLite file stands in; .*install", line)
        assert repr(database) == "<Database sqlite>"
        assert scalar(database.uri, "SELECT 1") == 1
        folder = Path(database.uri.removeprefix("sqlite:///")).parent
        assert folder.is_dir()
    assert not folder.exists()


def test_the_s3_store_keeps_what_mlflow_stores(monkeypatch, tmp_path):
    (tmp_path / "note.txt").write_text("kept")
    with team.s3_store() as bucket:
        assert repr(bucket) == "<ObjectStore s3>"
        assert bucket.files() == []
        with team.environment(**bucket.environment):
            get_artifact_repository(bucket.uri).log_artifact(str(tmp_path / "note.txt"), "deep")
            assert mlflow.artifacts.load_text(f"{bucket.uri}/deep/note.txt") == "kept"
        assert bucket.files() == ["deep/note.txt"]
        assert bucket.environment["MLFLOW_S3_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert not set(bucket.environment) & set(os.environ)


def test_a_bucket_that_is_taken_away_comes_back_with_its_files(tmp_path):
    (tmp_path / "note.txt").write_text("kept")
    with team.s3_store() as bucket, team.environment(**bucket.environment):
        store = get_artifact_repository(bucket.uri)
        store.log_artifact(str(tmp_path / "note.txt"), "deep")
        with pytest.raises(KeyboardInterrupt), bucket.taken_away():
            with pytest.raises(Exception, match="(?i)bucket"):
                store.log_artifact(str(tmp_path / "note.txt"), "late")
            raise KeyboardInterrupt
        assert bucket.files() == ["deep/note.txt"]
        assert mlflow.artifacts.load_text(f"{bucket.uri}/deep/note.txt") == "kept"


def test_the_practice_server_knows_ada_and_starts_afresh(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    (tmp_path / "practice").mkdir()
    (tmp_path / "practice" / "auth.ini").write_text("left by an earlier server")
    practice = team.practice_server(tmp_path)
    try:
        assert repr(practice) == "<PracticeServer, running>"
        client = mlflow.MlflowClient(practice.url)
        with pytest.raises(mlflow.MlflowException, match="(?i)auth"):
            client.search_experiments()
        with team.signed_in("ada", practice.ada_password):
            (experiment,) = client.search_experiments()
            assert experiment.name == "team"
            with pytest.raises(mlflow.MlflowException, match="403"):
                client.create_run(experiment.experiment_id)
    finally:
        practice.stop()
    assert repr(practice) == "<PracticeServer, ended>"
    assert "MLFLOW_TRACKING_PASSWORD" not in os.environ


def test_mlflows_own_default_permission_is_read():
    from mlflow.server.auth import config

    packaged = Path(config.__file__).with_name("basic_auth.ini").read_text(encoding="utf-8")
    assert re.search("^default_permission = READ$", packaged, flags=re.M)


def test_the_gateway_passes_requests_on_and_fails_when_told(tmp_path):
    # The server also shows that its command runs in the folder that is asked for.
    (tmp_path / "page.txt").write_text("behind")
    command = [sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1"]
    with (
        local_server(command, health_path="/", cwd=tmp_path) as server,
        team.Gateway(server) as gateway,
    ):
        assert requests.get(f"{gateway.url}/page.txt").text == "behind"
        assert requests.get(f"{gateway.url}/no-page").status_code == 404
        gateway.failures = 2
        answers = [requests.get(f"{gateway.url}/page.txt").status_code for _ in range(3)]
        assert answers == [503, 503, 200]
        assert gateway.requests == 5
        assert server.log().count("GET /page.txt") == 2
    with pytest.raises(requests.ConnectionError):
        requests.get(gateway.url)


def test_environment_variables_are_put_back(monkeypatch):
    monkeypatch.setenv("KEPT", "before")
    monkeypatch.delenv("ADDED", raising=False)
    with pytest.raises(ZeroDivisionError), team.environment(KEPT=1, ADDED=2):
        assert (os.environ["KEPT"], os.environ["ADDED"]) == ("1", "2")
        raise ZeroDivisionError
    assert os.environ["KEPT"] == "before"
    assert "ADDED" not in os.environ


def fill(lesson):
    """Put into the reader's store what databases differ in: booleans, JSON, bytes, odd numbers."""
    mlflow.set_tracking_uri(lesson.tracking_uri)
    client = mlflow.MlflowClient()
    experiment = mlflow.set_experiment(lesson.name)
    with mlflow.start_run(run_name="Zürich – 東京 🙂") as run:
        for value in (float("nan"), float("inf"), -float("inf"), 1e-300, 0.1 + 0.2):
            mlflow.log_metric("odd", value)
        mlflow.log_params({"long": "x" * 6000, "quoted": 'it\'s "so"; DROP TABLE runs; --'})
        mlflow.log_input(mlflow.data.from_numpy(np.arange(3.0)), "training")
        model = mlflow.initialize_logged_model(name="model", params={"C": "1"})
        mlflow.finalize_logged_model(model.model_id, "READY")
    client.create_registered_model("champion", tags={"team": "loans"})
    version = client.create_model_version("champion", f"models:/{model.model_id}", run.info.run_id)
    client.set_registered_model_alias("champion", "best", version.version)
    with mlflow.start_span("decide") as span:
        span.set_inputs({"income": [1, None]})
    mlflow.flush_trace_async_logging()
    client.delete_run(client.create_run(experiment.experiment_id).info.run_id)
    event = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
    local = {
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http",
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": base64.urlsafe_b64encode(bytes(32)).decode(),
    }
    with team.environment(**local):
        client.create_webhook("hook", "http://127.0.0.1/hook", [event], secret="kept")


def contents(engine, schema):
    """Return every row of every table, in an order that both databases agree on."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select()).all()))
            for table in schema.sorted_tables
        }


@pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=needs_postgresql), "a file in its place"]
)
def test_the_appendix_copies_a_store_and_loses_nothing(kind, workspace, monkeypatch):
    if kind != "postgresql":
        monkeypatch.setattr(doctor, "find_postgresql", lambda: None)
    lesson = open_lesson("B_copying_a_database")
    fill(lesson)
    cells = {cell.id: cell.source for cell in nbformat.read(APPENDIX, as_version=4).cells}
    names = {"lesson": lesson, "mlflow": mlflow}
    said = {}
    for cell in ("start", "backup", "copy", "proof-rows", "proof-runs", "trap", "cure"):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(cells[f"move-{cell}"], names)
        said[cell] = out.getvalue()
        if cell == "copy":
            before, after = (contents(names[name], names["schema"]) for name in ("old", "new"))
            filled = {table for table, rows in before.items() if rows}
            assert {"runs", "spans", "webhooks", "logged_models", "inputs"} <= filled
            assert len(filled) >= 20
            assert before == after
    assert re.fullmatch(r"\d+ tables, same rows: True\n", said["proof-rows"])
    assert said["proof-runs"] == "same runs: True\n"
    assert ("UniqueViolation" in said["trap"]) == (kind == "postgresql")
    assert said["cure"] == "active\n"
    names["old"].dispose()
    names["new"].dispose()
    names["database"].stop()


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))


def test_compose_publishes_mlflow_alone_and_on_loopback(compose):
    published = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert published == {"database": [], "bucket": [], "mlflow": ["127.0.0.1:5000:5000"]}
    assert not any(service.get("network_mode") for service in compose["services"].values())


def test_compose_lets_in_the_names_that_its_comment_promises(compose):
    setting = compose["services"]["mlflow"]["environment"]["MLFLOW_SERVER_ALLOWED_HOSTS"]
    (default,) = re.fullmatch(r"\$\{ALLOWED_HOSTS:-(.+)\}", setting).groups()
    own = ["mlflow.example.org", *default.split(",")]
    assert is_allowed_host_header(own, "127.0.0.1:5000")
    assert is_allowed_host_header(own, "mlflow.example.org")
    assert not is_allowed_host_header(own, "mlflow.example.org:8443")
    assert is_allowed_host_header(["mlflow.example.org:*", *own], "mlflow.example.org:8443")
    text = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    assert "mlflow.example.org:*" in text


def test_compose_pins_every_image_and_the_courses_own_versions(compose):
    dockerfile = compose["services"]["mlflow"]["build"]["dockerfile_inline"]
    images = [s["image"] for s in compose["services"].values() if "image" in s]
    for image in (*images, *re.findall(r"^FROM (\S+)", dockerfile, flags=re.M)):
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-slim)?", image), image
    pins = dict(re.findall(r'"([a-z0-9]+)(?:\[[a-z]+\])?==([0-9.]+)"', dockerfile))
    assert pins == {name: version(name) for name in ("mlflow", "psycopg", "boto3")}


def test_compose_holds_no_secret_and_starts_without_none(compose):
    text = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    secret = re.compile(r"(?i)(password|secret)")
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if secret.search(name):
                assert re.fullmatch(r"\$\{[A-Z_]+(:\?set [^}]+)?\}", str(value)), name
    for password in re.findall(r"://[^:/\s]+:([^@\s]+)@", text):
        assert password == "${DATABASE_PASSWORD}"
    used = set(re.findall(r"\$\{([A-Z_]*(?:PASSWORD|SECRET)[A-Z_]*)", text))
    demanded = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    known = {"DATABASE_PASSWORD", "BUCKET_SECRET_KEY", "ADMIN_PASSWORD", "SERVER_SECRET_KEY"}
    assert used == demanded == known
    # Their file is not committed.
    assert ".env" in (REPOSITORY / ".gitignore").read_text(encoding="utf-8").splitlines()
