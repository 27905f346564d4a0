"""All that the page Compare shows of one subject, handed to whatever draws a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pages.components.compare.cells import Cell
from pages.components.compare.scores import Scores
from pages.components.compare.trust import TrustVerdicts
from pages.components.inputs.subject import Subject
from xai_core.execution.jobs import Job
from xai_core.types import Explanation


@dataclass(frozen=True)
class Comparison:
    """The grid's cells by row with their jobs, and the scores and verdicts that there are so far."""

    subject: Subject
    rows: list[list[Cell]]
    jobs: Mapping[Cell, Job[Explanation]]
    scores: Scores
    trust: TrustVerdicts

    @property
    def maps(self) -> dict[Cell, Explanation]:
        """The finished maps."""
        return {cell: job.result() for cell, job in self.jobs.items() if job.state == "done"}

    def failed(self, cell: Cell) -> bool:
        """Return whether the cell's map fails the sanity check."""
        return cell in self.trust.verdicts and self.trust.verdicts[cell].mark == "failed"
