"""Every block of the cheat sheet runs, from top to bottom, as it stands there."""

import contextlib
import os
import re
import subprocess

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from classroom.services.servers import local_server
from classroom.workspace import NOTEBOOKS, REPOSITORY
from tools.pieces import packages_at_hand

SHEET = (NOTEBOOKS / "CHEATSHEET.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", SHEET, flags=re.M | re.S)


def served(line):
    """Say whether a command goes on until it is ended."""
    return line.startswith(("mlflow server ", "mlflow models serve "))


def test_the_sheet_is_one_page_of_python_and_commands():
    assert {language for language, _ in BLOCKS} == {"python", "bash"}
    assert len(SHEET.splitlines()) <= 100
    assert sum(served(line) for _, block in BLOCKS for line in block.splitlines()) == 2


@pytest.mark.skipif(os.name == "nt", reason="The commands are written for a shell of Unix.")
def test_every_block_runs(tmp_path, monkeypatch, tracking):
    for name in ("src", "steps", "data", "MLproject", "python_env.yaml", "constraints.txt"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    X = pd.DataFrame({"income": [3000.0, 5000.0, 8000.0] * 4, "amount": [150.0, 120.0, 90.0] * 4})
    y = pd.Series([0, 1, 1] * 4)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    names, ports = {"X": X, "y": y, "model": model}, {}
    with contextlib.ExitStack() as servers:
        for language, block in BLOCKS:
            if language == "python":
                if not packages_at_hand():
                    block = block.replace('env_manager="uv"', 'env_manager="local"')
                exec(block, names)
                continue
            for port, taken in ports.items():
                block = block.replace(port, taken)
            *first, last = block.splitlines()
            if not served(last):
                # A terminal has not what set_experiment writes into this process's environment.
                terminal = {k: v for k, v in os.environ.items() if k != "MLFLOW_EXPERIMENT_ID"}
                subprocess.run(["bash", "-ec", block], env=terminal, check=True)
                continue
            (port,) = re.findall(r"--port (\d+)", last)
            command = ["bash", "-ec", "\n".join([*first, f"exec {last.replace(port, '{port}')}"])]
            health = "/ping" if "models serve" in last else "/health"
            server = local_server(command, health_path=health, timeout=240)
            ports[f":{port}/"] = f":{servers.enter_context(server).port}/"
    assert len(ports) == 2 and len(names["client"].search_experiments()) >= 2
    assert (tmp_path / "image" / "Dockerfile").exists()
