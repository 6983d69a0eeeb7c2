"""The committed old store is what lesson 21 says, and its functions keep what they promise."""

import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing

import mlflow
import pytest

from classroom.exercises.runs import script
from tools.old_store import ARCHIVE, HOMES, LARGEST

care = script("loan_store")
OLD_REVISION = "0584bdc529eb"
pytestmark = pytest.mark.usefixtures("tracking")


@pytest.fixture
def old(tmp_path):
    """Both old stores, unpacked, and not yet opened."""
    shutil.unpack_archive(ARCHIVE, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """The old server's store, upgraded once for all tests, and not moved."""
    folder = tmp_path_factory.mktemp("upgraded")
    shutil.unpack_archive(ARCHIVE, folder)
    subprocess.run(["mlflow", "db", "upgrade", care.uri(folder / "server")], check=True)
    return folder / "server"


@pytest.fixture
def server(upgraded, tmp_path):
    """The upgraded store, moved to a folder of the test's own."""
    folder = shutil.copytree(upgraded, tmp_path / "moved")
    care.move(folder, "/srv/mlflow")
    return folder


def sql(store, statement):
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        return database.execute(statement).fetchall()


def test_the_archive_is_small_and_names_no_machine():
    assert ARCHIVE.stat().st_size <= LARGEST
    with zipfile.ZipFile(ARCHIVE) as archive:
        data = {name: archive.read(name) for name in archive.namelist()}
    assert {name.split("/")[0] for name in data} == {*HOMES, "said_by_2.22.5.txt"}
    for place in (b"/tmp/", b"/work/", b"/root", b"/home/"):
        assert [name for name, content in data.items() if place in content] == []


def test_reading_the_schema_upgrades_nothing_and_a_mere_search_does(old):
    assert care.schema(old / "server") == f"revision {OLD_REVISION}, 19 tables"
    assert care.schema(old / "server") == f"revision {OLD_REVISION}, 19 tables"
    mlflow.MlflowClient(care.uri(old / "server")).search_experiments()
    assert OLD_REVISION not in care.schema(old / "server")


def test_a_store_that_lacks_no_table_is_refused_until_it_is_upgraded(old):
    """MLflow upgrades by itself only where a table is missing; a revision alone it leaves."""
    with care.store(old / "server") as client:
        client.search_experiments()
    sql(old / "server", "UPDATE alembic_version SET version_num = '75868b020152'")
    before = care.schema(old / "server")
    late = care.fresh_copy(old / "server")  # its engine is not known to this process yet
    with pytest.raises(mlflow.MlflowException, match="out-of-date database"), care.store(late):
        pass  # to make a client is a look
    assert care.schema(late) == before


def test_an_old_folder_is_the_default_and_refused_also_beside_a_migrated_database(old):
    said = care.search_by_default(old / "laptop")
    assert "maintenance mode" in said
    files = sorted(path.name for path in (old / "laptop" / "mlruns").rglob("*"))
    command = ["mlflow", "migrate-filestore", "--source", str(old / "laptop" / "mlruns")]
    command += ["--target", care.uri(old / "laptop")]
    subprocess.run(command, check=True, capture_output=True)
    assert care.search_by_default(old / "laptop") == said
    assert sorted(path.name for path in (old / "laptop" / "mlruns").rglob("*")) == files
    uris = sql(old / "laptop", "SELECT artifact_uri FROM runs")
    assert len(uris) == 2 and all(uri.startswith("file:///srv/laptop/mlruns/") for (uri,) in uris)


def test_moving_finds_the_files_and_a_second_time_changes_nothing(server):
    def addresses():
        return [
            sql(server, f"SELECT {column} FROM {table}")
            for table, columns in care.ADDRESSES.items()
            for column in columns
        ]

    with care.store(server) as client:
        assert all(care.contents(run)[2] for run in care.runs_of(client, "loans-2025"))
        assert mlflow.sklearn.load_model("models:/loans/Production").feature_names_in_.size == 3
    moved = addresses()
    care.move(server, "/srv/mlflow")
    assert addresses() == moved and "/srv/" not in str(moved)


def test_moving_leaves_a_folder_alone_whose_name_only_begins_alike(server):
    sql(server, "UPDATE runs SET artifact_uri = '/srv/mlflow-2/x' WHERE name = 'C = 1'")
    care.move(server, "/srv/mlflow")
    with care.store(server) as client:
        assert care.runs_of(client, "loans-2025")[-1].info.artifact_uri == "/srv/mlflow-2/x"


class Stopped(Exception):
    """Ends a migration half-way."""


@pytest.mark.parametrize("calls", range(10))
def test_leaving_the_stages_may_stop_anywhere_and_run_again(server, monkeypatch, calls):
    left = [calls]

    def counted(function):
        def call(*arguments):
            if not left[0]:
                raise Stopped
            left[0] -= 1
            return function(*arguments)

        return call

    with care.store(server) as client:
        with monkeypatch.context() as patch, pytest.raises(Stopped):
            for name in (
                "set_registered_model_alias",
                "set_model_version_tag",
                "transition_model_version_stage",
            ):
                patch.setattr(client, name, counted(getattr(client, name)))
            care.add_aliases(client, "loans")
            care.remove_stages(client, "loans")
        for _ in range(2):
            care.add_aliases(client, "loans")
            care.remove_stages(client, "loans")
        assert client.get_registered_model("loans").aliases == {"champion": 3, "challenger": 4}
        versions = [client.get_model_version("loans", n) for n in (1, 2, 3, 4)]
        stages = [version.tags["stage"] for version in versions]
        assert stages == ["Archived", "Production", "Production", "Staging"]
        assert {version.current_stage for version in versions} == {"None"}
        client.set_registered_model_alias("loans", "champion", 4)
        care.add_aliases(client, "loans")
        assert client.get_registered_model("loans").aliases["champion"] == 4


def test_a_run_that_ends_during_a_backup_is_whole_in_it_or_not_there(server, tmp_path, monkeypatch):
    """Log a run before and after the copy of the files, so that one lies between the two halves."""
    copytree = shutil.copytree
    with care.store(server) as client:
        experiment = client.get_experiment_by_name("loans-2025").experiment_id

        def log():
            run_id = client.create_run(experiment, run_name="between").info.run_id
            client.log_text(run_id, "words", "note.txt")
            client.set_terminated(run_id)

        def between_two_runs(*arguments, **options):
            log()
            copytree(*arguments, **options)
            log()

        monkeypatch.setattr(care.shutil, "copytree", between_two_runs)
        care.back_up(server, tmp_path / "backup")
    monkeypatch.undo()
    care.move(tmp_path / "backup", server)
    with care.store(tmp_path / "backup") as client:
        runs = care.runs_of(client, "loans-2025")
        assert len(runs) == 4 and all(care.contents(run)[2] for run in runs)
    with pytest.raises(FileExistsError, match="not empty"):
        care.back_up(server, tmp_path / "backup")


def test_the_store_before_is_chosen_again_also_after_an_error(old):
    before = mlflow.get_tracking_uri()
    with pytest.raises(KeyboardInterrupt), care.store(old / "server"):
        assert mlflow.get_tracking_uri() == care.uri(old / "server")
        raise KeyboardInterrupt
    assert mlflow.get_tracking_uri() == before
