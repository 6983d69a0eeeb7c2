"""Command line of the classroom, for a reader's terminal and for set-up.

``prepare`` the reader's store, show it in the ``ui``, or make the ``environment`` of project runs.
"""

import argparse
import contextlib
import time
import webbrowser

from loanflow.classroom.servers import mlflow_server
from loanflow.classroom.workspace import prepare, prepare_environment


def show_ui() -> None:
    """Serve the reader's store until Ctrl-C."""
    print("The MLflow UI starts; this takes some seconds.", flush=True)
    with contextlib.suppress(KeyboardInterrupt), mlflow_server() as server:
        print(f"Open {server.url} in your browser. Ctrl-C ends the server.", flush=True)
        webbrowser.open(server.url)
        while server.running:
            time.sleep(1)


COMMANDS = {"prepare": prepare, "environment": prepare_environment, "ui": show_ui}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m loanflow.classroom", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    COMMANDS[parser.parse_args().command]()


if __name__ == "__main__":
    main()
