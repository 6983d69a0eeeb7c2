"""A team's servers for the time of a lesson: PostgreSQL, an S3 store, and a gateway that can fail.

Where PostgreSQL is not installed, a plain file takes its place and one line says so: the cells that
follow run unchanged.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from classroom.desk import doctor
from classroom.services.servers import HOST, Ending, LocalServer, ServerError, local_server

# What MLflow's authentication client imports warns about a file, by its path on this machine.
warnings.filterwarnings("ignore", module="mlflow.server.fastapi_app")

_USER = "mlflow"
_BUCKET = "mlflow"
# Runs PostgreSQL. When it is asked to end, PostgreSQL does not wait for its clients, and its folder
# goes, even where the kernel that made it was killed. (Asked: a failed start may be tried again.)
_KEEPER = """
import shutil, signal, subprocess, sys
asked = []
def end(*_):
    asked.append(True)
    server.send_signal(signal.SIGINT)
server = subprocess.Popen(sys.argv[2:])
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, lambda *_: None)
code = server.wait()
if asked:
    shutil.rmtree(sys.argv[1], ignore_errors=True)
sys.exit(code)
"""
_HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Database(Ending):
    """An empty database; made by `postgresql`.

    Attributes
    ----------
    uri : str
        What SQLAlchemy and MLflow open it by. It holds a password, so do not print it.
    """

    def __init__(self, uri: str, folder: Path, server: LocalServer | None = None) -> None:
        self.uri = uri
        self._folder = folder
        self._end = weakref.finalize(self, _end, folder, server)

    def __repr__(self) -> str:
        """Leave out what differs from run to run or is secret: the port, and a password."""
        return f"<Database {self.uri.partition(':')[0]}>"


class ObjectStore(Ending):
    """A bucket for artifacts, which lasts as long as the lesson; made by `s3_store`.

    Attributes
    ----------
    uri : str
        The bucket, ``s3://mlflow``.
    environment : mapping of str to str
        The address and keys that a program needs to reach it, as environment variables.
    """

    def __init__(self, server: LocalServer, environment: Mapping[str, str]) -> None:
        import boto3

        self.uri = f"s3://{_BUCKET}"
        self.environment = environment
        self._end = server.stop
        store = boto3.resource(
            "s3",
            endpoint_url=server.url,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        self._bucket = store.Bucket(_BUCKET)
        self._bucket.create()

    def __repr__(self) -> str:
        """Leave the port out: it differs from run to run."""
        return "<ObjectStore s3>"

    def files(self) -> list[str]:
        """Return the names of everything that is stored, in alphabetical order."""
        return sorted(file.key for file in self._bucket.objects.all())

    @contextmanager
    def taken_away(self) -> Iterator[None]:
        """Take the bucket away for the time of a `with` block, then put it back with its files."""
        bucket = self._bucket
        kept = {file.key: file.get()["Body"].read() for file in bucket.objects.all()}
        try:
            bucket.objects.delete()
            bucket.delete()
            yield
        finally:
            with suppress(bucket.meta.client.exceptions.BucketAlreadyOwnedByYou):
                bucket.create()
            for name, content in kept.items():
                bucket.put_object(Key=name, Body=content)


class PracticeServer(Ending):
    """A team's server to practise on; made by `practice_server`.

    Attributes
    ----------
    url : str
        Its tracking URI.
    admin_password, ada_password : str
        The passwords of its two accounts, ``admin`` and ``ada``. Do not print them.
    """

    def __init__(self, server: LocalServer, admin_password: str, ada_password: str) -> None:
        self._server, self._end = server, server.stop
        self.url = server.url
        self.admin_password = admin_password
        self.ada_password = ada_password

    def __repr__(self) -> str:
        """Leave the port and the passwords out."""
        return f"<PracticeServer, {'running' if self.running else 'ended'}>"

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._server.running


class HttpServer(Ending):
    """A server within this process, on a free port of 127.0.0.1.

    Parameters
    ----------
    answer : callable
        Called with each request, as the standard library's handler of it, and with its body.

    Attributes
    ----------
    url : str
        ``http://127.0.0.1:<port>``.
    """

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler, bytes], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def handle_request(self) -> None:
                answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

            def log_message(self, *message: object) -> None:
                """Print nothing into the cell."""

        self._http = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def _end(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class Gateway(HttpServer):
    """An HTTP gateway in front of a server, as companies have one, which fails when it is told to.

    Parameters
    ----------
    server : LocalServer
        Where the requests go.

    Attributes
    ----------
    url : str
        ``http://127.0.0.1:<port>``: what clients use in place of the server's own.
    requests : int
        How many requests have arrived.
    failures : int
        How many of the next requests are answered with 503, Service Unavailable, and go no further.
    """

    def __init__(self, server: LocalServer) -> None:
        self.requests = self.failures = 0
        self._port = server.port
        super().__init__(self._relay)

    def _relay(self, client: BaseHTTPRequestHandler, body: bytes) -> None:
        self.requests += 1
        if self.failures:
            self.failures -= 1
            client.send_error(503)
            return
        behind = HTTPConnection(HOST, self._port, timeout=60)
        try:
            behind.request(client.command, client.path, body, dict(client.headers))
            response = behind.getresponse()
            content = response.read()
        except OSError:
            client.send_error(502)
            return
        finally:
            behind.close()
        client.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                client.send_header(name, value)
        client.send_header("Content-Length", str(len(content)))
        client.end_headers()
        client.wfile.write(content)


def postgresql() -> Database:
    """Start PostgreSQL with an empty database, on a free port of 127.0.0.1, behind a password.

    The server refuses to run as root; started by root, it runs as the user postgres or nobody.
    Where PostgreSQL is not installed, the database is a SQLite file, and one line says so.

    Raises
    ------
    ServerError
        If PostgreSQL is installed and does not start.
    """
    programs = doctor.find_postgresql()
    if programs is None:
        remedy = doctor.check_postgresql().remedy
        print(f"PostgreSQL is missing, so a SQLite file stands in; to get it: {remedy}")
        folder = Path(tempfile.mkdtemp(prefix="loanflow-database-"))
        return Database(f"sqlite:///{(folder / 'mlflow.db').as_posix()}", folder)
    account = _unprivileged_account()
    # Only under /tmp can that account reach a folder: root's own temporary folder may be closed.
    folder = Path(tempfile.mkdtemp(prefix="loanflow-database-", dir="/tmp" if account else None))
    try:
        password = secrets.token_urlsafe()
        (folder / "password").write_text(password)
        as_account = []
        if account:
            uid, gid = account
            as_account = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--"]
            for path in (folder, folder / "password"):
                os.chown(path, uid, gid)
        data = str(folder / "data")
        _run(
            [
                *(*as_account, str(programs / "initdb"), "--pgdata", data),
                *("--username", _USER, "--pwfile", str(folder / "password")),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            folder,
        )
        (folder / "password").unlink()
        # No socket file, and no waiting for the disk: the data lives as long as the lesson.
        options = ("-k", "", "-F", "-c", f"listen_addresses={HOST}")
        postgres = [str(programs / "postgres"), "-D", data, "-p", "{port}", *options]

        def answers(port: int) -> bool:
            ask = [str(programs / "pg_isready"), "-h", HOST, "-p", str(port)]
            return subprocess.run(ask, capture_output=True).returncode == 0

        server = local_server(
            [sys.executable, "-I", "-S", "-c", _KEEPER, str(folder), *as_account, *postgres],
            ready=answers,
            name="postgresql",
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    uri = f"postgresql://{_USER}:{password}@{HOST}:{server.port}/postgres"
    return Database(uri, folder, server)


def s3_store() -> ObjectStore:
    """Start a stand-in for S3 with one empty bucket: moto's server, on a free port of 127.0.0.1.

    It speaks the S3 protocol, keeps everything in memory, and lets every key in.

    Raises
    ------
    ServerError
        If moto does not start.
    """
    server, environment = moto_server()
    return ObjectStore(server, environment | {"MLFLOW_S3_ENDPOINT_URL": server.url})


def moto_server() -> tuple[LocalServer, dict[str, str]]:
    """Start moto's server, a stand-in for AWS, on a free port of 127.0.0.1.

    Returns
    -------
    LocalServer
    dict of str to str
        Environment variables that keep a client away from the reader's own account.

    Raises
    ------
    ServerError
        If it does not start.
    """
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", "{port}"]
    server = local_server(command, health_path="/moto-api/", name="moto")
    return server, {
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",  # else boto3 may look for keys outside this machine
        "AWS_MAX_ATTEMPTS": "1",  # on one machine the store is there or it is not
    }


def practice_server(folder: Path) -> PracticeServer:
    """Start a team's server with a new store in a folder: SQLite, files, and two accounts.

    It holds an empty experiment ``team``, and a user ``ada`` with the permission READ on it.

    Parameters
    ----------
    folder : Path
        Its subfolder ``practice`` holds the store; what an earlier server left there is deleted.

    Raises
    ------
    ServerError
        If the server does not start.
    """
    from mlflow.server import get_app_client
    from mlflow.tracking import MlflowClient

    home = folder / "practice"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "auth.ini").write_text(
        "[mlflow]\ndatabase_uri = sqlite:///users.db\n"
        "default_permission = NO_PERMISSIONS\nadmin_username = admin\n"
    )
    passwords = [secrets.token_urlsafe() for _ in ("admin", "ada")]
    command = "mlflow server --app-name basic-auth --backend-store-uri sqlite:///mlflow.db "
    command += f"--artifacts-destination ./artifacts --host {HOST} --port {{port}} --workers 1"
    server = local_server(
        command.split(),
        cwd=home,
        timeout=120,
        env={
            "MLFLOW_AUTH_CONFIG_PATH": "auth.ini",
            "MLFLOW_AUTH_ADMIN_PASSWORD": passwords[0],
            "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_urlsafe(),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
    )
    try:
        with signed_in("admin", passwords[0]):
            auth = get_app_client("basic-auth", server.url)
            experiment = MlflowClient(server.url).create_experiment("team")
            auth.create_user("ada", passwords[1])
            auth.grant_user_permission("ada", "experiment", experiment, "READ")
    except BaseException:
        server.stop()
        raise
    return PracticeServer(server, *passwords)


def signed_in(user: str, password: str) -> AbstractContextManager[None]:
    """Sign in to a tracking server for the time of a `with` block, as MLflow's clients do."""
    return environment(MLFLOW_TRACKING_USERNAME=user, MLFLOW_TRACKING_PASSWORD=password)


@contextmanager
def environment(**variables: object) -> Iterator[None]:
    """Set environment variables for the time of a `with` block, and put the old values back.

    A variable that is None is removed.
    """
    before = {name: os.environ.get(name) for name in variables}
    _set_variables(variables)
    try:
        yield
    finally:
        _set_variables(before)


def _set_variables(values: Mapping[str, object]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = str(value)


def _unprivileged_account() -> tuple[int, int] | None:
    """Return the user and group to run PostgreSQL as; None where we are not root ourselves."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    accounts = {account.pw_name: account for account in pwd.getpwall()}
    account = accounts.get("postgres", accounts["nobody"])
    return account.pw_uid, account.pw_gid


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise ServerError(f"{' '.join(command)} failed: {done.stderr.strip()}")


def _end(folder: Path, server: LocalServer | None) -> None:
    if server is not None:
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)
