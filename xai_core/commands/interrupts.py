"""Ctrl-C and SIGTERM: a command ends without a traceback, wherever it was."""

import os
import signal
import threading
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: Added to a signal's number, the exit code that shells use.
SIGNALLED = 128


class Interrupts:
    """While the block runs, both signals raise KeyboardInterrupt; a second one ends the process at once.

    `code` is the exit code after a signal, None without one. It counts whatever exception arrives: libraries that are
    interrupted while they are imported raise errors of their own.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if (
                    signal.getsignal(number) != signal.SIG_IGN
                ):  # as nohup and shell scripts start what is not to be stopped
                    self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *failure: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.code is not None:
            os._exit(self.code)
        self.code = SIGNALLED + number
        raise KeyboardInterrupt
