"""The page Compare in presenter mode: one method after the other, all networks beside each other."""

from collections.abc import Mapping

import streamlit as st

from pages.components.compare import grid, scores, trust
from pages.components.compare.cells import Cell
from pages.components.inputs.subject import Subject
from pages.components.shell import address, presenter_mode
from pages.components.shell.frame import guarded
from xai_core.execution.jobs import Job
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Explanation


def draw(
    rows: list[list[Cell]],
    jobs: Mapping[Cell, Job[Explanation]],
    measured: scores.Scores,
    marks: trust.TrustVerdicts,
    chosen: Subject,
) -> None:
    """Draw the method that the address asks for; the controls, hidden by presenter_mode.css, count all the same."""
    assert chosen.label is not None
    count = max((len(row) for row in rows), default=0)
    if not count:
        return
    place = address.whole_number("map", 1, count, 1)
    method = rows[0][place - 1].explainer.info
    with st.container(horizontal=True, vertical_alignment="center", key="stage-top"):
        title = _("{method}: what speaks for {breed}?")
        st.header(title.format(method=_(method.title), breed=formatting.breed(chosen.label)), anchor=False)
        presenter_mode.steps("map", place, count)
    with st.container(key="stage"):
        for column, row in zip(st.columns(len(rows), gap="medium"), rows, strict=True):
            with column, guarded():
                st.subheader(row[0].row, anchor=False)
                cell = row[place - 1]
                grid.answer(cell, jobs[cell], measured, marks, chosen)
        st.markdown(_(method.sentence))
