"""The page's curves and its matrix."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.components.compare.scores import Measure
from pages.components.seen import CHOSEN_BAR, QUIET_BAR
from xai_core import render


def curves(measure: Measure) -> tuple[go.Figure, str]:
    """Return the probability while pixels go (solid) and come back (dashed), random order in grey, and the same in words."""
    figure = go.Figure()
    told = []
    for title, score, colour, dash in (
        ("Hidden, strongest first", measure.deletion, CHOSEN_BAR, "solid"),
        ("Back, strongest first", measure.insertion, CHOSEN_BAR, "dash"),
        ("Hidden, in random order", measure.random_deletion, QUIET_BAR, "solid"),
        ("Back, in random order", measure.random_insertion, QUIET_BAR, "dash"),
    ):
        if score is None or score.curve is None:
            continue
        figure.add_scatter(
            name=title,
            x=np.linspace(0, 1, len(score.curve)),
            y=score.curve,
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate="%{x:.0%} of the pixels: %{y:.1%}<extra></extra>",
        )
        told.append(f"{title}: area {score.value:.2f}")
    figure.update_layout(
        height=330,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
    )
    figure.update_xaxes(title="Share of the pixels", tickformat=".0%", range=[0, 1], fixedrange=True)
    figure.update_yaxes(title="Probability", tickformat=".0%", rangemode="tozero", fixedrange=True)
    return figure, "; ".join(told)


def matrix(correlations: np.ndarray, names: Sequence[str]) -> tuple[go.Figure, str]:
    """Return the agreement of maps f64[n,n] as a table in colours, and the same in words."""
    text = [["" if np.isnan(one) else f"{one:.2f}" for one in row] for row in correlations]
    figure = go.Figure(
        go.Heatmap(
            z=correlations,
            x=list(names),
            y=list(names),
            text=text,
            texttemplate="%{text}",
            textfont={"color": "#222"},  # the palette is light wherever most figures lie, in both themes
            zmin=-1,
            zmax=1,
            colorscale=render.legend(True),
            showscale=False,
            hovertemplate="%{y} and %{x}: %{text}<extra></extra>",
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(height=120 + 40 * len(names), margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(tickangle=-40, fixedrange=True, automargin=True, showgrid=False)
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True, showgrid=False)
    pairs = [
        f"{names[row]} and {names[column]} {text[row][column] or 'not known'}"
        for row in range(len(names))
        for column in range(row)
    ]
    return figure, "Rank correlation of each two maps: " + "; ".join(pairs)
