"""The page Compare in presenter mode: one method after the other, all networks beside each other."""

import streamlit as st

from pages.components.compare import grid
from pages.components.compare.comparison import Comparison
from pages.components.shell import address, presenter_mode
from pages.components.shell.frame import guarded
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _


def draw(comparison: Comparison) -> None:
    """Draw the method that the address asks for; the controls that presenter_mode.css hides still apply."""
    label, rows = comparison.subject.label, comparison.rows
    assert label is not None
    count = max((len(row) for row in rows), default=0)
    if not count:
        return
    place = address.whole_number("map", 1, count, 1)
    method = rows[0][place - 1].explainer.info
    with st.container(horizontal=True, vertical_alignment="center", key="stage-top"):
        title = _("{method}: what speaks for {breed}?")
        st.header(title.format(method=_(method.title), breed=formatting.breed(label)), anchor=False)
        presenter_mode.steps("map", place, count)
    with st.container(key="stage"):
        for column, row in zip(st.columns(len(rows), gap="medium"), rows, strict=True):
            with column, guarded():
                st.subheader(row[0].row, anchor=False)
                grid.map_with_scores(comparison, row[place - 1])
        st.markdown(_(method.sentence))
