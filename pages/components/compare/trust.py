"""The trust mark of each map: whether it depends on what the network learned, and whether it is stable."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from pages.components.compare.cells import Cell
from pages.components.inputs import url_widgets
from pages.components.shell import session
from xai_core.execution.jobs import Job
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import about, number, significant
from xai_core.metrics.base import Score
from xai_core.metrics.trust import SURVIVES, UNSTEADY, Verdict
from xai_core.requests import ExplanationRequest, Request
from xai_core.studies.trust_checks import checks, judged, noisy
from xai_core.types import Explanation, ImageInput

_ICONS = {"trusted": ":material/verified:", "doubtful": ":material/help:", "failed": ":material/block:"}


@dataclass(frozen=True)
class TrustVerdicts:
    """The finished verdicts by cell, and all jobs that the checks need."""

    verdicts: Mapping[Cell, Verdict] = field(default_factory=dict)
    cascades: Mapping[Cell, Score] = field(default_factory=dict)
    jobs: Mapping[Request, Job[Explanation]] = field(default_factory=dict)


def switch(rows: list[list[Cell]]) -> bool:
    """Draw the switch that starts the checks, with the time they take, and return whether it is on."""
    on = url_widgets.flag(
        "trust",
        _("Check which maps can be trusted"),
        help=_(
            "Each map is made again: by the same network with random weights in its upper half and throughout, with noise "
            "on the photo that nobody sees, and with another seed where the method draws at random."
        ),
    )
    times = [session.seconds(cell.request) for row in rows for cell in row for _ in checks(cell.spec, cell.explainer)]
    measured = [seconds for seconds in times if seconds is not None]
    if len(measured) == len(times):
        text = _("It takes {about} where nothing is stored, and begins when the maps and their scores are there.")
        st.caption(text.format(about=about(sum(measured))))
    else:
        st.caption(_("It begins when the maps and their scores are there."))
    return on


def read(maps: Mapping[Cell, Explanation]) -> TrustVerdicts:
    """Return the verdicts on maps as far as they are computed, having asked for the others."""
    jobs: dict[Request, Job[Explanation]] = {}
    verdicts, cascades = {}, {}
    for cell, plain in maps.items():
        by_check: dict[str, Job[Explanation]] = {}
        for check in checks(cell.spec, cell.explainer):
            image = cell.photo.image
            photo = _noisy(image.digest, cell.spec.input_size, image) if check.noisy else image
            request = ExplanationRequest(check.network, photo.digest, plain.target, check.explainer)
            by_check[check.name] = jobs[request] = session.ask(request, photo)
        if all(job.state == "done" for job in by_check.values()):
            others = {name: job.result().values for name, job in by_check.items()}
            cascades[cell], verdicts[cell] = judged(plain.values, others)
    return TrustVerdicts(verdicts, cascades, jobs)


def mark(verdict: Verdict) -> str:
    """Return the text of a verdict, with an icon."""
    reasons = {
        "passed": _("Passed both checks"),
        "survives": _("Fails: it looks much the same on random weights (agreement {sanity})"),
        "unsteady": _("Unsteady: invisible noise or another seed changes it (agreement {stability})"),
        "empty": _("Empty, so it cannot be checked"),
    }
    agreements = {"sanity": number(verdict.sanity, 2), "stability": number(verdict.stability, 2)}
    return f"{_ICONS[verdict.mark]} {reasons[verdict.reason].format(**agreements)}"


def measurements(trust: TrustVerdicts, cell: Cell) -> str:
    """Return the text of the agreements that a cell's verdict was read from; "" before they are computed."""
    if cell not in trust.verdicts or (curve := trust.cascades[cell].curve) is None:
        return ""
    return _(
        "Agreement with the map on random weights: {half} with the upper half random, {all} with all. Agreement with the "
        "least alike map of what should not matter: {stability}."
    ).format(half=number(curve[1], 2), all=number(curve[2], 2), stability=number(trust.verdicts[cell].stability, 2))


def explanation() -> str:
    """Return what the marks mean."""
    return _(
        "**Trust marks.** A map should show what the network learned. So it is made again by the same network with random "
        "weights, in its upper half and throughout ([Adebayo et al. 2018](https://arxiv.org/abs/1810.03292)). Where the "
        "strengths still lie in the same places in one of the two (rank correlation above {survives} and above what "
        "shifted maps reach by chance), the map is drawn grey: a network that answers by chance would show the same. Then "
        "it is made again with noise that nobody sees, and with another seed: below "
        "{unsteady} it counts as unsteady. Both limits are half of full agreement. All this is measured here, for this "
        "photo and breed; a map that passes is not proved right."
    ).format(survives=significant(SURVIVES, 2), unsteady=significant(UNSTEADY, 2))


@st.cache_resource(show_spinner=False, max_entries=16)
def _noisy(digest: str, size: tuple[int, int], _image: ImageInput) -> ImageInput:
    """Return the photo at the network's size with invisible noise. The digest stands for the photo, which is not hashed."""
    return noisy(_image, size)
