"""Look at processes that may end while somebody looks at them."""

import psutil


def command(process: psutil.Process) -> str:
    """Return the command line of a process; it is empty when the process has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # also a zombie
        return ""


def below(process: psutil.Process, saying: str = "") -> list[psutil.Process]:
    """Return the processes below one, children of children too, whose command line says this."""
    try:
        found = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in found if saying in command(child)]
