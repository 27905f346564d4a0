"""Both breeds beside each other: what speaks for A, for B, and for A rather than B, one row a network."""

import numpy as np
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress, map_panel
from pages.components.shell import session
from pages.components.shell.frame import guarded
from pages.components.why import sentences
from pages.components.why.pair import Row
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.maps.grid import average_strength, times_average
from xai_core.photos.decoding import to_screen
from xai_core.render import heatmap
from xai_core.requests import ExplanationRequest
from xai_core.types import Attribution, Explanation

#: The quickest first; Grad-CAM with what speaks against the breed, as the other two show it.
METHODS: dict[str, Explainer] = {
    "grad_cam": build_explainer("grad_cam", {"against": True}),
    "lime": build_explainer("lime", {}),
    "expected_gradients": build_explainer("expected_gradients", {}),
}
#: Times the average strength of a map that get full colour, as on the page Compare.
_FULL = 6.0
_OPACITY = 0.6


def method() -> str:
    """Draw the choice of the method, and return its key in METHODS."""
    titles = {key: _(explainer.info.title) for key, explainer in METHODS.items()}
    return url_widgets.segments("method", _("Explained by"), titles, "grad_cam", hide_label=True)


def draw(subject: Subject, rows: list[Row]) -> None:
    """Draw the maps of all rows."""
    left, right = st.columns([7, 5], gap="medium", vertical_alignment="bottom")
    with left:
        key = method()
    with right:
        map_panel.colour_scale(_("speaks against"), _("speaks for what stands above the map"))
    explainer = METHODS[key]
    jobs = jobs_of(subject, rows, explainer)
    for row in rows:
        with guarded():
            _row(subject, row, explainer, jobs)
    with st.expander(_("How to read these maps")):
        st.markdown(_(explainer.info.sentence))
        st.markdown(
            _(
                "The first two maps of a network share one scale, so a pale one is weak. The third explains the difference "
                "of the two scores: orange raises {a} above {b}, blue raises {b} above {a}, and what speaks for both alike "
                "has no colour. It has a scale of its own, because what tells two similar breeds apart is little."
            ).format(a=rows[0].a, b=rows[0].b)
        )
        st.caption(f"{_(explainer.info.trust)} {_(explainer.info.limits)}")


def jobs_of(subject: Subject, rows: list[Row], explainer: Explainer) -> dict[ExplanationRequest, Job[Explanation]]:
    """Return the jobs of the three maps of each row by their requests."""
    requests = [request for row in rows for request in row.requests(explainer)]
    return {request: session.ask(request, subject.photo.image) for request in requests}


def _row(subject: Subject, row: Row, explainer: Explainer, jobs: dict[ExplanationRequest, Job[Explanation]]) -> None:
    sentences.head(row)
    requests = row.requests(explainer)
    titles = (
        _("For {breed}").format(breed=row.a),
        _("For {breed}").format(breed=row.b),
        _("For {a} rather than {b}").format(a=row.a, b=row.b),
    )
    done = [jobs[request].result() for request in requests[:2] if jobs[request].state == "done"]
    shared = max((average_strength(explanation.values) for explanation in done), default=0.0)
    with st.container(key=f"panels-compare-why-{row.spec.key}"):
        columns = st.columns(3, gap="small")
        for number, (column, request, title) in enumerate(zip(columns, requests, titles, strict=True)):
            with column, st.container(border=True, height="stretch"), guarded():
                st.markdown(f"**{title}**")
                _map(subject, f"{row.spec.key}-{number}", request, jobs[request], title, shared if number < 2 else None)


def _map(
    subject: Subject,
    key: str,
    request: ExplanationRequest,
    job: Job[Explanation],
    title: str,
    average: float | None,
) -> None:
    explainer, photo = request.explainer, subject.photo

    def rough(partial: Attribution | None) -> None:
        if partial is None:
            map_panel.placeholder(photo, _("The map is on its way"))
        else:
            st.image(_picture(partial, photo, None), alt=_("A first, rough map"))

    explanation = job_progress.result(f"why-{key}", job, request, draw=rough)
    if explanation is None:
        return
    st.image(_drawn(repr(request), average, explanation, photo), alt=f"{_(explainer.info.title)}, {title}")
    st.caption("  \n".join([*diagnostic_sentences(explanation.diagnostics), formatting.effort(explanation)]))


@st.cache_data(show_spinner=False, max_entries=128)
def _drawn(request: str, average: float | None, _explanation: Explanation, _photo: session.ShownPhoto) -> bytes:
    """Return the map as a file. The request's text, which names photo, network and method, stands for the rest."""
    return _picture(_explanation, _photo, average)


def _picture(result: Attribution | Explanation, photo: session.ShownPhoto, average: float | None) -> bytes:
    values: np.ndarray = times_average(result.values, average)
    return to_screen(heatmap.overlay(photo.shown, values, True, opacity=_OPACITY, segments=result.segments, full=_FULL))
