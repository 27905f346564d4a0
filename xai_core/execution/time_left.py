"""How long a job among others will take, from the expected seconds of each and how far each of them is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """What is left of one job: the visitor it belongs to, and the seconds of the machine it will still take."""

    visitor: str
    remaining: float


def seconds_left(own: Task, others: Iterable[Task]) -> float:
    """Return the seconds until a job is done that shares the machine as FairLock shares it.

    A visitor's own shorter jobs go before it, and every other visitor gets as much of the machine meanwhile as this one,
    or as much as their jobs need.
    """
    before = own.remaining
    by_visitor: defaultdict[str, float] = defaultdict(float)
    for other in others:
        if other.visitor != own.visitor:
            by_visitor[other.visitor] += other.remaining
        elif other.remaining < own.remaining:
            before += other.remaining
    return before + sum(min(before, remaining) for remaining in by_visitor.values())


class ThroughputEstimator:
    """Measures how much slower, or faster, the machine is than its jobs' expected times say."""

    _MINIMUM_WORK = 2.0  # expected seconds: the ratio over less is mostly noise
    _LOWEST, _HIGHEST = 0.25, 8.0

    def __init__(self) -> None:
        self._began: float | None = None
        self._work = 0.0

    def add(self, expected: float, now: float) -> None:
        """Count work done that was expected to take so many seconds; the first call only starts the clock.

        The time before it, such as that of loading a network, is no part of the expected times.
        """
        if self._began is None:
            self._began, self._work = now, 0.0
        else:
            self._work += expected

    def reset(self) -> None:
        """Stop the clock: the machine has nothing to do."""
        self._began = None

    def slowdown(self, now: float) -> float:
        """Return the factor by which expected seconds are to be multiplied, in [0.25, 8]."""
        if self._began is None or self._work < self._MINIMUM_WORK:
            return 1.0
        return min(max((now - self._began) / self._work, self._LOWEST), self._HIGHEST)
