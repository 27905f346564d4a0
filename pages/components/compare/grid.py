"""The grid of maps: all on one scale, under each its scores and its trust mark, one of them enlarged on demand."""

from collections.abc import Mapping
from html import escape

import numpy as np
import streamlit as st

from pages.components.compare import charts, scores, trust
from pages.components.compare.cells import Cell
from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress, map_panel
from pages.components.outputs.charts import legible
from pages.components.shell import address, session
from pages.components.shell.address import View
from pages.components.shell.frame import guarded
from xai_core.execution.jobs import Job
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.maps.grid import times_average
from xai_core.photos.decoding import to_png
from xai_core.render import heatmap
from xai_core.types import Attribution, Explanation

#: Times a map's average strength that get full colour, in every cell. Measured on the sample photo of a German shepherd,
#: the strongest hundredth of a map begins at 3 times (DeconvNet) to 11 times (Integrated Gradients), Grad-CAM's at 6.
FULL = 6.0
#: Cells in a line; more would be too small to see, so they go on below.
_BESIDE = 5
_SHOWN = {"over": N_("Map over the photo"), "map": N_("Map alone"), "photo": N_("Photo")}


def scale(chosen: Subject) -> None:
    """Draw what the colours mean, which is the same in every cell."""
    assert chosen.label is not None
    stops = ", ".join(f"{colour} {place:.0%}" for place, colour in heatmap.legend(True))
    named = _("Colours: blue speaks against the breed, orange for it")
    times, breed = formatting.number(FULL), formatting.breed(chosen.label)
    against = _("against, {times} times the average").format(times=times)
    speaks_for = _("for {breed}, {times} times").format(breed=breed, times=times)
    st.html(
        f'<div class="seespot-legend" role="img" aria-label="{escape(named)}">'
        f'<i style="background: linear-gradient(90deg, {stops})"></i>'
        f"<span>{escape(against)}</span><span>{escape(speaks_for)}</span></div>"
    )


def draw(
    rows: list[list[Cell]],
    jobs: Mapping[Cell, Job[Explanation]],
    measured: scores.Scores,
    marks: trust.TrustVerdicts,
    chosen: Subject,
) -> None:
    """Draw a row for each network, and the enlarged cell below its row."""
    for number, row in enumerate(rows):
        st.subheader(row[0].row, anchor=f"row-{number}")
        with st.container(key=f"panels-compare-{number}"):
            for start in range(0, len(row), _BESIDE):
                line = zip(st.columns(min(len(row), _BESIDE), gap="small"), row[start : start + _BESIDE], strict=False)
                for column, cell in line:
                    failed = cell in marks.verdicts and marks.verdicts[cell].mark == "failed"
                    key = f"cell-{'failed-' if failed else ''}{cell.name.replace('.', '-')}"
                    with column, st.container(border=True, height="stretch", key=key), guarded():
                        _cell(cell, jobs[cell], measured, marks, chosen)
        for cell in row:
            if address.query().get("cell") == cell.name and jobs[cell].state == "done":
                with st.container(border=True, key="enlarged"), guarded():
                    _enlarged(cell, jobs[cell].result(), measured, marks, chosen)
    job_progress.several("scores", measured.jobs, _("Scores"))
    job_progress.several("checks", marks.jobs, _("Checks"))


def explain() -> None:
    """Say how colours, scores and marks are meant, and draw the choice that scores depend on."""
    with st.expander(_("How to read colours, numbers and marks")):
        st.markdown(
            _(
                "**Colours.** Methods measure in different units, so a colour tells how much of a map's own strength lies at "
                "a place: full colour is {times} times the map's average strength or more, in every cell alike. A map that "
                "puts everything on one spot is strong there; one that is spread out is pale."
            ).format(times=formatting.number(FULL))
        )
        st.markdown(
            _(
                "**Deletion**: the strongest pixels are hidden first; a good map's number is low, as the probability falls "
                "at once. **Insertion**: they come back first; a good map's number is high. Both are the mean share of the "
                "photo's own probability on the way ([Petsiuk et al. 2018](https://arxiv.org/abs/1806.07421)); in brackets "
                "stands what squares in random order reach."
            )
        )
        scores.fill_choice()
        st.markdown(trust.explained())


def _cell(
    cell: Cell, job: Job[Explanation], measured: scores.Scores, marks: trust.TrustVerdicts, chosen: Subject
) -> None:
    st.markdown(f"**{_(cell.explainer.info.title)}**")
    if not answer(cell, job, measured, marks, chosen):
        return
    enlarged = address.query().get("cell") == cell.name
    st.button(
        _("Close") if enlarged else _("Enlarge"),
        key=f"enlarge-{cell.name}",
        icon=":material/close_fullscreen:" if enlarged else ":material/open_in_full:",
        on_click=address.put,
        kwargs={"cell": None if enlarged else cell.name},
    )


def answer(
    cell: Cell, job: Job[Explanation], measured: scores.Scores, marks: trust.TrustVerdicts, chosen: Subject
) -> bool:
    """Draw a cell's map with its scores and its mark, or the waiting for it; return whether the map is there."""
    view = chosen.address.view

    def rough(partial: Attribution | None) -> None:
        if partial is None:
            map_panel.placeholder(cell.held, _("The map is on its way"))
        else:
            picture = _picture(partial.values, partial.segments, cell.explainer.signed, cell.held, view)
            st.image(picture, alt=_("A first, rough map"))

    explanation = job_progress.result(f"map-{cell.name}", job, cell.request, draw=rough)
    if explanation is None:
        return False
    st.image(
        _drawn(repr(cell.request), view, explanation, cell.held),
        alt=map_panel.described(cell.title, formatting.breed(cell.spec.labels[explanation.target]), explanation.values),
    )
    st.markdown(_numbers(measured, cell))
    st.caption(_mark(marks, cell))
    return True


def _enlarged(
    cell: Cell, explanation: Explanation, measured: scores.Scores, marks: trust.TrustVerdicts, chosen: Subject
) -> None:
    left, right = st.columns([6, 6], gap="medium")
    with left:
        st.markdown(f"**{cell.title}**")
        shown = url_widgets.segments(
            "look", _("What is shown"), {one: _(title) for one, title in _SHOWN.items()}, "over", hide_label=True
        )
        if shown == "photo":
            st.image(cell.held.shown, alt=cell.held.image.name)
        else:
            own = View(
                "map" if shown == "map" else "overlay", chosen.address.view.opacity, chosen.address.view.strongest
            )
            st.image(
                _drawn(repr(cell.request), own, explanation, cell.held),
                alt=_("{map}, enlarged").format(map=cell.title),
            )
        st.caption(_(cell.explainer.info.sentence))
    with right:
        measure = measured.measures.get(cell)
        if measure is None:
            st.caption(_("The curves come with the scores."))
        else:
            figure, alt = charts.curves(measure)
            st.markdown(_("**While the strongest pixels go, and while they come back**"))
            st.plotly_chart(legible(figure), key="curves", config={"displayModeBar": False}, alt=alt)
            st.markdown(_gain(measure))
        st.markdown(_mark(marks, cell))
        sentences = [
            trust.measured(marks, cell),
            *diagnostic_sentences(explanation.diagnostics),
            formatting.effort(explanation),
            _(cell.explainer.info.limits),
        ]
        st.caption("  \n".join(filter(None, sentences)))


def _numbers(measured: scores.Scores, cell: Cell) -> str:
    measure = measured.measures.get(cell)
    if measure is None:
        return _("Deletion … · insertion …")
    deletion, insertion = formatting.number(measure.deletion.value, 2), formatting.number(measure.insertion.value, 2)
    if measure.random_deletion is None or measure.random_insertion is None:
        return _("Deletion **{deletion}** · insertion **{insertion}**").format(deletion=deletion, insertion=insertion)
    return _("Deletion **{deletion}** ({random_deletion}) · insertion **{insertion}** ({random_insertion})").format(
        deletion=deletion,
        random_deletion=formatting.number(measure.random_deletion.value, 2),
        insertion=insertion,
        random_insertion=formatting.number(measure.random_insertion.value, 2),
    )


def _mark(marks: trust.TrustVerdicts, cell: Cell) -> str:
    found = marks.verdicts.get(cell)
    return ":material/hourglass_empty: " + _("Not checked yet") if found is None else trust.said(found)


def _gain(measure: scores.MapScores) -> str:
    gain = measure.gain
    if np.isnan(gain):
        return _("Random order was not measured, so these numbers have nothing to stand against.")
    if gain <= 0:
        told = _("Random order foretells the answer as well or better (difference {gain}).")
    else:
        told = _(
            "Between insertion and deletion lie {gain} more than in random order; 0 would be no better than chance."
        )
    return told.format(gain=formatting.number(gain, 2, signed=True))


@st.cache_data(show_spinner=False, max_entries=256)
def _drawn(question: str, view: View, _explanation: Explanation, _held: session.Photo) -> bytes:
    """Return the map as PNG. The question's text, which names photo, network and method, stands for what is not hashed."""
    return _picture(_explanation.values, _explanation.segments, _explanation.signed, _held, view)


def _picture(values: np.ndarray, segments: np.ndarray | None, signed: bool, held: session.Photo, view: View) -> bytes:
    return to_png(
        heatmap.overlay(
            held.shown,
            times_average(values),
            signed,
            opacity=view.opacity / 100,
            share=view.strongest / 100,
            mode=view.mode,
            segments=segments,
            full=FULL,
        )
    )
