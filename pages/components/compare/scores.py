"""The scores of each map, beside those of maps in random order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pages.components.compare.cells import Cell
from pages.components.inputs import url_widgets
from pages.components.shell import address, session
from xai_core.execution.jobs import Job
from xai_core.i18n.catalogues import N_, _
from xai_core.metrics.against_chance import AgainstChance, against_chance
from xai_core.metrics.deletion_insertion import random_map
from xai_core.requests import Request, StudyRequest
from xai_core.studies.faithfulness import Faithfulness, FaithfulnessResult
from xai_core.types import Explanation

FILLS = {"blurred": N_("Blurred"), "mean": N_("The photo's mean colour")}
_USUAL_FILL = "blurred"

#: Random orders that are averaged: a single one may happen to hide the head first.
RANDOM_ORDERS = 2


@dataclass(frozen=True)
class Scores:
    """The finished scores by cell, and all jobs that they need."""

    by_cell: Mapping[Cell, AgainstChance] = field(default_factory=dict)
    jobs: Mapping[Request, Job[FaithfulnessResult]] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether nothing is being computed any more."""
        return all(job.done for job in self.jobs.values())


def fill() -> str:
    """Return what hidden pixels become, from the address; `fill_choice` draws the choice."""
    return address.option("fill", FILLS, _USUAL_FILL)


def fill_choice() -> None:
    """Draw the choice of what hidden pixels become."""
    titles = {fill: _(title) for fill, title in FILLS.items()}
    url_widgets.segments("fill", _("Pixels that are hidden for the scores become"), titles, _USUAL_FILL)


def read(maps: Mapping[Cell, Explanation], fill: str) -> Scores:
    """Return the scores of maps as far as they are computed, having asked for the others."""
    jobs: dict[Request, Job[FaithfulnessResult]] = {}

    def ask(cell: Cell, values: np.ndarray) -> Job[FaithfulnessResult]:
        """Return the job for a map of the cell's network, photo and breed; equal maps share one."""
        network, photo, target = cell.request.network, cell.request.photo, cell.request.target
        request = StudyRequest(network, (photo,), target, Faithfulness.of(values, fill=fill))
        jobs[request] = session.ask(request, [cell.photo.image])
        return jobs[request]

    own = {cell: ask(cell, explanation.values) for cell, explanation in maps.items()}
    random = {cell: [ask(cell, random_map(seed)) for seed in range(RANDOM_ORDERS)] for cell in maps}
    by_cell = {cell: _against_chance(job, random[cell]) for cell, job in own.items() if job.state == "done"}
    return Scores(by_cell, jobs)


def _against_chance(own: Job[FaithfulnessResult], random: list[Job[FaithfulnessResult]]) -> AgainstChance:
    """Return a map's scores, beside random order once all its orders are there."""
    orders = [job.result().curves for job in random] if all(job.state == "done" for job in random) else []
    return against_chance(own.result().curves, orders)
