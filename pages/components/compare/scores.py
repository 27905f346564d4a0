"""Deletion and insertion of each map, against a map in random order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pages.components.compare.cells import Cell
from pages.components.inputs import url_widgets
from pages.components.shell import address, session
from xai_core.execution.jobs import Job
from xai_core.i18n.catalogues import N_, _
from xai_core.metrics import deletion_insertion as metric
from xai_core.metrics.against_chance import AgainstChance, against_chance
from xai_core.metrics.base import Score
from xai_core.requests import Request, StudyRequest
from xai_core.studies.faithfulness import Faithfulness, FaithfulnessResult
from xai_core.types import Explanation

FILLS = {"blurred": N_("Blurred"), "mean": N_("The photo's mean colour")}

_USUAL_FILL = "blurred"

#: Random orders that are averaged: one alone may happen to hide the head first.
RANDOM = 2


@dataclass(frozen=True)
class MapScores:
    """Both scores of one map, and the same of random order where that is known."""

    deletion: Score
    insertion: Score
    random_deletion: Score | None = None
    random_insertion: Score | None = None
    random: tuple[Mapping[str, Score], ...] = ()  # by metric, of each random order

    @property
    def against_chance(self) -> AgainstChance:
        """The same with each random order on its own."""
        return AgainstChance({"deletion": self.deletion, "insertion": self.insertion}, self.random)

    @property
    def gain(self) -> float:
        """How much more faithful than random order; NaN where that is not known."""
        if self.random_deletion is None or self.random_insertion is None:
            return float("nan")
        return metric.faithfulness(self.deletion.value, self.insertion.value) - metric.faithfulness(
            self.random_deletion.value, self.random_insertion.value
        )


@dataclass(frozen=True)
class Scores:
    """What is known of the maps so far, and the jobs that find it out."""

    measures: Mapping[Cell, MapScores] = field(default_factory=dict)
    jobs: Mapping[Request, Job[FaithfulnessResult]] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether nothing is being computed any more."""
        return all(job.done for job in self.jobs.values())


def fill() -> str:
    """Return what the address says that hidden pixels become; `fill_choice` draws the choice."""
    return address.option("fill", FILLS, _USUAL_FILL)


def fill_choice() -> None:
    """Draw the choice of what hidden pixels become."""
    titles = {fill: _(title) for fill, title in FILLS.items()}
    url_widgets.segments("fill", _("Pixels that are hidden for the scores become"), titles, _USUAL_FILL)


def read(maps: Mapping[Cell, Explanation], fill: str) -> Scores:
    """Return the maps' scores as far as they are known."""
    jobs: dict[Request, Job[FaithfulnessResult]] = {}

    def ask(about: Cell, values: np.ndarray) -> Job[FaithfulnessResult]:
        """Return the job of a map of the cell's network, photo and breed, the same for the same map."""
        its = about.request
        question = StudyRequest(its.network, (its.photo,), its.target, Faithfulness.of(values, fill=fill))
        jobs[question] = session.ask(question, [about.held.image])
        return jobs[question]

    by_cell = {cell: ask(cell, one.values) for cell, one in maps.items()}
    chance = {cell: [ask(cell, metric.random_map(seed)) for seed in range(RANDOM)] for cell in maps}
    measures = {
        cell: _measure(job.result(), [one.result() for one in chance[cell] if one.state == "done"])
        for cell, job in by_cell.items()
        if job.state == "done"
    }
    return Scores(measures, jobs)


def _measure(found: FaithfulnessResult, random: list[FaithfulnessResult]) -> MapScores:
    deletion, insertion = (metric.score(kind, found.curves[kind]) for kind in metric.KINDS)
    if len(random) < RANDOM:
        return MapScores(deletion, insertion)
    curves = [np.mean([one.curves[kind] for one in random], axis=0) for kind in metric.KINDS]
    by_chance = [metric.score(kind, curve) for kind, curve in zip(metric.KINDS, curves, strict=True)]
    return MapScores(
        deletion,
        insertion,
        by_chance[0],
        by_chance[1],
        against_chance(found.curves, [one.curves for one in random]).random,
    )
