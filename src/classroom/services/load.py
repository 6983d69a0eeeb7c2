"""A load generator: as many requests as a server answers, with as little work of its own.

One thread serves all connections, sends prepared bytes, reads an answer's status and its length,
and keeps the rest as it came. On the machine that also runs the server, that leaves the server the
time.
"""

import selectors
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from typing import NamedTuple

import numpy as np

from classroom.services.servers import HOST

PATIENCE = 60  # seconds to wait for an answer


class Load(NamedTuple):
    """What a server did under load.

    Attributes
    ----------
    per_second : float
        Requests answered in a second.
    latencies : numpy.ndarray, shape (n_requests,)
        Seconds from the sending of each request to the end of its answer.
    answers : list of bytes, n_requests of them
        Each answer as it came, with its status and headers, in the order in which they were read.
    """

    per_second: float
    latencies: np.ndarray
    answers: list[bytes]


def drive(
    port: int,
    body: bytes | Sequence[bytes] | Iterator[bytes] | None = None,
    *,
    seconds: float = 1.0,
    requests: int | None = None,
    connections: int = 4,
    path: str = "/invocations",
) -> Load:
    """Send one request again and again over several connections, each waiting for its answer.

    Parameters
    ----------
    port : int
        Where the server listens on 127.0.0.1.
    body : bytes, sequence or endless iterator of bytes, or None
        The body of each request, in JSON, to be posted; several take turns. None is a GET.
    seconds : float
        How long new requests are sent.
    requests : int or None
        How many are sent at most.
    connections : int
        How many requests are on their way at any time.
    path : str
        Where the requests go.

    Raises
    ------
    RuntimeError
        If an answer is anything but 200, does not come within a minute, or the server closes a
        connection.
    """
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: {HOST}\r\n"
    bodies = body if isinstance(body, Iterator) else _in_turn(body)
    due = (_request(head, each) for each in islice(bodies, requests))
    latencies: list[float] = []
    answers: list[bytes] = []
    sent: dict[socket.socket, float] = {}
    with selectors.DefaultSelector() as selector:

        def send(connection: socket.socket) -> None:
            if time.perf_counter() <= end and (request := next(due, None)):
                sent[connection] = time.perf_counter()
                connection.sendall(request)
            else:
                sent.pop(connection, None)
                selector.unregister(connection)
                connection.close()

        begin = time.perf_counter()
        end = begin + seconds
        for _ in range(connections):
            connection = socket.create_connection((HOST, port), timeout=PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, bytearray())
            send(connection)
        while sent:
            ready = selector.select(timeout=PATIENCE)
            if not ready:
                raise RuntimeError(f"The server did not answer within {PATIENCE} seconds.")
            for key, _ in ready:
                if _is_whole(key.data, key.fileobj.recv(65536)):
                    latencies.append(time.perf_counter() - sent[key.fileobj])
                    answers.append(bytes(key.data))
                    key.data.clear()
                    send(key.fileobj)
        per_second = len(latencies) / (time.perf_counter() - begin)
        return Load(per_second, np.array(latencies), answers)


@contextmanager
def under_load(
    port: int, body: bytes | Sequence[bytes], *, connections: int = 4
) -> Iterator[list[bytes]]:
    """Send requests, as `drive` does, for as long as the block runs.

    Parameters
    ----------
    port, body, connections
        As in `drive`. The connections are opened anew several times a second.

    Yields
    ------
    list of bytes
        The answers so far; when the block begins, there are some.

    Raises
    ------
    RuntimeError
        At the end of the block, if a request was not answered with 200.
    """
    answers: list[bytes] = []
    bodies = _in_turn(body)
    begun, over = threading.Event(), threading.Event()

    def ask() -> None:
        try:
            while not over.is_set():
                answers.extend(drive(port, bodies, seconds=0.2, connections=connections).answers)
                begun.set()
        finally:
            begun.set()

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        begun.wait()
        try:
            yield answers
        finally:
            over.set()
        asking.result()


def header(answer: bytes, name: str) -> str | None:
    """Return the value of a header of an answer, as `drive` keeps them; None if it has none."""
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    values = dict(line.lower().split(": ", 1) for line in lines)
    return values.get(name.lower())


def _in_turn(body: bytes | Sequence[bytes] | None) -> Iterator[bytes | None]:
    return cycle([body] if body is None or isinstance(body, bytes) else body)


def _request(head: str, body: bytes | None) -> bytes:
    if body is None:
        return f"{head}\r\n".encode()
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _is_whole(answer: bytearray, received: bytes) -> bool:
    """Add what was received to an answer; say whether the answer is complete."""
    if not received:
        raise RuntimeError("The server closed a connection before it answered.")
    answer += received
    head, end, rest = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    status, *headers = bytes(head).lower().split(b"\r\n")
    if b" 200 " not in status:
        raise RuntimeError(f"The server answered {status.decode()}; only 200 can be measured.")
    (length,) = (h.partition(b":")[2] for h in headers if h.startswith(b"content-length:"))
    return len(rest) >= int(length)
