"""A model in a process of its own answers as it does here, and its process always ends."""

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

from classroom.exercises.runs import script
from classroom.services.servers import soon
from classroom.workspace import NOTEBOOKS

loan_process = script("loan_process")
ModelError, ModelProcess = loan_process.ModelError, loan_process.ModelProcess
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
        whose = folder / f"code of {name}" / "whose.py"
        whose.parent.mkdir()
        whose.write_text(f"NAME = {name!r}", encoding="utf-8")
        mlflow.pyfunc.save_model(
            folder / name,
            python_model=folder / "odd.py",
            code_paths=[str(whose)],
            model_config={"kind": name},
            signature=signature,
            pip_requirements=["mlflow"],
        )
    return folder


@pytest.fixture(scope="module")
def first(folders):
    return str(folders / "first")


@pytest.fixture(params=["forks", "one"])
def way(request, monkeypatch):
    """Both ways to start a process: a fork, on Linux, and a new one elsewhere."""
    if request.param == "forks" and sys.platform != "linux":
        pytest.skip("Processes are forked on Linux only.")
    monkeypatch.setattr(loan_process, "FORKS", request.param == "forks")


def question(what, **values):
    return pd.DataFrame({"what": [what, what], "x": [1.0, 3.0]}, index=[7, 9]).assign(**values)


def test_each_of_two_models_runs_its_own_module_and_nothing_of_the_course(folders, way):
    with ModelProcess(str(folders / "first")) as a, ModelProcess(str(folders / "second")) as b:
        assert a.predict(question("modules")) == [False, False]
        for model, name in ((a, "first"), (b, "second"), (a, "first")):
            assert model.predict(question("frame"))["name"].tolist() == [name, name]


def test_answers_come_back_as_they_are(first):
    with ModelProcess(first) as model:
        frame = model.predict(question("frame"))
        assert frame.index.tolist() == [7, 9]
        assert list(frame) == ["name", "half", "gap", "none"]
        assert frame["half"].tolist() == [0.5, 1.5]
        assert np.isnan(frame["gap"]).all() and frame["none"].isna().all()
        assert model.predict(question("frame", x=[0.1, 1 / 3]))["half"].tolist() == [0.05, 1 / 6]
        assert model.predict(question("array")) == [0.0, 1.0, 2.0]
        assert model.predict(question("list")) == [1.5, 2, None]
        assert model.predict(question("print")) == [1]


def test_the_environment_is_that_of_the_moment(first, monkeypatch):
    for value in ("one", "two"):
        monkeypatch.setenv("LOAN_TEST", value)
        with ModelProcess(first) as model:
            assert model.predict(question("variable")) == [value]


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (question("raise"), "^KeyError$"),
        (question("object"), "^AttributeError$"),
        (question("array").drop(columns="x"), "^Mlflow"),  # which the signature refuses
    ],
)
def test_an_error_has_its_name_and_nothing_more_and_the_process_goes_on(frame, name, first):
    with ModelProcess(first) as model:
        with pytest.raises(ModelError, match=name):
            model.predict(frame)
        assert model.running and model.predict(question("array"))


def test_a_process_ends_with_its_block_and_with_its_object(first, way):
    with ModelProcess(first) as model:
        (one,) = model.predict(question("pid"))
    another = ModelProcess(first)
    (other,) = another.predict(question("pid"))
    assert one != other
    del another
    assert soon(lambda: not psutil.pid_exists(one) and not psutil.pid_exists(other), 30)
    with pytest.raises(ModelError, match="ProcessEnded"):
        model.predict(question("array"))


def test_a_process_that_ended_by_itself_is_told(first):
    with ModelProcess(first) as model:
        with pytest.raises(ModelError, match="ProcessEnded"):
            model.predict(question("end"))
        assert not model.running


def test_a_process_that_takes_too_long_is_ended(first):
    with ModelProcess(first, seconds=1) as model:
        model.seconds = None
        (pid,) = model.predict(question("pid"))
        model.seconds = 0.5
        with pytest.raises(ModelError, match="Timeout"):
            model.predict(question("sleep"))
    assert soon(lambda: not psutil.pid_exists(pid), 30)


def test_an_interrupt_ends_the_process_and_not_the_next_answer(first):
    model = ModelProcess(first)
    (pid,) = model.predict(question("pid"))
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            model.predict(question("sleep"))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert soon(lambda: not psutil.pid_exists(pid), 30)
    with pytest.raises(ModelError, match="ProcessEnded"):
        model.predict(question("array"))


@pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked on Linux only.")
def test_the_process_behind_the_forks_has_one_thread_and_is_started_again_when_it_ends(first):
    with ModelProcess(first):  # a fork would keep the lock of another thread
        assert psutil.Process(loan_process._starter.process.pid).num_threads() == 1
    loan_process._starter.process.kill()
    with ModelProcess(first) as model:
        assert model.predict(question("array"))


def test_no_process_outlives_its_model_or_one_that_does_not_load(folders, way):
    def children():
        behind = loan_process._starter.process
        return {p.pid for p in psutil.Process().children(recursive=True)} - {behind and behind.pid}

    before = children()
    with ModelProcess(str(folders / "first")):
        assert len(children() - before) == 1
    with pytest.raises(ModelError, match="^KeyError$"):
        ModelProcess(str(folders / "does not load"))
    assert soon(lambda: children() <= before, 30)


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)"], ids=["ends", "is killed"])
def test_no_process_outlives_its_program(first, end):
    code = f"""
import os, psutil
from loan_process import ModelProcess
model = ModelProcess({first!r})
print(*[process.pid for process in psutil.Process().children(recursive=True)], flush=True)
{end}
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=NOTEBOOKS, stdout=subprocess.PIPE)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) in (1, 2)  # of the model, and on Linux the one behind the forks
    assert soon(lambda: not any(map(psutil.pid_exists, pids)), 30)


def test_a_stranger_who_connects_first_is_not_taken_for_the_process(first, monkeypatch):
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
    with ModelProcess(first) as model:
        assert model.predict(question("array"))
    strangers[0].close()


def test_what_is_no_model_is_an_error_at_once(tmp_path):
    with pytest.raises(mlflow.exceptions.MlflowException):
        ModelProcess(str(tmp_path / "nothing"))
