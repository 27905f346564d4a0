"""How long someone will wait for one job among others, from what each of them should take and how far it is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """What is left of one job: whose it is, and how many seconds of the machine it will take."""

    visitor: str
    rest: float


def seconds_left(own: Task, others: Iterable[Task]) -> float:
    """Return the seconds until a job is done that shares the machine as `Turns` shares it.

    A visitor's own shorter jobs go before it, and of what every other visitor has left the machine does as much
    meanwhile as for this one.
    """
    mine = own.rest
    theirs: defaultdict[str, float] = defaultdict(float)
    for other in others:
        if other.visitor != own.visitor:
            theirs[other.visitor] += other.rest
        elif other.rest < own.rest:
            mine += other.rest
    return mine + sum(min(mine, rest) for rest in theirs.values())


class ThroughputEstimator:
    """How much slower, or faster, the machine works off its jobs than they should take."""

    _FROM = 2.0  # seconds of work: less says nothing
    _LOWEST, _HIGHEST = 0.25, 8.0

    def __init__(self) -> None:
        self._began: float | None = None
        self._work = 0.0

    def work(self, seconds: float, now: float) -> None:
        """Take note that something that should take so many seconds was done; the first time only starts the clock.

        What happens before, such as a network being loaded, says nothing about the pace.
        """
        if self._began is None:
            self._began, self._work = now, 0.0
        else:
            self._work += seconds

    def rest(self) -> None:
        """Take note that it has nothing to do."""
        self._began = None

    def factor(self, now: float) -> float:
        """Return by what the seconds that something should take are to be multiplied."""
        if self._began is None or self._work < self._FROM:
            return 1.0
        return min(max((now - self._began) / self._work, self._LOWEST), self._HIGHEST)
