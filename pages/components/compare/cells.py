"""The cells of the grid: each is one method's map of one network and photo."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.components.inputs import photo_picker, url_widgets
from pages.components.inputs.subject import Subject
from pages.components.shell import session
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.registry import target_position
from xai_core.errors import UnknownNameError
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import DEFAULT_METHODS_QUICK_FIRST, EXPLAINERS
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed
from xai_core.requests import ExplanationRequest
from xai_core.types import Explanation

_USUAL_NETWORKS = 2
_NONE = "none"


@dataclass(frozen=True)
class Cell:
    """One map of the grid."""

    spec: ModelSpec
    explainer: Explainer
    request: ExplanationRequest
    photo: session.ShownPhoto
    second: bool  # whether this is about the second photo

    @property
    def name(self) -> str:
        """The cell's name in the address."""
        return f"{self.spec.key}.{self.explainer.info.key}{'.second' if self.second else ''}"

    @property
    def title(self) -> str:
        """The cell's title for people."""
        return f"{_(self.explainer.info.title)}, {self.row}"

    @property
    def row(self) -> str:
        """The title of the cell's row."""
        network = _(self.spec.title)
        return _("{network}, second photo").format(network=network) if self.second else network


def choice() -> tuple[list[str], list[str], session.ShownPhoto | None]:
    """Draw the choice of networks, methods and a second photo, and return it in the order of the grid."""
    specs = session.workbench().specs()
    titles = {key: _(spec.title) for key, spec in specs.items()}
    networks = url_widgets.several("networks", _("Networks, one in a row"), titles, list(specs)[:_USUAL_NETWORKS])
    offered = {key: _(method.info.title) for key, method in EXPLAINERS.items()}
    with st.container(horizontal=True, gap="small"):
        with st.popover(_("Methods, one in a column"), icon=":material/view_column:"):
            methods = url_widgets.several("methods", _("Methods"), offered, DEFAULT_METHODS_QUICK_FIRST)
            st.caption(_("Each is asked with its usual settings; the page Explain lets you change them."))
        with st.popover(_("A second photo"), icon=":material/add_photo_alternate:"):
            samples = {name: _(sample.title) for name, sample in photo_picker.samples().items()}
            name = url_widgets.choice(
                "second", _("Explain the same breed on"), {_NONE: _("No second photo"), **samples}, _NONE
            )
    second = None if name == _NONE else _second(name)
    return networks, _in_order(methods), second


def rows(
    subject: Subject, networks: list[str], methods: list[str], second: session.ShownPhoto | None
) -> list[list[Cell]]:
    """Return the cells, a row for each network and photo; networks that do not know the breed are named and left out."""
    assert subject.label is not None
    rows = []
    for key in networks:
        spec = session.workbench().specs()[key]
        try:
            target = target_position(spec, subject.label.wnid or subject.label.english)
        except UnknownNameError:
            problem = _("{network} knows no {breed}, so it has nothing to explain here.")
            st.info(problem.format(network=_(spec.title), breed=breed(subject.label)))
            continue
        for photo in (subject.photo, *([] if second is None else [second])):
            digest = photo.image.digest
            explainers = [EXPLAINERS[method]() for method in methods]
            rows.append(
                [
                    Cell(
                        spec, explainer, ExplanationRequest(spec.ref, digest, target, explainer), photo, photo is second
                    )
                    for explainer in explainers
                ]
            )
    return rows


def ask(rows: list[list[Cell]]) -> dict[Cell, Job[Explanation]]:
    """Return the jobs of all cells, those that take the least time asked for first."""
    cells = sorted((cell for row in rows for cell in row), key=lambda cell: session.seconds(cell.request) or 0.0)
    return {cell: session.ask(cell.request, cell.photo.image) for cell in cells}


@st.cache_resource(show_spinner=False, max_entries=4)
def _second(name: str) -> session.ShownPhoto:
    """Return the sample, decoded once for all visitors."""
    return session.drawable(photo_picker.samples()[name].load())


def _in_order(methods: Sequence[str]) -> list[str]:
    """Return the methods in the grid's order: the usual ones, then the others as in the registry."""
    order = dict.fromkeys((*DEFAULT_METHODS_QUICK_FIRST, *EXPLAINERS))
    return [key for key in order if key in methods]
