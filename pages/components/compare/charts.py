"""The curves of one map's scores, and the matrix of agreements, each with a text for screen readers."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.components.outputs.prediction_view import CHOSEN_BAR, QUIET_BAR
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import number, separators
from xai_core.metrics.against_chance import AgainstChance
from xai_core.render import heatmap


def curves(scores: AgainstChance) -> tuple[go.Figure, str]:
    """Return the probability while pixels go (solid) and come back (dashed), with random order in grey, and its text."""
    figure = go.Figure()
    texts = []
    for title, area, curve, colour, dash in (
        (_("Hidden, strongest first"), scores.deletion.value, scores.deletion.curve, CHOSEN_BAR, "solid"),
        (_("Back, strongest first"), scores.insertion.value, scores.insertion.curve, CHOSEN_BAR, "dash"),
        (
            _("Hidden, in random order"),
            scores.random_deletion,
            scores.chance_curve("deletion"),
            QUIET_BAR,
            "solid",
        ),
        (_("Back, in random order"), scores.random_insertion, scores.chance_curve("insertion"), QUIET_BAR, "dash"),
    ):
        if curve is None:
            continue
        figure.add_scatter(
            name=title,
            x=np.linspace(0, 1, len(curve)),
            y=curve,
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate=_("{part} of the pixels: {share}").format(part="%{x:.0%}", share="%{y:.1%}")
            + "<extra></extra>",
        )
        texts.append(_("{title}: area {area}").format(title=title, area=number(area, 2)))
    figure.update_layout(
        height=330,
        separators=separators(),
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
    )
    figure.update_xaxes(title=_("Share of the pixels"), tickformat=".0%", range=[0, 1], fixedrange=True)
    figure.update_yaxes(title=_("Probability"), tickformat=".0%", rangemode="tozero", fixedrange=True)
    return figure, "; ".join(texts)


def matrix(correlations: np.ndarray, names: Sequence[str]) -> tuple[go.Figure, str]:
    """Return the agreement of maps f64[n,n] as a coloured table, and its text."""
    text = [["" if np.isnan(value) else number(value, 2) for value in row] for row in correlations]
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
            colorscale=heatmap.legend(True),
            showscale=False,
            hovertemplate=_("{one} and {other}: {agreement}").format(one="%{y}", other="%{x}", agreement="%{text}")
            + "<extra></extra>",
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(height=120 + 40 * len(names), margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(tickangle=-40, fixedrange=True, automargin=True, showgrid=False)
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True, showgrid=False)
    pairs = [
        _("{one} and {other}: {agreement}").format(
            one=names[row], other=names[column], agreement=text[row][column] or _("not known")
        )
        for row in range(len(names))
        for column in range(row)
    ]
    return figure, _("Rank correlation of each two maps: {pairs}").format(pairs="; ".join(pairs))
