"""Keeps what TensorFlow's libraries chat about out of a command's standard error, and lets everything else through."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Reads lines and passes on all but information and warnings in the form of Abseil's log ("I0000 00:00:17952 port.cc:153]").
_FILTER = r"""
import os, re, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
chat = re.compile(rb"[IW]\d{4} \d\d:\d\d:|WARNING: All log messages before absl::InitializeLog")
for line in sys.stdin.buffer:
    if not chat.match(line):
        os.write(2, line)
"""


@contextmanager
def quiet() -> Iterator[None]:
    """Send this process's standard error through a filter while the block runs.

    No environment variable silences these lines: they are written while the libraries load, before any setting is read.
    The filter is a process of its own, so that the last words of one that crashes are passed on too.
    """
    sys.stderr.flush()
    own = os.dup(2)
    try:
        chat = subprocess.Popen([sys.executable, "-S", "-E", "-c", _FILTER], stdin=subprocess.PIPE)
    except OSError:  # no room for another process is no reason to refuse the command
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
