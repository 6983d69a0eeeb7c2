"""A call in a new process comes back with its result, its time and its memory, or its error."""

import os
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from family import below, command

from classroom.services.processes import ProcessError, in_new_process
from classroom.services.servers import soon


def test_returns_what_the_function_returns_and_keeps_what_it_prints():
    offset = 3

    def add(a, b):
        print("not an answer")
        os.system("echo neither")
        return os.getpid(), a + b + offset

    pid, total = in_new_process(add, 1, 2).result
    assert total == 6
    assert pid != os.getpid()
    assert not psutil.pid_exists(pid)


def test_measures_time_and_memory_of_the_call_alone():
    def idle():
        time.sleep(0.3)

    def allocate(megabytes):
        return np.ones(megabytes * 125_000).sum()

    slow, large = in_new_process(idle), in_new_process(allocate, 300)
    assert slow.seconds >= 0.3
    assert slow.megabytes < 50
    assert 250 < large.megabytes < 400


def test_an_error_of_the_function_arrives():
    def fail():
        raise LookupError("nobody is at home")

    with pytest.raises(LookupError, match="nobody is at home"):
        in_new_process(fail)


def test_a_process_that_dies_is_told():
    with pytest.raises(ProcessError, match="code 7"):
        in_new_process(os._exit, 7)


def test_a_process_that_has_ended_says_nothing_and_has_nothing_below():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        process = psutil.Process(started.pid)
        assert soon(lambda: "input()" in command(process))
        assert process in below(psutil.Process(), "input()")
    assert command(process) == ""
    assert below(process) == []
