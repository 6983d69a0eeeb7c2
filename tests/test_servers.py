"""Local servers: ready when they are returned, on 127.0.0.1 only, and always ended."""

import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import mlflow
import psutil
import pytest
import requests
from jupyter_client import KernelManager

from classroom.services import servers
from classroom.services.servers import LocalServer, ServerError, local_server, mlflow_server, soon

SOURCE = Path(servers.__file__).resolve().parents[2]
PYTHON = (sys.executable, "-c")
WEB_SERVER = [sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")


def web_server_after(code: str) -> list[str]:
    """A web server that runs some code before it listens."""
    serve = "test(SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')"
    return [*PYTHON, f"{code}\nfrom http.server import SimpleHTTPRequestHandler, test\n{serve}"]


SLEEP = [*PYTHON, "import time; time.sleep(600)"]
# Answers only after it has started a process that would outlive it.
FAMILY = web_server_after(f"import subprocess; subprocess.Popen({SLEEP})")


def living(group: int) -> list[psutil.Process]:
    """The processes of a group, without those that are dead and only not yet collected."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def wait_until_dead(group: int) -> list[psutil.Process]:
    soon(lambda: not living(group), 30)
    return living(group)


def group_of(server: LocalServer) -> int:
    return server._watchdog.pid


@contextmanager
def a_kernel(**options):
    """Start a kernel that is spoken to through files: a port might be taken before it is bound."""
    with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
        manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/k")
        manager.start_kernel(**options)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=120)
            yield manager, client
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def reply_to(client, request: str) -> dict:
    """Return a kernel's reply to this request; `wait_for_ready` may have left others."""
    while (reply := client.get_shell_msg(timeout=120))["parent_header"]["msg_id"] != request:
        pass
    return reply["content"]


def test_the_server_answers_inside_the_block_and_is_gone_after_it():
    with local_server(WEB_SERVER, health_path="/", name="files") as server:
        assert requests.get(server.url, timeout=60).status_code == 200
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert living(group_of(server))
        assert server.running
        assert repr(server) == "<LocalServer files, running>"
    assert not server.running
    assert repr(server) == "<LocalServer files, ended>"
    assert not wait_until_dead(group_of(server))
    server.stop()  # a second time


def test_the_log_alone_holds_the_output_and_leaves_no_file(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with local_server(WEB_SERVER, health_path="/") as server:
        assert not list(tmp_path.iterdir())
    assert '"GET / HTTP/1.1" 200' in server.log()
    assert capfd.readouterr() == ("", "")


def test_more_output_than_a_pipe_holds_stops_nothing():
    with local_server(web_server_after("print('x' * 2**20)"), health_path="/") as server:
        assert len(server.log()) > 2**20


def test_an_exception_in_the_block_ends_the_server_and_the_processes_that_it_started():
    with pytest.raises(ZeroDivisionError), local_server(FAMILY, health_path="/") as server:
        assert len(living(group_of(server))) == 3  # watchdog, server, its child
        raise ZeroDivisionError
    assert not wait_until_dead(group_of(server))


def test_a_server_that_dies_alone_takes_its_processes_with_it():
    server = local_server(FAMILY, health_path="/")
    (web_server,) = psutil.Process(group_of(server)).children()
    web_server.kill()
    assert not wait_until_dead(group_of(server))
    assert soon(lambda: not server.running)
    server.stop()


def test_a_server_that_ignores_every_request_to_end_is_killed(monkeypatch):
    hurried = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r});"
        "from classroom.services import servers;"
        "servers._REQUESTS_TO_END = ((15, 0.1), (2, 0.1));"
        "servers._watch(sys.argv[1:])"
    )
    monkeypatch.setattr(servers, "_WATCHDOG", (*PYTHON, hurried))
    stubborn = "import signal\nfor n in (15, 2): signal.signal(n, signal.SIG_IGN)"
    with local_server(web_server_after(stubborn), health_path="/") as server:
        assert living(group_of(server))
    assert not wait_until_dead(group_of(server))


def test_a_hanging_watchdog_is_killed_with_its_server(monkeypatch):
    monkeypatch.setattr(servers, "_REQUESTS_TO_END", ((signal.SIGTERM, -4.9),))
    with local_server(WEB_SERVER, health_path="/") as server:
        os.kill(group_of(server), signal.SIGSTOP)
    assert not wait_until_dead(group_of(server))


def test_a_server_that_nobody_holds_any_more_ends():
    server = local_server(WEB_SERVER, health_path="/")
    group = group_of(server)
    del server
    gc.collect()
    assert not wait_until_dead(group)


def test_a_forked_process_that_holds_the_pipe_does_not_keep_the_server(monkeypatch):
    server = local_server(WEB_SERVER, health_path="/")
    holder = subprocess.Popen(SLEEP, pass_fds=[server._watchdog.stdin.fileno()])
    killed, kill = [], servers._kill_with_descendants
    monkeypatch.setattr(
        servers, "_kill_with_descendants", lambda pid: (killed.append(pid), kill(pid))
    )
    try:
        server.stop()
        assert not wait_until_dead(group_of(server))
        assert not killed  # asked to end, not given up on
    finally:
        holder.kill()
        holder.wait()


@pytest.mark.parametrize("ending", ["pass", "raise SystemExit(3)", "os._exit(0)"])
def test_a_server_ends_with_the_process_that_started_it(ending):
    script = f"""
        import os, sys
        from classroom.services.servers import local_server
        server = local_server({WEB_SERVER!r}, health_path="/")
        print(server._watchdog.pid, flush=True)
        {ending}
        """
    result = subprocess.run(
        [*PYTHON, textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not wait_until_dead(int(result.stdout)), result.stderr


@pytest.mark.parametrize("moment", ["open", "starting"])
@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_notebook_that_is_interrupted_or_killed_leaves_no_process(how, moment, tmp_path):
    started = tmp_path / "group"
    health = "/" if moment == "open" else "/never"
    cell = f"""
        import time
        from pathlib import Path
        from classroom.services import servers

        class Noted(servers.LocalServer):
            def _wait_until(self, ready, timeout):
                Path({str(started)!r}).write_text(str(self._watchdog.pid))
                super()._wait_until(ready, timeout)
                print("open", flush=True)

        servers.LocalServer = Noted
        with servers.local_server({WEB_SERVER!r}, health_path={health!r}):
            time.sleep(600)
        """
    with a_kernel(env={**os.environ, "PYTHONPATH": str(SOURCE)}) as (manager, client):
        request = client.execute(textwrap.dedent(cell))
        if moment == "open":
            while client.get_iopub_msg(timeout=60)["content"].get("text") != "open\n":
                pass
        assert soon(lambda: started.exists() and started.read_text(), 60)
        group = int(started.read_text())
        assert living(group)

        if how == "interrupt":
            manager.interrupt_kernel()
            assert reply_to(client, request)["ename"] == "KeyboardInterrupt"
        else:
            manager.signal_kernel(signal.SIGKILL)
        assert not wait_until_dead(group)


def test_a_server_that_ends_at_once_raises_one_sentence_and_its_last_lines():
    failing = "for n in range(99): print('line', n)\nraise SystemExit('no such database')"
    with pytest.raises(ServerError) as error:
        local_server([*PYTHON, failing], name="scores")
    first, *tail = str(error.value).splitlines()
    assert first == "The server scores ended before it was ready. The last lines of its log:"
    assert tail[-1] == "no such database"
    assert len(tail) == 15


def test_a_command_that_does_not_exist_is_named():
    with pytest.raises(ServerError, match="no-such-program: No such file"):
        local_server(["no-such-program"])


def test_a_server_that_never_answers_is_ended(tmp_path):
    noted = tmp_path / "group"
    script = f"import os, time; open({str(noted)!r}, 'w').write(str(os.getpgrp())); time.sleep(600)"

    def never(port):
        assert soon(lambda: noted.exists() and noted.read_text(), 60)
        return False

    with pytest.raises(ServerError, match="silent did not answer within 0.5 seconds"):
        local_server([*PYTHON, script], ready=never, timeout=0.5, name="silent")
    assert not wait_until_dead(int(noted.read_text()))


def test_an_answer_other_than_200_is_not_ready():
    with local_server(WEB_SERVER, health_path="/") as server:
        assert servers._is_healthy(server.port, "/")
        assert not servers._is_healthy(server.port, "/no-such-page")


def test_a_server_without_http_is_ready_when_it_accepts_a_connection():
    listen = "import socket; s = socket.create_server(('127.0.0.1', {port}))\nwhile 1: s.accept()"
    with local_server([*PYTHON, listen], health_path=None) as server:
        socket.create_connection(("127.0.0.1", server.port), timeout=60).close()


def test_a_probe_of_the_callers_own_decides():
    answers = iter([False, False, True])
    ports = []

    def ready(port):
        ports.append(port)
        return next(answers)

    with local_server(WEB_SERVER, ready=ready) as server:
        assert ports == [server.port] * 3


def test_the_environment_reaches_the_server(monkeypatch):
    monkeypatch.setenv("KEPT", "kept")
    monkeypatch.setenv("CHANGED", "old")
    show = "import os; raise SystemExit(os.environ['KEPT'] + os.environ['CHANGED'])"
    with pytest.raises(ServerError, match="keptnew$"):
        local_server([*PYTHON, show], env={"CHANGED": "new"})


def test_a_taken_port_is_replaced_by_another(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        offered = iter([nullcontext(taken), servers._reserved_port()])
        monkeypatch.setattr(servers, "_reserved_port", lambda: next(offered))
        ready = lambda port: port != taken and servers._accepts(port)  # noqa: E731
        with local_server(WEB_SERVER, ready=ready) as server:
            assert server.port != taken
            assert requests.get(server.url, timeout=60).status_code == 200


def test_a_server_that_finds_every_port_taken_gives_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        offered = iter([nullcontext(other.getsockname()[1])] * 3)
        monkeypatch.setattr(servers, "_reserved_port", lambda: next(offered))
        with pytest.raises(ServerError, match="in use"):
            local_server(WEB_SERVER, ready=lambda port: False)
    assert not list(offered)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a port be held for another")
def test_a_reserved_port_is_handed_to_nobody_but_its_server():
    with servers._reserved_port() as port:
        with socket.socket() as other, pytest.raises(OSError):
            other.bind(("127.0.0.1", port))
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            socket.create_connection(("127.0.0.1", port), timeout=60).close()


def listening_addresses(port: int) -> list[str]:
    """The addresses of this machine at which a TCP port is listened on."""
    listening = [c.laddr for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    return [address.ip for address in listening if address.port == port]


def test_the_mlflow_server_serves_the_readers_store(workspace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = set(tmp_path.iterdir())
    with mlflow_server() as server:
        assert repr(server) == "<LocalServer mlflow, running>"
        assert requests.get(f"{server.url}/health", timeout=60).status_code == 200
        assert requests.get(server.url, timeout=60).status_code == 200  # the UI
        if sys.platform == "linux":
            assert listening_addresses(server.port) == ["127.0.0.1"]
        # watchdog, command line and one worker: neither the job runner nor four workers
        assert len(living(group_of(server))) == 3

        client = mlflow.MlflowClient(server.url)
        experiment = client.create_experiment("through the server")
        run = client.create_run(experiment)
        client.log_text(run.info.run_id, "kept", "note.txt")
    assert not wait_until_dead(group_of(server))
    assert set(tmp_path.iterdir()) == here

    # What was logged through the server is in the reader's one store, artifacts included.
    store = mlflow.MlflowClient(f"sqlite:///{workspace / 'mlflow.db'}")
    assert store.get_experiment(experiment).name == "through the server"
    (note,) = (workspace / "artifacts").rglob("note.txt")
    assert note.read_text() == "kept"
    assert mlflow.artifacts.load_text(
        f"{store.get_run(run.info.run_id).info.artifact_uri}/note.txt"
    )


def test_the_mlflow_server_is_told_of_the_store_and_of_the_variables(workspace, monkeypatch):
    home = workspace.rename(workspace.with_name("Käthes files"))
    monkeypatch.setenv("LOANFLOW_HOME", str(home))
    monkeypatch.setattr(servers, "local_server", lambda command, env, **options: (command, env))
    command, variables = mlflow_server(env={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "true"})
    root = command[command.index("--default-artifact-root") + 1]
    assert root == (home / "artifacts").as_uri()
    assert variables["MLFLOW_BACKEND_STORE_URI"] == f"sqlite:///{home / 'mlflow.db'}"
    assert variables["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "true"
    assert variables["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_soon_says_whether_it_was_reached():
    looks = iter([False, False, True])
    assert soon(lambda: next(looks)) is True
    assert soon(lambda: False, seconds=0.2) is False
