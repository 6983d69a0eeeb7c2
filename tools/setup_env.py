"""Create `.venv` with the pinned packages and the reader's MLflow store.

    python3 tools/setup_env.py                  what make does before lab, run and test
    python3 tools/setup_env.py --constraints    resolve pyproject.toml into constraints.txt anew
    python3 tools/setup_env.py --lab            set up JupyterLab of this Python, as on Binder

A second call finds its stamp in `.venv` and returns at once. A failed call leaves nothing behind
but `setup.log`. This file uses the standard library only, and must still parse on Python 3.6, so
that an old Python gets one clear line instead of a syntax error.
"""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 14)  # the Python versions that the course is tested with
SUPPORTED = "Python {}.{} to {}.{}".format(*OLDEST + NEWEST)
UV = "uv==0.13.9"
PIP_INSTALL = ("-m", "pip", "install", "--no-input")

INPUTS = ("pyproject.toml", "constraints.txt", "python_env.yaml", "tools/setup_env.py")
MADE = (".venv", "src/loanflow.egg-info")
STAMP = ".venv/loanflow-setup"
LOG = "setup.log"

DISK_FULL = "the disk is full"
NO_VENV = "Python's venv module is missing; on Debian or Ubuntu: sudo apt install python3-venv"
NO_TRUST = "the package index's certificate is not trusted here (a proxy? PIP_CERT names its own)"
NO_NETWORK = "the package index cannot be reached (no network?)"
NO_ACCESS = "no write access"
CAUSES = (  # and what tools print then, the surest sign first
    (DISK_FULL, ("No space left on device", "Disk quota exceeded", "not enough space on the disk")),
    (NO_VENV, ("ensurepip is not available", "No module named venv", "No module named ensurepip")),
    (NO_TRUST, ("CERTIFICATE_VERIFY_FAILED",)),
    (NO_NETWORK, ("after connection broken by", "ReadTimeoutError", "timed out while downloading")),
    (NO_ACCESS, ("Permission denied", "Read-only file system", "Access is denied")),
)

LAB_START = "/lab/tree/notebooks/00_start_here.ipynb"
LAB_SERVER = "etc/jupyter/jupyter_server_config.json"
LAB_PAGE = "share/jupyter/lab/settings/overrides.json"
UI_PAGE = {
    "id": "server-proxy:mlflow",
    "title": "MLflow UI",
    "url": "mlflow/#/experiments",
    "newBrowserTab": False,
}
# While Python imports MLflow it looks for garbage hundreds of times, in vain, which takes up to a
# quarter of the time in which a server starts (findings/import_of_mlflow_looks_for_garbage.sh).
# So every Python of the environment looks less often: after 50,000 new objects.
GARBAGE = "loanflow-garbage.pth"
GARBAGE_SETTING = "import gc; gc.set_threshold(50_000)\n"


class SetupError(Exception):
    """One line that names what is wrong, and the full output of the tool that said so."""

    def __init__(self, cause, output=""):
        super().__init__(cause)
        self.output = output


def main(arguments, root=ROOT):
    """Do what the command line asks for; return the exit code."""
    use_supported_python(arguments, root)
    try:
        if arguments == ["--constraints"]:
            write_constraints(root)
        elif arguments == ["--lab"]:
            base = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
            write_lab_settings(Path(sys.prefix), root, base)
            look_for_garbage_less_often(Path(sys.prefix))
        elif arguments:
            known = "--constraints and --lab"
            raise SetupError(f"unknown argument {arguments[0]}; allowed are {known}")
        else:
            set_up(root)
    except SetupError as error:
        return fail(root, error)
    except OSError as error:
        return fail(root, SetupError(cause_of(str(error), error.errno), str(error)))
    except KeyboardInterrupt:
        return fail(root, SetupError("interrupted"))
    return 0


def set_up(root):
    """Bring `.venv` and the store up to date; do nothing where they are."""
    stamp = root / STAMP
    expected = fingerprint(root)
    if not (venv_python(root).is_file() and stamp.is_file() and stamp.read_text() == expected):
        try:
            build(root)
            stamp.write_text(expected)
        except BaseException:
            remove_made(root)
            raise
    prepare_store(root)
    remove(root / LOG)


def build(root):
    """Create `.venv` from nothing and install the pinned set: with uv, else with pip."""
    for installer in ("uv", "pip"):
        remove_made(root)
        say("Creating .venv with Python {}.{} ...".format(*sys.version_info))
        # An activated .venv is about to vanish: the Python that it was made from is not.
        creator = getattr(sys, "_base_executable", None) or sys.executable
        run([creator, "-m", "venv", ".venv"], root)
        try:
            install(root, installer)
            break
        except SetupError as error:
            if installer == "pip" or str(error) in (DISK_FULL, NO_NETWORK):
                raise
            say(f"uv did not work here ({error}); taking pip instead.")
    write_lab_settings(root / ".venv", root)
    look_for_garbage_less_often(root / ".venv")
    make_project_environment(root)


def install(root, installer):
    """Install the pinned set and the package itself, byte-compiled."""
    python = venv_python(root)
    what = ["-c", "constraints.txt", "-e", "."]
    if installer == "uv":
        uv = install_uv(python, root)
        say("Installing the packages with uv; this takes about a minute ...")
        run(uv + ["pip", "install", "--python", python, "--compile-bytecode"] + what, root)
    else:
        say("Installing the packages with pip; this takes minutes ...")
        run([python, *PIP_INSTALL, "--compile"] + what, root)
    run([python, "-m", "compileall", "-q", "src"], root)


def write_lab_settings(prefix, root, base="/"):
    """Make JupyterLab quiet, offline and rooted at the course, with the UI one click away.

    It begins with lesson 00, shows the whole course, fetches no news, looks for no update, offers
    no extension to download, and prints only where it runs. `prefix` is the environment that it
    runs in, `base` the path at which its pages begin.
    """
    server = {
        # Kernels without encryption print a warning each.
        "KernelManager": {"transport_encryption": "auto"},
        "LabApp": {
            "default_url": LAB_START,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
            "extension_manager": "readonly",
            "log_level": "ERROR",
            "news_url": None,
        },
        "ServerApp": {"log_level": "ERROR", "root_dir": str(root)},
    }
    # A button in the top bar, in sight of every page, opens the MLflow UI in a tab among the
    # notebooks. Command and id are jupyter-server-proxy's, which starts the server at the first
    # click.
    button = {
        "name": "mlflow-ui",
        "command": "server-proxy:open",
        "args": dict(UI_PAGE, url=base + UI_PAGE["url"]),
        "label": "MLflow UI",
        "caption": "Open the MLflow UI on your store (the first time, it takes some seconds)",
        "rank": 900,
    }
    page = {
        "@jupyterlab/apputils-extension:notification": {
            "checkForUpdates": False,
            "fetchNews": "false",
        },
        "@jupyterlab/application-extension:top-bar": {"toolbar": [button]},
    }
    for name, settings in ((LAB_SERVER, server), (LAB_PAGE, page)):
        path = prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings, indent=2) + "\n")


def look_for_garbage_less_often(prefix):
    """Let every start of the environment's Python take the setting; it reads such files itself."""
    base = dict.fromkeys(("base", "platbase"), str(prefix))
    packages = Path(sysconfig.get_path("purelib", "venv", base))
    packages.mkdir(parents=True, exist_ok=True)
    (packages / GARBAGE).write_text(GARBAGE_SETTING)


def make_project_environment(root):
    """Make the environment of the project's own runs, so that no lesson waits or needs a network.

    It is nothing that the other lessons need: where it cannot be made, set-up goes on.
    """
    say("Making the environment in which lessons 07 and 08 run the project ...")
    try:
        run([venv_python(root), "-m", "classroom", "environment"], root)
    except SetupError as error:
        say(f"It could not be made ({error}); those lessons will try again.")


def prepare_store(root):
    """Create the reader's MLflow store, so that no lesson waits for it."""
    home = Path(os.environ.get("LOANFLOW_HOME") or root / "workspace").expanduser()
    if not (home / "mlflow.db").exists():
        say("Preparing your MLflow store ...")
        run([venv_python(root), "-m", "classroom", "prepare"], root)


def write_constraints(root):
    """Resolve pyproject.toml for every supported Python and platform into constraints.txt."""
    options = (
        "--universal --fork-strategy fewest --no-emit-index-url --quiet --annotation-style line "
        "--group checkers --group guide --group spark pyproject.toml -o constraints.txt"
    )
    oldest = ["--python-version", "{}.{}".format(*OLDEST)]
    header = ["--custom-compile-command", "make constraints"]
    with tempfile.TemporaryDirectory() as folder:
        run(uv_in(folder, root) + ["pip", "compile"] + options.split() + oldest + header, root)
    say("Wrote constraints.txt.")


def use_supported_python(arguments, root):
    """Run this file again with a supported Python where this one is not; exit where none is had."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    this = "{}.{}".format(*sys.version_info)
    found = find_python(root)
    if not found:
        say(f"No {SUPPORTED} is here; uv fetches one ...")
        found = fetch_python(root)
    if not found:
        newest = "{}.{}".format(*NEWEST)
        sys.exit(
            f"set-up failed: {SUPPORTED} is needed, this is {this} ({sys.executable}), and uv "
            f"could fetch no other; install Python {newest} and name it: "
            f"make lab PYTHON=python{newest}"
        )
    if Path(found).parent != venv_python(root).parent:  # chosen once, it is not said again
        say(f"This is Python {this}; set-up takes {found} instead.")
    sys.exit(subprocess.call([found, str(Path(__file__).resolve())] + arguments))


def find_python(root):
    """Return the path of a supported Python on this machine, the newest first, or None.

    That is the one of `.venv`, else one on the PATH, of pyenv, or of Windows' launcher.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser() / "versions"
    commands = [[str(venv_python(root))]]
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"python3.{minor}"
        commands.append([shutil.which(name) or name])
        commands += [[str(path)] for path in sorted(pyenv.glob(f"3.{minor}.*/bin/{name}"))]
        commands.append(["py", f"-3.{minor}"])
    return next(filter(None, map(supported, commands)), None)


def supported(command):
    """Return the path of the Python that a command starts, or None where it is no supported one.

    A version manager's shim is on the PATH also where its Python is not installed.
    """
    probe = f"sys.executable if {OLDEST} <= sys.version_info[:2] <= {NEWEST} else ''"
    command = command + ["-c", f"import sys, venv; print({probe})"]
    try:
        printed = subprocess.check_output(command, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return printed.decode("utf-8", "replace").strip() or None


def fetch_python(root):
    """Let uv fetch a supported Python; return its path, or None where it cannot."""
    version = "{}.{}".format(*NEWEST)
    with tempfile.TemporaryDirectory() as folder:
        try:
            python = uv_in(folder, root) + ["python"]
            run(python + ["install", version], root, UV_PYTHON_DOWNLOADS="manual")
            return run(python + ["find", "--managed-python", version], root).strip()
        except SetupError:
            return None


def uv_in(folder, root):
    """Make an environment with uv in an empty folder; return the start of a uv command."""
    run([sys.executable, "-m", "venv", folder], root)
    return install_uv(venv_python(Path(folder), "."), root)


def install_uv(python, root):
    """Install uv beside a Python; return the start of a uv command."""
    run([python, *PIP_INSTALL, UV], root)
    return [python, "-m", "uv", "--no-progress"]


def fingerprint(root):
    """Return a hash of everything that `.venv` is made from, its place included."""
    parts = ["{}.{}".format(*sys.version_info).encode(), os.fsencode(str(root))]
    parts += [(root / name).read_bytes() for name in INPUTS]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def run(command, root, **variables):
    """Run a command silently; return its output, and raise SetupError with it where it fails."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_PYTHON_DOWNLOADS": "never"}
    environment = {**os.environ, **quiet, **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=str(root),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise SetupError(cause_of(output), output)
    return output


def cause_of(output, number=None):
    """Return one line that says what went wrong, from a tool's output or an errno."""
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return DISK_FULL
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for cause, signs in CAUSES:
        said = [line for line in lines if any(sign in line for sign in signs)]
        if said:
            return f"{cause}: {said[-1]}" if cause == NO_ACCESS else cause
    return lines[-1] if lines else "a command failed and printed nothing"


def fail(root, error):
    """Print the one line, keep the full output in setup.log, and return exit code 1."""
    line = f"set-up failed: {error}"
    if error.output:
        with suppress(OSError):  # a full or read-only disk must not hide the cause
            (root / LOG).write_text(error.output, encoding="utf-8")
            line += f" (all of the output: {LOG})"
    print(line, file=sys.stderr)
    return 1


def remove_made(root):
    """Remove everything that a set-up makes."""
    for name in MADE:
        remove(root / name)


def remove(path):
    """Remove a file, link or folder, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    # A tool that was just interrupted may still be writing.
    for _ in range(20):
        if not path.exists():
            return
        shutil.rmtree(str(path), ignore_errors=True)
        time.sleep(0.1)
    raise SetupError(f"{path.name} cannot be removed; end the programs that use it")


def venv_python(root, venv=".venv"):
    """Return the path of the environment's Python."""
    return root / venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def say(line):
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
