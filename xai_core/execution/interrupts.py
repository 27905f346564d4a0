"""Ctrl-C in a terminal reaches all processes of a command; those that it starts leave it to the first one."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def withheld() -> Iterator[None]:
    """Let a process that is started in the block never see Ctrl-C; this one sees it when the block has ended.

    A child that ignores it once it runs would still be interrupted while it starts.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
