"""A model in a process of its own answers as it does here, and its process always ends."""

import os
import signal
import subprocess
import sys
import time

import mlflow
import numpy as np
import pandas as pd
import psutil
import pytest
from mlflow.types import ColSpec, Schema

from classroom.services.servers import soon
from classroom.workspace import NOTEBOOKS

sys.path.insert(0, str(NOTEBOOKS))
import loan_process  # noqa: E402
from loan_process import ModelError, ModelProcess  # noqa: E402

sys.path.pop(0)

MODEL = """
import os
import sys
import time

import mlflow
import numpy as np
import pandas as pd


class Odd(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        if context.model_config["kind"] == "does not load":
            raise KeyError("secret")
        import whose

        self.whose = whose

    def predict(self, context, model_input, params=None):
        what = model_input["what"].iloc[0]
        if what == "frame":
            names = ["name", "half", "gap", "none"]
            rows = [[self.whose.NAME, x / 2, np.nan, None] for x in model_input["x"]]
            return pd.DataFrame(rows, columns=names)
        if what == "raise":
            raise KeyError("secret")
        if what == "print":
            print("printed")
        if what == "end":
            os._exit(3)
        if what == "sleep":
            time.sleep(600)
        answers = {
            "array": np.arange(3.0),
            "list": [np.float64(1.5), np.int64(2), pd.NA],
            "object": [object()],
            "modules": ["loan_process" in sys.modules, "loanflow" in sys.modules],
            "pid": [os.getpid()],
            "variable": [os.environ.get("LOAN_TEST")],
        }
        return answers.get(what, [1])


mlflow.models.set_model(Odd())
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two models that bring a module of one name, and one that does not load."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "odd.py").write_text(MODEL, encoding="utf-8")
    signature = mlflow.models.ModelSignature(
        Schema([ColSpec("string", "what"), ColSpec("double", "x")])
    )
    for name in ("first", "second", "does not load"):
        (folder / f"code of {name}").mkdir()
        (folder / f"code of {name}" / "whose.py").write_text(f"NAME = {name!r}", encoding="utf-8")
        mlflow.pyfunc.save_model(
            folder / name,
            python_model=folder / "odd.py",
            code_paths=[str(folder / f"code of {name}" / "whose.py")],
            model_config={"kind": name},
            signature=signature,
            pip_requirements=["mlflow"],
        )
    return folder


@pytest.fixture(params=["forks", "one"])
def way(request, monkeypatch):
    """Both ways to start a process: a fork, on Linux, and a new one elsewhere."""
    if request.param == "forks" and sys.platform != "linux":
        pytest.skip("Processes are forked on Linux only.")
    monkeypatch.setattr(loan_process, "FORKS", request.param == "forks")


def question(what, **values):
    return pd.DataFrame({"what": [what, what], "x": [1.0, 3.0]}, index=[7, 9]).assign(**values)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_of_two_models_runs_the_module_that_it_brought(folders, way):
    with ModelProcess(str(folders / "first")) as a, ModelProcess(str(folders / "second")) as b:
        for model, name in ((a, "first"), (b, "second"), (a, "first")):
            assert model.predict(question("frame"))["name"].tolist() == [name, name]


def test_answers_come_back_as_they_are(folders):
    with ModelProcess(str(folders / "first")) as model:
        frame = model.predict(question("frame"))
        assert frame.index.tolist() == [7, 9]
        assert list(frame) == ["name", "half", "gap", "none"]
        assert frame["half"].tolist() == [0.5, 1.5]
        assert np.isnan(frame["gap"]).all() and frame["none"].isna().all()
        assert model.predict(question("frame", x=[0.1, 1 / 3]))["half"].tolist() == [0.05, 1 / 6]
        assert model.predict(question("array")) == [0.0, 1.0, 2.0]
        assert model.predict(question("list")) == [1.5, 2, None]
        assert model.predict(question("print")) == [1]


def test_nothing_of_the_course_is_imported_beforehand(folders, way):
    with ModelProcess(str(folders / "first")) as model:
        assert model.predict(question("modules")) == [False, False]


def test_the_environment_is_that_of_the_moment(folders, monkeypatch):
    for value in ("one", "two"):
        monkeypatch.setenv("LOAN_TEST", value)
        with ModelProcess(str(folders / "first")) as model:
            assert model.predict(question("variable")) == [value]


@pytest.mark.parametrize(("what", "name"), [("raise", "KeyError"), ("object", "AttributeError")])
def test_an_error_has_its_name_and_nothing_more_and_the_process_goes_on(what, name, folders):
    with ModelProcess(str(folders / "first")) as model:
        with pytest.raises(ModelError, match=f"^{name}$"):
            model.predict(question(what))
        assert model.running and model.predict(question("array"))


def test_a_frame_that_the_signature_refuses_is_refused(folders):
    with ModelProcess(str(folders / "first")) as model, pytest.raises(ModelError, match="Mlflow"):
        model.predict(question("array").drop(columns="x"))


def test_a_model_that_does_not_load_is_said_to(folders, way):
    with pytest.raises(ModelError, match="^KeyError$"):
        ModelProcess(str(folders / "does not load"))


def test_a_process_ends_with_its_block_and_with_its_object(folders, way):
    with ModelProcess(str(folders / "first")) as model:
        (first,) = model.predict(question("pid"))
    another = ModelProcess(str(folders / "first"))
    (second,) = another.predict(question("pid"))
    assert first != second
    del another
    assert soon(lambda: not alive(first) and not alive(second), 30)
    with pytest.raises(ModelError, match="ProcessEnded"):
        model.predict(question("array"))


def test_a_process_that_ended_by_itself_is_told(folders):
    with ModelProcess(str(folders / "first")) as model:
        with pytest.raises(ModelError, match="ProcessEnded"):
            model.predict(question("end"))
        assert not model.running


def test_a_process_that_takes_too_long_is_ended(folders):
    with ModelProcess(str(folders / "first"), seconds=1) as model:
        model.seconds = None
        (pid,) = model.predict(question("pid"))
        model.seconds = 0.5
        with pytest.raises(ModelError, match="Timeout"):
            model.predict(question("sleep"))
    assert soon(lambda: not alive(pid), 30)


def test_an_interrupt_ends_the_process_and_not_the_next_answer(folders):
    model = ModelProcess(str(folders / "first"))
    (pid,) = model.predict(question("pid"))
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            model.predict(question("sleep"))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert soon(lambda: not alive(pid), 30)
    with pytest.raises(ModelError, match="ProcessEnded"):
        model.predict(question("array"))


@pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked on Linux only.")
def test_the_process_behind_the_forks_may_end_and_is_started_again(folders):
    ModelProcess(str(folders / "first")).stop()
    loan_process._starter.process.kill()
    with ModelProcess(str(folders / "first")) as model:
        assert model.predict(question("array"))


@pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked on Linux only.")
def test_the_process_behind_the_forks_has_no_thread_whose_lock_a_fork_would_keep(folders):
    with ModelProcess(str(folders / "first")):
        assert psutil.Process(loan_process._starter.process.pid).num_threads() == 1


def test_no_process_outlives_its_model_but_the_one_behind_the_forks(folders, way):
    def children():
        behind = loan_process._starter.process
        return {p.pid for p in psutil.Process().children(recursive=True)} - {behind and behind.pid}

    before = children()
    with ModelProcess(str(folders / "first")):
        assert len(children() - before) == 1
    with pytest.raises(ModelError):
        ModelProcess(str(folders / "does not load"))
    assert soon(lambda: children() <= before, 30)


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)"], ids=["ends", "is killed"])
def test_no_process_outlives_its_program(folders, end):
    code = f"""
import os, psutil
from loan_process import ModelProcess
model = ModelProcess({str(folders / "first")!r})
print(*[process.pid for process in psutil.Process().children(recursive=True)], flush=True)
{end}
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=NOTEBOOKS, stdout=subprocess.PIPE)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) in (1, 2)  # of the model, and on Linux the one behind the forks
    assert soon(lambda: not any(map(alive, pids)), 30)


def test_a_stranger_who_connects_first_is_not_taken_for_the_process(folders, monkeypatch):
    import socket

    start = loan_process._starter.start
    strangers = []

    def slowly(line):
        port = int(line.decode().strip("[]\n").split(",")[0])
        strangers.append(socket.create_connection(("127.0.0.1", port)))
        strangers[0].sendall(b"0" * 40)
        time.sleep(0.2)
        start(line)

    monkeypatch.setattr(loan_process._starter, "start", slowly)
    with ModelProcess(str(folders / "first")) as model:
        assert model.predict(question("array"))
    strangers[0].close()


def test_what_is_no_model_is_an_error_at_once(tmp_path):
    with pytest.raises(mlflow.exceptions.MlflowException):
        ModelProcess(str(tmp_path / "nothing"))
