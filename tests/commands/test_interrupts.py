"""Ctrl-C and SIGTERM: the exit code that shells use, no traceback, and nothing half-written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from xai_core.commands import interrupts
from xai_core.resources import ROOT


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        ("predict", signal.SIGTERM, 143),
        ("explain", signal.SIGINT, 130),
        ("report", signal.SIGINT, 130),
        ("audit", signal.SIGINT, 130),
    ],
)
def test_a_command_that_computes_ends_without_a_traceback(
    run: Run, dog: Path, command: str, number: signal.Signals, code: int
) -> None:
    """Catches a traceback, a process that goes on, and files of results that there are not."""
    more = {
        "predict": [dog],
        "explain": [dog, "--method", "saliency", "--out", "out"],
        "report": [dog, "--method", "saliency", "--output", "out/report.html"],
        "audit": [".", "--output", "out", "--method", "saliency"],
    }[command]
    done = run(command, *more, "--classifier", "fake", SEESPOT_TEST_SIGNAL=str(int(number)))
    assert done.returncode == code and done.stdout == b""
    assert len(done.stderr.splitlines()) <= 1 and b"Error" not in done.stderr
    assert not (dog.parent / "out").exists() or not list((dog.parent / "out").iterdir())


_IMPORTING = """
import builtins, os, signal, sys
real = builtins.__import__
def importing(name, *more):
    if name == {name!r}:
        os.kill(os.getpid(), signal.SIGINT)
        try:
            return real(name, *more)
        except BaseException:
            raise ImportError(name)  # as some libraries do
    return real(name, *more)
builtins.__import__ = importing
from xai_core.__main__ import program
sys.argv = ["seespot", "list"]
program()
"""


@pytest.mark.parametrize("name", ["numpy", "xai_core.workbench"])
def test_ctrl_c_while_libraries_are_imported_has_no_traceback(name: str) -> None:
    """Catches imports that run before anyone waits for Ctrl-C, and a library's error in the place of it."""
    code = _IMPORTING.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_second_ctrl_c_ends_the_process_at_once() -> None:
    """Catches a command that cannot be stopped, as something swallows the first one."""
    code = """
import os, signal
from xai_core.commands.interrupts import Interrupts
with Interrupts():
    for _ in range(2):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        except KeyboardInterrupt:
            pass
print("still here")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_signals_that_are_ignored_stay_so_and_others_are_given_back() -> None:
    """Catches a command that nohup does not protect, and handlers that outlive the command."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    own = signal.getsignal(signal.SIGINT)
    try:
        with interrupts.Interrupts():
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN and signal.getsignal(signal.SIGINT) != own
        assert signal.getsignal(signal.SIGINT) == own
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_child_never_sees_ctrl_c_of_the_terminal(tmp_path: Path) -> None:
    """Catches the traceback of a process that is interrupted while it starts, before it can ignore Ctrl-C."""
    from xai_core.execution.interrupts import withheld

    with withheld():
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    os.kill(child.pid, signal.SIGINT)
    _out, said = child.communicate(b"\n", timeout=60)
    assert child.returncode == 0 and said == b""
