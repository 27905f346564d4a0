"""Who of several jobs may put the next batch to a network: one at a time, people before idle work, fair between people."""

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

#: Seconds that a job which goes before others may think between two batches before one of theirs is let in, which would
#: keep it out for a second or two. Drawing the masks of LIME's next batch takes a fiftieth of a second.
_PATIENCE = 0.1


@dataclass(frozen=True)
class Priority:
    """On which terms a job is computed beside others."""

    visitor: str = ""  # whose job it is
    weight: float = 0.0  # the seconds it will probably take; only compared with the same visitor's others
    quick: bool = False  # goes before all others
    idle: bool = False  # nobody waits for it: it gives way to whoever asks something


@dataclass(eq=False)
class Requester:
    """A running job as those see it who share the networks with it."""

    visitor: str = ""
    weight: float = 0.0
    idle: bool = False
    fraction: float = 0.0  # done
    shown: bool = False  # whether there is a first result to look at

    @property
    def rest(self) -> float:
        """What is left of the weight."""
        return self.weight * (1 - self.fraction)


@dataclass(frozen=True, eq=False)
class _Waiting:
    asker: Requester
    first: bool
    arrival: int
    called: threading.Event


_current: ContextVar[Requester | None] = ContextVar("asker", default=None)


class FairLock:
    """A lock that knows who waits for it; the locks of `threading` let one job's tight loop keep others out for minutes.

    Next is whoever asks with `first`. Then comes the visitor who has had the least of the machine since the others came,
    and of that visitor's jobs one that has nothing to show yet before those that have, the one that will be done
    soonest before longer ones. Whoever had the last turn and would come next keeps it for `patience` seconds in which to
    ask again. A job whose asker is idle gets no turn while any other is `present`, between its batches neither.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, patience: float = _PATIENCE) -> None:
        self._clock = clock
        self._patience = patience
        self._guard = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._present: list[Requester] = []
        self._used: dict[str, float] = {}  # seconds by visitor, of those who are present
        self._arrivals = itertools.count()
        self._taken = False
        self._kept: _Waiting | None = None  # the place of whoever is expected to ask again at once

    @contextmanager
    def present(self, asker: Requester) -> Iterator[None]:
        """Make `asker` the one in whose name this thread asks, and keep idle work away, inside the `with` block."""
        with self._guard:
            # Who comes later starts level with the one who has had least, not with an advantage of minutes.
            level = min(self._used.values(), default=0.0)
            self._used[asker.visitor] = max(self._used.get(asker.visitor, level), level)
            self._present.append(asker)
        token = _current.set(asker)
        try:
            yield
        finally:
            _current.reset(token)
            with self._guard:
                self._present.remove(asker)
                if self._kept is not None and self._kept.asker is asker:
                    self._kept = None
                if all(other.visitor != asker.visitor for other in self._present):
                    self._used.pop(asker.visitor, None)
                self._call_next()

    def set_idle(self, asker: Requester, *, idle: bool) -> None:
        """Take note that someone waits for a job now, or that nobody does any more."""
        with self._guard:
            asker.idle = idle
            self._call_next()

    def is_idle(self) -> bool:
        """Say whether nobody waits for what this thread computes."""
        asker = _current.get()
        return asker is not None and asker.idle

    @contextmanager
    def turn(self, *, first: bool = False) -> Iterator[None]:
        """Hold the lock inside the `with` block."""
        asker = _current.get() or Requester()
        waiting = _Waiting(asker, first, next(self._arrivals), threading.Event())
        with self._guard:
            self._waiting.append(waiting)
            self._call_next()
        waiting.called.wait()
        began = self._clock()
        try:
            yield
        finally:
            with self._guard:
                if asker.visitor in self._used:
                    self._used[asker.visitor] += self._clock() - began
                self._taken = False
                if self._waiting and asker in self._present:
                    self._keep(asker)
                self._call_next()

    def _keep(self, asker: Requester) -> None:
        """Expect `asker` to wait again soon, and until then let nobody in who would come after them."""
        kept = self._kept = _Waiting(asker, False, sys.maxsize, threading.Event())

        def give_up() -> None:
            with self._guard:
                if self._kept is kept:
                    self._kept = None
                    self._call_next()

        timer = threading.Timer(self._patience, give_up)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no thread to be had, so nobody is waited for
            self._kept = None

    def _call_next(self) -> None:
        """Hand the lock to the next one, if it is free and anyone may have it."""
        if self._taken:
            return
        somebody = any(not asker.idle for asker in self._present)
        allowed = [one for one in self._waiting if not (one.asker.idle and somebody)]
        if not allowed:
            return
        chosen = min(allowed, key=self._order)
        kept = self._kept
        if kept is not None and chosen.asker is not kept.asker and self._order(kept) < self._order(chosen):
            return
        self._kept = None
        self._waiting.remove(chosen)
        self._taken = True
        chosen.called.set()

    def _order(self, one: _Waiting) -> tuple[bool, bool, float, bool, float, int]:
        asker = one.asker
        first = one.first and not asker.idle
        used = 0.0 if first else self._used.get(asker.visitor, 0.0)
        return asker.idle, not first, used, asker.shown and not first, 0.0 if first else asker.rest, one.arrival


#: One machine computes one batch at a time, whichever network it is for: two at once only take each other's cores.
NETWORK_LOCK = FairLock()
