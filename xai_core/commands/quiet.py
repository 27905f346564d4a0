"""Removes the log messages of TensorFlow's libraries from a command's standard error."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from xai_core.execution import interrupts

#: Passes on all lines but information and warnings in the format of Abseil's log ("I0000 00:00:17952 port.cc:153]").
_FILTER = r"""
import os, re, sys
chat = re.compile(rb"[IW]\d{4} \d\d:\d\d:|WARNING: All log messages before absl::InitializeLog")
for line in sys.stdin.buffer:
    if not chat.match(line):
        os.write(2, line)
"""


@contextmanager
def quiet() -> Iterator[None]:
    """Send this process's standard error through a filter while the block runs.

    No environment variable suppresses these lines: they are written while the libraries load, before any setting is read.
    The filter is a separate process, so that the last lines of a process that crashes are passed on, too.
    """
    sys.stderr.flush()
    own = os.dup(2)
    try:
        with interrupts.withheld():
            chat = subprocess.Popen([sys.executable, "-S", "-E", "-c", _FILTER], stdin=subprocess.PIPE)
    except OSError:  # without memory for another process, the command still runs
        os.close(own)
        yield
        return
    assert chat.stdin is not None
    os.dup2(chat.stdin.fileno(), 2)
    chat.stdin.close()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(own, 2)  # the filter's input ends here
        os.close(own)
        chat.wait()
