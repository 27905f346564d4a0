"""What the maps have in common: where most of them point, how far they agree, and one map for all."""

import math
from collections.abc import Mapping

import numpy as np
import streamlit as st

from pages.components.compare import charts, grid
from pages.components.compare.cells import Cell
from pages.components.compare.comparison import Comparison
from pages.components.inputs.subject import Subject
from pages.components.outputs.charts import legible
from pages.components.shell.address import View
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import number, share
from xai_core.maps import consensus
from xai_core.maps.grid import times_average
from xai_core.render import heatmap, pictures
from xai_core.types import Explanation

_NAME_LENGTH = 24  # letters of a map's title that fit beside the matrix


def draw(comparison: Comparison) -> None:
    """Draw the part below the grid, which is about the first photo."""
    st.header(_("What do they agree on?"), anchor="agreement")
    rows = [row for row in comparison.rows if not row[0].second]
    maps = comparison.maps
    cells = [cell for row in rows for cell in row if cell in maps]
    if sum(len(row) for row in rows) < 2:
        st.info(_("Agreement needs two maps: choose a second network or method."))
        return
    if len(cells) < 2:
        st.caption(_("This needs two finished maps."))
        return
    correlations = consensus.correlations([maps[cell].values for cell in cells])
    _score(consensus.mean_correlation(correlations), len(cells))
    votes, common, table = st.columns([4, 4, 5], gap="medium")
    with votes:
        _votes(rows, maps, comparison.subject)
    with common:
        _common(comparison, cells)
    with table:
        _matrix(correlations, cells)


def _matrix(correlations: np.ndarray, cells: list[Cell]) -> None:
    st.markdown(_("**Each map with each**"))
    networks = len({cell.spec.key for cell in cells})
    names = [cell.title[:_NAME_LENGTH] if networks > 1 else _(cell.explainer.info.title) for cell in cells]
    figure, alt = charts.matrix(correlations, names)
    st.plotly_chart(legible(figure), key="matrix", config={"displayModeBar": False}, alt=alt)


def _score(score: float, count: int) -> None:
    if math.isnan(score):
        st.markdown(_("These maps are the same everywhere, so there is no order to compare."))
        return
    st.markdown(
        _(
            "Two of these {count} maps agree to **{agreement}** on average: the rank correlation of what they say of each "
            "place (1: the same order from the most for the breed to the most against it; 0: no more than chance)."
        ).format(count=count, agreement=number(score, 2))
    )


def _votes(rows: list[list[Cell]], maps: Mapping[Cell, Explanation], subject: Subject) -> None:
    networks = [values for row in rows if (values := [maps[cell].values for cell in row if cell in maps])]
    every = [values for network in networks for values in network]
    counts = consensus.votes(every)
    agreed = consensus.agreed_everywhere(networks)
    st.markdown(_("**Where they point**"))
    view = View(opacity=subject.address.view.opacity)
    picture = _over(counts.astype(np.float32), float(len(every)), subject, view)
    alt = _("How many of {count} maps have each place among their strongest").format(count=len(every))
    st.image(pictures.with_outline(picture, agreed), alt=alt)
    if agreed.any() and len(networks) == 1:
        outlined = _("Outlined: places where more than half of the network's maps do, {share} of the photo.")
    elif agreed.any():
        outlined = _("Outlined: places where more than half of the maps of every network do, {share} of the photo.")
    elif len(networks) == 1:
        outlined = _("There is no place where more than half of the network's maps do.")
    else:
        outlined = _("There is no place where more than half of the maps of every network do.")
    pointed = _(
        "The more orange, the more of the {count} maps have a place among the strongest {share}; at most {most} do."
    ).format(count=len(every), share=share(consensus.STRONGEST), most=int(counts.max()))
    st.caption(f"{pointed} {outlined.format(share=share(round(float(agreed.mean()), 2)))}")


def _common(comparison: Comparison, cells: list[Cell]) -> None:
    subject, maps, scores = comparison.subject, comparison.maps, comparison.scores
    failed = [comparison.failed(cell) for cell in cells]
    gains = [scores.by_cell[cell].gain if cell in scores.by_cell else math.nan for cell in cells]
    weights = consensus.weights(gains, failed)
    st.markdown(_("**All in one map**"))
    mean = consensus.weighted_mean([maps[cell].values for cell in cells], weights)
    picture = _over(times_average(mean), grid.FULL, subject, subject.address.view)
    st.image(picture, alt=_("The consensus of all maps"))
    if not any(gain > 0 and not bad for gain, bad in zip(gains, failed, strict=True)):
        st.caption(
            _(
                "The mean of what the maps say for the breed, all counted alike: none has a score above that of random order "
                "(yet) and passes the checks."
            )
        )
        return
    parts = [
        f"{cell.title} {share(round(weight / sum(weights), 2))}"
        for cell, weight in zip(cells, weights, strict=True)
        if weight > 0
    ]
    st.caption(
        _(
            "The mean of what the maps say for the breed, each weighed by how much better than random order it did "
            "(insertion less deletion); a map that fails the sanity check has no say. Weights: {weights}."
        ).format(weights=", ".join(parts))
    )


def _over(values: np.ndarray, full: float, subject: Subject, view: View) -> np.ndarray:
    return heatmap.overlay(
        subject.photo.shown, values, False, opacity=view.opacity / 100, share=view.strongest / 100, full=full
    )
