"""The lock on the networks: one job computes a batch at a time, people before idle work, in fair shares between people."""

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

#: Seconds for which the lock is reserved for a job between two of its batches, where another would go next and keep it
#: waiting for a second or two. Drawing the masks of LIME's next batch takes a fiftieth of a second.
_PATIENCE = 0.1


@dataclass(frozen=True)
class Priority:
    """Where a job stands among others."""

    visitor: str = ""  # the person it belongs to
    cost: float = 0.0  # the seconds it will probably take; only compared with the same visitor's other jobs
    quick: bool = False  # goes before all others
    idle: bool = False  # nobody waits for it: it gives way to all jobs that somebody waits for


@dataclass(eq=False)
class Requester:
    """A running job as a FairLock sees it."""

    visitor: str = ""
    cost: float = 0.0
    idle: bool = False
    fraction: float = 0.0  # done, in [0, 1]
    has_partial: bool = False  # whether there is a first result to look at

    @property
    def remaining(self) -> float:
        """The part of the cost that is still to come."""
        return self.cost * (1 - self.fraction)


@dataclass(frozen=True, eq=False)
class _Waiting:
    requester: Requester
    urgent: bool
    arrival: int
    granted: threading.Event = field(default_factory=threading.Event)


_current: ContextVar[Requester | None] = ContextVar("requester", default=None)


class FairLock:
    """A lock with priorities; with the locks of `threading` one job's tight loop keeps all others out for minutes.

    It is granted to urgent acquisitions first. Then comes the visitor who has held it for the shortest time while the
    others were there, and of that visitor's jobs one without a partial result before those with one, less remaining cost
    before more. A job that would also be next after a batch of its own has the lock reserved for `patience` seconds until
    it acquires it again. An idle requester waits as long as any other one is registered, between its batches too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, patience: float = _PATIENCE) -> None:
        self._clock = clock
        self._patience = patience
        self._mutex = threading.Lock()
        self._locked = False
        self._waiting: list[_Waiting] = []
        self._registered: list[Requester] = []
        self._used: dict[str, float] = {}  # seconds by visitor, of those with a registered job
        self._arrivals = itertools.count()
        self._reservation: _Waiting | None = None

    @contextmanager
    def registered(self, requester: Requester) -> Iterator[None]:
        """Acquire the lock as `requester` in this thread, and keep idle requesters out, inside the `with` block."""
        with self._mutex:
            # A newcomer starts level with the visitor who has had the least, not with an advantage of minutes.
            least = min(self._used.values(), default=0.0)
            self._used[requester.visitor] = max(self._used.get(requester.visitor, least), least)
            self._registered.append(requester)
        token = _current.set(requester)
        try:
            yield
        finally:
            _current.reset(token)
            with self._mutex:
                self._registered.remove(requester)
                if self._reservation is not None and self._reservation.requester is requester:
                    self._reservation = None
                if all(other.visitor != requester.visitor for other in self._registered):
                    self._used.pop(requester.visitor, None)
                self._grant_next()

    def set_idle(self, requester: Requester, *, idle: bool) -> None:
        """Set whether nobody waits for the requester's job any more."""
        with self._mutex:
            requester.idle = idle
            self._grant_next()

    def is_idle(self) -> bool:
        """Return whether nobody waits for the job that this thread computes."""
        requester = _current.get()
        return requester is not None and requester.idle

    @contextmanager
    def acquire(self, *, urgent: bool = False) -> Iterator[None]:
        """Hold the lock inside the `with` block."""
        requester = _current.get() or Requester()
        waiting = _Waiting(requester, urgent, next(self._arrivals))
        with self._mutex:
            self._waiting.append(waiting)
            self._grant_next()
        waiting.granted.wait()
        began = self._clock()
        try:
            yield
        finally:
            with self._mutex:
                if requester.visitor in self._used:
                    self._used[requester.visitor] += self._clock() - began
                self._locked = False
                if requester in self._registered:
                    self._reserve(requester)
                self._grant_next()

    def _reserve(self, requester: Requester) -> None:
        """Reserve the lock for a requester who would go before those that wait now."""
        reservation = _Waiting(requester, False, sys.maxsize)
        candidate = self._candidate()
        if candidate is None or self._order(candidate) < self._order(reservation):
            return

        def expire() -> None:
            with self._mutex:
                if self._reservation is reservation:
                    self._reservation = None
                    self._grant_next()

        timer = threading.Timer(self._patience, expire)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:
            return  # no thread can be started, so nothing would end the reservation
        self._reservation = reservation

    def _candidate(self) -> _Waiting | None:
        """Return who of those that wait goes first; None where nobody may have the lock."""
        people = any(not requester.idle for requester in self._registered)
        allowed = (waiting for waiting in self._waiting if not (waiting.requester.idle and people))
        return min(allowed, key=self._order, default=None)

    def _grant_next(self) -> None:
        """Grant the lock to the one that goes first, if it is free and not reserved for another."""
        candidate = None if self._locked else self._candidate()
        if candidate is None:
            return
        reservation = self._reservation
        if (
            reservation is not None
            and candidate.requester is not reservation.requester
            and self._order(reservation) < self._order(candidate)
        ):
            return
        self._reservation = None
        self._waiting.remove(candidate)
        self._locked = True
        candidate.granted.set()

    def _order(self, waiting: _Waiting) -> tuple[bool, bool, float, bool, float, int]:
        """Return the sort key of the queue: the smallest goes first."""
        requester = waiting.requester
        if waiting.urgent and not requester.idle:
            return False, False, 0.0, False, 0.0, waiting.arrival
        used = self._used.get(requester.visitor, 0.0)
        return requester.idle, True, used, requester.has_partial, requester.remaining, waiting.arrival


#: A machine computes one batch at a time, for whichever network: two at once would only take each other's cores.
NETWORK_LOCK = FairLock()
