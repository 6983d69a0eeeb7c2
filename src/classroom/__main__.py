"""Command line of the classroom, for a reader's terminal and for set-up."""

import argparse
import contextlib
import sys
import time
import webbrowser
from collections.abc import Sequence

from classroom.desk import preflight, progress, snapshots
from classroom.services.servers import mlflow_server
from classroom.workspace import prepare, prepare_environment


def show_ui() -> None:
    """Serve the reader's store until Ctrl-C."""
    print("The MLflow UI is starting. This takes a few seconds.", flush=True)
    with contextlib.suppress(KeyboardInterrupt), mlflow_server() as server:
        print(f"Open {server.url} in your browser. Ctrl-C ends the server.", flush=True)
        webbrowser.open(server.url)
        while server.running:
            time.sleep(1)


def make_ready(lesson: int, empty: bool) -> None:
    """Put the store into the state that a lesson expects, and say what became of the old one."""
    try:
        print(snapshots.make_ready(lesson, empty=empty))
    except snapshots.NotReady as error:
        sys.exit(str(error))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m classroom", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="create your MLflow store, unless it is there")
    commands.add_parser("environment", help="make the environment of the project's own runs")
    commands.add_parser("ui", help="open the MLflow UI on your store")
    commands.add_parser("progress", help="show which exercises you have solved")
    ready = commands.add_parser("ready", help="put your store into the state before a lesson")
    ready.add_argument("--lesson", type=int, required=True, help="the lesson that shall begin")
    ready.add_argument("--empty", action="store_true", help="an empty store, without a snapshot")
    commands.add_parser("preflight", help="check, the day before, that you can teach")
    asked = parser.parse_args(arguments)
    if asked.command == "ready":
        make_ready(asked.lesson, asked.empty)
    elif asked.command == "preflight":
        sys.exit(preflight.main())
    elif asked.command == "progress":
        print(progress.report())
    else:
        {"prepare": prepare, "environment": prepare_environment, "ui": show_ui}[asked.command]()


if __name__ == "__main__":
    main()
