"""The page's curves and bars."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.components.outputs.prediction_view import CHOSEN_BAR, QUIET_BAR
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed_names, number, separators, share
from xai_core.photos.perturbations import Change
from xai_core.studies.robustness import RobustnessResult
from xai_core.types import Label, Prediction

_LINE, _MARGIN = 2.5, {"l": 0, "r": 24, "t": 8, "b": 0}
_COUNT = 4


def before_and_after(before: Prediction, after: Prediction | None) -> tuple[go.Figure, str]:
    """Return the bars of the most probable breeds of both (of the first alone without the second), and the same as text."""
    shown = list(dict.fromkeys([*before.top(_COUNT), *([] if after is None else after.top(_COUNT))]))[::-1]
    every_name = breed_names(before.labels)
    names = [every_name[position] for position in shown]
    figure = go.Figure()
    texts = []
    for title, prediction, colour in ((_("Now"), after, CHOSEN_BAR), (_("Unchanged photo"), before, QUIET_BAR)):
        shares = [0.0 if prediction is None else float(prediction.probabilities[position]) for position in shown]
        figure.add_bar(
            name=title,
            x=shares,
            y=names,
            orientation="h",
            text=["" if prediction is None else share(part) for part in shares],
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour},
        )
        if prediction is not None:
            entries = "; ".join(f"{name} {share(part)}" for name, part in zip(names, shares, strict=True))
            texts.append(_("{title}: {entries}").format(title=title, entries=entries))
    figure.update_layout(
        height=40 + 44 * len(shown),
        margin={"l": 0, "r": 60, "t": 0, "b": 0},  # for the figure beside a bar that reaches 100 %, also on a phone
        barmode="group",
        bargap=0.3,
        legend={"orientation": "h", "traceorder": "reversed", "x": 0, "y": 1, "yanchor": "bottom"},
    )
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(automargin=True, ticks="", ticksuffix="  ", tickfont={"size": 14}, showgrid=False)
    return figure, ". ".join(texts)


def probabilities(
    change: Change, result: RobustnessResult, labels: Sequence[Label], target: int, step: int | None
) -> go.Figure:
    """Return the curves of the target's probability and of the first choice's in a study of robustness.

    `step` is the one that is shown.
    """
    names = breed_names(labels)
    name = names[target]
    figure = _curves(change, result.amounts, step)
    figure.add_scatter(
        name=_("First choice, whichever breed"),
        x=result.amounts,
        y=result.top_probabilities[:, 0],
        customdata=[names[int(winner)] for winner in result.top[:, 0]],
        hovertemplate=_("First choice {breed}: {share}").format(breed="%{customdata}", share="%{y:.1%}")
        + "<extra></extra>",
        mode="lines+markers",
        line={"color": QUIET_BAR, "width": _LINE, "dash": "dot"},
        marker={"size": 6},
    )
    figure.add_scatter(
        name=name,
        x=result.amounts,
        y=result.target_probabilities,
        hovertemplate=_("{title}: {entries}").format(title=name, entries="%{y:.1%}") + "<extra></extra>",
        mode="lines+markers",
        line={"color": CHOSEN_BAR, "width": _LINE},
        marker={"size": 5},
    )
    figure.update_yaxes(range=[-0.02, 1.05], tickformat=".0%", nticks=6)
    return figure


def agreement(change: Change, result: RobustnessResult, step: int | None) -> go.Figure:
    """Return the curve of the maps' agreement in a study of robustness; it has gaps where there is none."""
    amounts, values = result.amounts, result.agreement
    figure = _curves(change, amounts, step)
    figure.add_scatter(
        name=_("Agreement"),
        x=amounts,
        y=values,
        hovertemplate=_("Agreement: {number}").format(number="%{y:.2f}") + "<extra></extra>",
        mode="lines+markers",
        line={"color": CHOSEN_BAR, "width": _LINE},
        marker={"size": 5},
        showlegend=True,
    )
    lowest = -1.05 if np.nanmin(values, initial=0) < -0.02 else -0.05
    figure.update_yaxes(range=[lowest, 1.05], tickformat=".1f", nticks=6)
    return figure


def _curves(change: Change, amounts: np.ndarray, step: int | None) -> go.Figure:
    ticks = change.amounts(5)
    figure = go.Figure()
    figure.update_layout(
        height=280,
        margin=_MARGIN,
        hovermode="x unified",
        separators=separators(),
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "reversed"},
    )
    low, high = np.log10([change.minimum, change.maximum]) if change.by_factor else (change.minimum, change.maximum)
    room = 0.02 * (high - low)  # for the first and the last point
    figure.update_xaxes(
        type="log" if change.by_factor else "linear",
        range=[low - room, high + room],
        tickvals=list(ticks),
        ticktext=[amount_text(change, tick) for tick in ticks],
        hoverformat=".4g",
        automargin=True,
    )
    figure.update_yaxes(automargin=True)
    if step is not None:
        figure.add_vline(x=float(amounts[step]), line={"color": QUIET_BAR, "width": 1.5})
    return figure


def amount_text(change: Change, amount: float) -> str:
    """Return an amount as people read it: "90°", "+25 %", "71 %"."""
    digits = 0 if change.maximum > 10 or round(amount, 1).is_integer() else 1
    space = "" if change.unit == "°" else "\u00a0"
    return f"{number(amount, digits, signed=change.minimum < 0 < amount)}{space}{change.unit}"
