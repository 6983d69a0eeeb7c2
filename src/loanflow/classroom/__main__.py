"""Command line of the classroom: ``prepare`` the reader's store, or show it in the ``ui``."""

import argparse
import contextlib
import time
import webbrowser

from loanflow.classroom.servers import mlflow_server
from loanflow.classroom.workspace import prepare


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m loanflow.classroom", description=__doc__)
    parser.add_argument("command", choices=["prepare", "ui"])
    if parser.parse_args().command == "prepare":
        prepare()
        return
    print("The MLflow UI starts; this takes some seconds.", flush=True)
    with contextlib.suppress(KeyboardInterrupt), mlflow_server() as server:
        print(f"Open {server.url} in your browser. Ctrl-C ends the server.", flush=True)
        webbrowser.open(server.url)
        while server.running:
            time.sleep(1)


if __name__ == "__main__":
    main()
