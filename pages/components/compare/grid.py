"""The grid of maps: all on one scale, under each its scores and its trust mark, one of them enlarged on demand."""

import numpy as np
import streamlit as st

from pages.components.compare import charts, scores, trust
from pages.components.compare.cells import Cell
from pages.components.compare.comparison import Comparison
from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress, map_panel
from pages.components.outputs.charts import legible
from pages.components.shell import address
from pages.components.shell.address import View
from pages.components.shell.frame import guarded
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.metrics.against_chance import AgainstChance
from xai_core.types import Explanation

#: Times a map's average strength that get full colour, in every cell. Measured on the sample photo of a German shepherd,
#: the strongest hundredth of a map begins at 3 times (DeconvNet) to 11 times (Integrated Gradients), Grad-CAM's at 6.
FULL = 6.0
_CELLS_IN_A_LINE = 5  # more would be too small to see, so they go on below
_SHOWN = {"over": N_("Map over the photo"), "map": N_("Map alone"), "photo": N_("Photo")}


def scale(subject: Subject) -> None:
    """Draw what the colours mean, which is the same in every cell."""
    assert subject.label is not None
    times, breed = formatting.number(FULL), formatting.breed(subject.label)
    map_panel.colour_scale(
        _("against, {times} times the average").format(times=times),
        _("for {breed}, {times} times").format(breed=breed, times=times),
    )


def draw(comparison: Comparison) -> None:
    """Draw a row for each network and photo, and the enlarged cell below its row."""
    for number, row in enumerate(comparison.rows):
        st.subheader(row[0].row, anchor=f"row-{number}")
        with st.container(key=f"panels-compare-{number}"):
            for start in range(0, len(row), _CELLS_IN_A_LINE):
                columns = st.columns(min(len(row), _CELLS_IN_A_LINE), gap="small")
                for column, cell in zip(columns, row[start : start + _CELLS_IN_A_LINE], strict=False):
                    key = f"cell-{'failed-' if comparison.failed(cell) else ''}{cell.name.replace('.', '-')}"
                    with column, st.container(border=True, height="stretch", key=key), guarded():
                        _cell(comparison, cell)
        for cell in row:
            job = comparison.jobs[cell]
            if address.query().get("cell") == cell.name and job.state == "done":
                with st.container(border=True, key="enlarged"), guarded():
                    _enlarged(comparison, cell, job.result())
    job_progress.several("scores", comparison.scores.jobs, _("Scores"))
    job_progress.several("checks", comparison.trust.jobs, _("Checks"))


def explain() -> None:
    """Draw what colours, scores and marks mean, and the choice that scores depend on."""
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
        st.markdown(trust.explanation())


def _cell(comparison: Comparison, cell: Cell) -> None:
    st.markdown(f"**{_(cell.explainer.info.title)}**")
    if not map_with_scores(comparison, cell):
        return
    enlarged = address.query().get("cell") == cell.name
    st.button(
        _("Close") if enlarged else _("Enlarge"),
        key=f"enlarge-{cell.name}",
        icon=":material/close_fullscreen:" if enlarged else ":material/open_in_full:",
        on_click=address.put,
        kwargs={"cell": None if enlarged else cell.name},
    )


def map_with_scores(comparison: Comparison, cell: Cell) -> bool:
    """Draw a cell's map with its scores and its mark, or its progress; return whether the map is finished."""
    view = comparison.subject.address.view
    job = comparison.jobs[cell]
    explanation = map_panel.result(f"map-{cell.name}", job, cell.request, cell.photo, view, FULL)
    if explanation is None:
        return False
    st.image(
        map_panel.picture(repr(cell.request), view, explanation, cell.photo, FULL),
        alt=map_panel.described(cell.title, formatting.breed(cell.spec.labels[explanation.target]), explanation.values),
    )
    st.markdown(_numbers(comparison.scores.by_cell.get(cell)))
    st.caption(_mark(comparison, cell))
    return True


def _enlarged(comparison: Comparison, cell: Cell, explanation: Explanation) -> None:
    left, right = st.columns([6, 6], gap="medium")
    with left:
        _enlarged_picture(cell, explanation, comparison.subject.address.view)
    with right:
        against_chance = comparison.scores.by_cell.get(cell)
        if against_chance is None:
            st.caption(_("The curves come with the scores."))
        else:
            figure, alt = charts.curves(against_chance)
            st.markdown(_("**While the strongest pixels go, and while they come back**"))
            st.plotly_chart(legible(figure), key="curves", config={"displayModeBar": False}, alt=alt)
            st.markdown(_gain(against_chance.gain))
        st.markdown(_mark(comparison, cell))
        sentences = [
            trust.measurements(comparison.trust, cell),
            *diagnostic_sentences(explanation.diagnostics),
            formatting.effort(explanation),
            _(cell.explainer.info.limits),
        ]
        st.caption("  \n".join(filter(None, sentences)))


def _enlarged_picture(cell: Cell, explanation: Explanation, view: View) -> None:
    """Draw the enlarged cell's map or its photo, and the switch between them."""
    st.markdown(f"**{cell.title}**")
    titles = {name: _(title) for name, title in _SHOWN.items()}
    shown = url_widgets.segments("look", _("What is shown"), titles, "over", hide_label=True)
    if shown == "photo":
        st.image(cell.photo.shown, alt=cell.photo.image.name)
    else:
        own = View("map" if shown == "map" else "overlay", view.opacity, view.strongest)
        st.image(
            map_panel.picture(repr(cell.request), own, explanation, cell.photo, FULL),
            alt=_("{map}, enlarged").format(map=cell.title),
        )
    st.caption(_(cell.explainer.info.sentence))


def _numbers(scores: AgainstChance | None) -> str:
    if scores is None:
        return _("Deletion … · insertion …")
    deletion, insertion = formatting.number(scores.deletion.value, 2), formatting.number(scores.insertion.value, 2)
    if not scores.random:
        return _("Deletion **{deletion}** · insertion **{insertion}**").format(deletion=deletion, insertion=insertion)
    return _("Deletion **{deletion}** ({random_deletion}) · insertion **{insertion}** ({random_insertion})").format(
        deletion=deletion,
        random_deletion=formatting.number(scores.random_deletion, 2),
        insertion=insertion,
        random_insertion=formatting.number(scores.random_insertion, 2),
    )


def _mark(comparison: Comparison, cell: Cell) -> str:
    verdict = comparison.trust.verdicts.get(cell)
    return ":material/hourglass_empty: " + _("Not checked yet") if verdict is None else trust.mark(verdict)


def _gain(gain: float) -> str:
    if np.isnan(gain):
        return _("Random order was not measured, so these numbers have nothing to stand against.")
    if gain <= 0:
        sentence = _("Random order foretells the answer as well or better (difference {gain}).")
    else:
        sentence = _(
            "Between insertion and deletion lie {gain} more than in random order; 0 would be no better than chance."
        )
    return sentence.format(gain=formatting.number(gain, 2, signed=True))
