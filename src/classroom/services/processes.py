"""A function call in a new process, with the time and the memory that it took."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import cloudpickle

# Reads a call, answers on the real standard output; what the function prints stays out of it.
_WORKER = """
import os, sys, time

answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
import cloudpickle, psutil

try:
    function, arguments = cloudpickle.load(sys.stdin.buffer)
    process = psutil.Process()
    before, start = process.memory_info().rss, time.perf_counter()
    result = function(*arguments)
    seconds = time.perf_counter() - start
    if sys.platform == "linux":  # where getrusage would also count the process that started us
        with open("/proc/self/status") as status:
            peak = next(int(line.split()[1]) * 1024 for line in status if line[:6] == "VmHWM:")
    elif sys.platform == "darwin":
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    else:
        peak = process.memory_info().peak_wset
    answer = (result, seconds, max(peak - before, 0) / 1e6), None
except Exception as error:
    answer = None, error
answers.write(cloudpickle.dumps(answer))
"""


class Measured(NamedTuple):
    """What a call returned, its seconds, and its megabytes.

    The megabytes are those by which the peak of the process, at the end of the call, stands above
    its memory at the start of the call. Starting the process and importing what the function names
    are in neither.
    """

    result: Any
    seconds: float
    megabytes: float


class ProcessError(RuntimeError):
    """The new process ended without an answer; the message says what it printed last."""


def in_new_process(function: Callable, *arguments: Any) -> Measured:
    """Call a function in a new Python process, which ends with the call.

    Parameters
    ----------
    function : callable
        May stand in a notebook. It is sent with what it refers to, by value.
    *arguments
        What it is called with; they are sent as well, and its result is sent back.

    Raises
    ------
    ProcessError
        If the process ends without an answer, as where it runs out of memory.
    Exception
        What the function raises.
    """
    done = subprocess.run(
        [sys.executable, "-c", _WORKER],
        input=cloudpickle.dumps((function, arguments)),
        capture_output=True,
    )
    if done.returncode or not done.stdout:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["(nothing)"]
        raise ProcessError(
            f"The process ended with code {done.returncode}; last it said: {last[0]}"
        )
    answer, error = cloudpickle.loads(done.stdout)
    if error is not None:
        raise error
    return Measured(*answer)
