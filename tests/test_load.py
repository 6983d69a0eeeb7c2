"""The load generator counts what the server answers, and is no bottleneck itself."""

import sys
import threading

import pytest

from classroom.services import load
from classroom.services.load import drive, header, under_load
from classroom.services.servers import local_server, soon

#: Answers each request after a while, in two pieces, or with an error, or not at all.
SERVER = """
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/gone":
            self.close_connection = True
            return
        if self.path == "/slow":
            time.sleep(0.05)
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("CONTENT-LENGTH", "10")
        self.end_headers()
        self.wfile.write(b"01234")
        self.wfile.flush()
        time.sleep(0.001)
        self.wfile.write(b"56789")

    do_POST = do_GET

    def log_message(self, *message):
        print(f"{self.command} {self.path};", end="", flush=True)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def server():
    with local_server([sys.executable, "-c", SERVER, "{port}"], health_path="/") as server:
        yield server


def test_it_counts_and_times_each_answer(server):
    before = server.log().count("POST /slow")
    did = drive(server.port, b"{}", path="/slow", seconds=0.6, connections=3)
    assert len(did.latencies) == server.log().count("POST /slow") - before
    assert did.latencies.min() > 0.05
    assert len(did.answers) == len(did.latencies)
    assert {answer.partition(b"\r\n\r\n")[2] for answer in did.answers} == {b"0123456789"}
    assert 1 <= len(did.latencies) <= 36
    assert did.per_second <= 3 / 0.05


def test_it_sends_no_more_than_it_is_told_and_without_a_body_it_gets(server):
    before = server.log().count("GET /once")
    did = drive(server.port, path="/once", requests=7, seconds=60, connections=3)
    assert len(did.latencies) == server.log().count("GET /once") - before == 7


def test_an_error_is_not_counted_as_an_answer(server):
    with pytest.raises(RuntimeError, match="answered http/1.* 500 .*; only 200 can be measured"):
        drive(server.port, b"{}", path="/broken")


def test_a_connection_that_is_closed_is_said(server):
    with pytest.raises(RuntimeError, match="closed a connection before it answered"):
        drive(server.port, b"{}", path="/gone")


def test_it_asks_while_a_block_runs_and_raises_at_its_end(server):
    with under_load(server.port, b"{}") as answers:
        before = len(answers)
        assert before > 0
        assert soon(lambda: len(answers) > before, seconds=60)
    with pytest.raises(KeyError), under_load(server.port, b"{}"):
        raise KeyError("of the block")


def test_a_request_that_fails_while_a_block_runs_is_told(monkeypatch):
    failed = threading.Event()

    def noted(*arguments, **options):
        try:
            return drive(*arguments, **options)
        except (OSError, RuntimeError):
            failed.set()
            raise

    monkeypatch.setattr(load, "drive", noted)
    server = local_server([sys.executable, "-c", SERVER, "{port}"], health_path="/")
    with pytest.raises((OSError, RuntimeError)), under_load(server.port, b"{}"):
        server.stop()
        assert failed.wait(60)


def test_a_header_is_found_by_its_name_whatever_its_case():
    answer = b"HTTP/1.1 200 OK\r\nX-Model-Version: 2\r\ncontent-length: 11\r\n\r\nname: other"
    assert header(answer, "x-model-version") == "2"
    assert header(answer, "Content-Length") == "11"
    assert header(answer, "name") is None
