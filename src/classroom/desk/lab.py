"""The MLflow UI inside JupyterLab: what jupyter-server-proxy asks for, and what it starts.

JupyterLab finds `mlflow_ui` by the entry point in pyproject.toml. At the first click the proxy runs
this file with the port to listen on. It answers at once, with a page that says that the UI starts
and asks again, and passes connections on to MLflow's server as soon as that is ready. The server
ends with this process, and this process with JupyterLab.
"""

import asyncio
import html
import os
import signal
import sys
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Any

from classroom.services.servers import HOST, LocalServer, mlflow_server

#: The page that JupyterLab opens, below its own address.
PAGE = "mlflow/#/experiments"
#: What the UI keeps for a reader who chose Model training, which the course is about, and closed
#: the Assistant and the notice on the menu. It is set where the reader has not chosen otherwise.
SETTLED = {
    "mlflow.workflowType_v1": '"machine_learning"',
    "mlflow.assistant.panelOpen_v1": "false",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
    "mlflow.telemetry.info.alert.dismissed_v1": "true",
    "_mlflow_model_registry_promo_modal_dismissed_v1": "true",
}
_STARTING = f"""<!doctype html><meta charset="utf-8"><title>MLflow UI</title>
<p style="font: 16px sans-serif; margin: 3em">The MLflow UI is starting; this takes seconds.</p>
<script>
for (const [name, value] of Object.entries({SETTLED!r}))
    if (localStorage.getItem(name) === null) localStorage.setItem(name, value);
setTimeout(() => location.reload(), 700);
</script>"""
_FAILED = """<!doctype html><meta charset="utf-8"><title>MLflow UI</title>
<p style="font: 16px sans-serif; margin: 3em">The MLflow UI does not start.</p><pre>{}</pre>"""


def mlflow_ui() -> dict[str, Any]:
    """Return what jupyter-server-proxy has to know about the UI.

    These are the command, the tile in the launcher, and the headers that the server gets to see.
    MLflow refuses a host that it does not know, and JupyterLab, which asks each request for its
    token, stands in front of it. On a JupyterHub the pages come from the hub's host as well.
    """
    here = f"{HOST}:{{port}}"
    headers = {"Host": here}
    if "JUPYTERHUB_SERVICE_PREFIX" in os.environ:
        headers["Origin"] = f"http://{here}"
    return {
        "command": [sys.executable, "-m", "classroom.desk.lab", "{port}"],
        "timeout": 30,
        "new_browser_tab": False,
        "request_headers_override": headers,
        "launcher_entry": {"title": "MLflow UI", "path_info": PAGE},
    }


async def serve(port: int) -> None:
    """Serve the reader's store on this port until the process that called us has ended."""
    caller = os.getppid()
    starting = asyncio.create_task(asyncio.to_thread(mlflow_server))

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        if not starting.done():  # 202, as JupyterLab would print each error into its terminal
            await _send(reader, writer, "202 Accepted", _STARTING)
        elif error := starting.exception():
            page = _FAILED.format(html.escape(str(error)))
            await _send(reader, writer, "500 Internal Server Error", page)
        else:
            await _pass_on(reader, writer, starting.result())

    async with await asyncio.start_server(answer, HOST, port):
        while _lives(caller):
            await asyncio.sleep(0.5)


async def _send(reader: StreamReader, writer: StreamWriter, status: str, page: str) -> None:
    body = page.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode() + body)
    writer.write_eof()
    with suppress(ConnectionError):
        while await reader.read(65536):  # closed before it has been read, a request is cut off
            pass
    writer.close()


async def _pass_on(reader: StreamReader, writer: StreamWriter, server: LocalServer) -> None:
    """Carry the bytes of one connection to the server and back, until both sides have ended."""
    try:
        answers, requests = await asyncio.open_connection(HOST, server.port)
    except OSError:
        page = _FAILED.format(html.escape(server.log()))
        await _send(reader, writer, "502 Bad Gateway", page)
    else:
        await asyncio.gather(_pump(reader, requests), _pump(answers, writer))


async def _pump(source: StreamReader, sink: StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


def _lives(caller: int) -> bool:
    if sys.platform == "win32":  # where a child keeps the number of a parent that has ended
        import psutil

        return psutil.pid_exists(caller)
    return os.getppid() == caller


if __name__ == "__main__":
    # Ctrl-C asks JupyterLab, which may answer that it stays. Any other end of this process, however
    # sudden, ends the server as well: its watchdog sees to that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(serve(int(sys.argv[1])))
