"""The two-input example of the DeepLIFT paper: why the gradient at one place can say nothing."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs.charts import legible
from pages.components.outputs.prediction_view import CHOSEN_BAR, QUIET_BAR
from xai_core.i18n.catalogues import N_, _
from xai_core.i18n.formatting import number, separators
from xai_core.render import heatmap
from xai_core.studies.saturation import LARGEST, Shares, output, shares

_STEP = 0.1
_HEIGHT = 290  # px
_PLACES = np.arange(0, LARGEST + _STEP / 2, _STEP)
_PAPER = "https://arxiv.org/abs/1704.02685"
_TITLES = {
    "gradient": N_("Gradient"),
    "gradient_x_input": N_("Gradient x input"),
    "integrated_gradients": "Integrated Gradients",
    "deep_lift": "DeepLIFT",
}


def draw(subject: Subject) -> None:
    """Draw the smallest network that is saturated, and what four methods say about it."""
    st.markdown(
        _(
            "The smallest network that shows the problem has two inputs, say an ear and a snout, and either is "
            "enough to be sure: **output = 1 - max(0, 1 - (ear + snout))**. Once it is sure, a little more or less of "
            "either changes nothing ([Shrikumar et al. 2017, figure 1]({paper}))."
        ).format(paper=_PAPER)
    )
    left, middle, right = st.columns([3, 4, 5], gap="medium")
    with left:
        places = [number(value, 1) for value in _PLACES]
        first = url_widgets.steps("ear", _("Ear"), places, 10) * _STEP
        second = url_widgets.steps("snout", _("Snout"), places, 10) * _STEP
        results, value = shares(first, second), float(output(first, second))
        st.markdown(_explanation(first, second, value))
    with middle:
        st.markdown(_("**The output, the more there is of both**"))
        st.plotly_chart(
            legible(_curve(first, second)),
            key="saturation-output",
            config={"staticPlot": True},
            alt=_("The output is {output} at ear {ear} and snout {snout}").format(
                output=number(value, 1), ear=number(first, 1), snout=number(second, 1)
            ),
        )
    with right:
        st.markdown(_("**What each method gives to the two**"))
        st.plotly_chart(
            legible(_bars(results)), key="saturation-shares", config={"staticPlot": True}, alt=_alt(results)
        )


def _explanation(first: float, second: float, value: float) -> str:
    if first + second >= 1:
        return _(
            "The output is **{output}**, as much as it can be. The gradient is 0 for both, as if neither ear nor snout "
            "had mattered. Integrated Gradients and DeepLIFT compare with a photo that has neither, and share the "
            "output out between the two."
        ).format(output=number(value, 1))
    return _(
        "The output is **{output}** and still rises. Here gradient x input, Integrated Gradients and DeepLIFT agree. "
        "Move either input up until they add up to 1 and watch the gradient vanish."
    ).format(output=number(value, 1))


def _alt(results: Shares) -> str:
    return "; ".join(
        _("{method}: ear {ear}, snout {snout}").format(
            method=_(title), ear=number(getattr(results, name)[0], 2), snout=number(getattr(results, name)[1], 2)
        )
        for name, title in _TITLES.items()
    )


def _curve(first: float, second: float) -> go.Figure:
    """Return the output over the sum of both inputs, with the place where the visitor stands and the slope there."""
    sums = np.linspace(0, 2 * LARGEST, 81)
    here, value = first + second, float(output(first, second))
    slope = shares(first, second).gradient[0]
    reach = np.array([-0.35, 0.35])
    figure = go.Figure()
    figure.add_scatter(x=sums, y=output(sums, 0), line={"color": QUIET_BAR, "width": 4}, name=_("Output"))
    figure.add_scatter(
        x=here + reach,
        y=value + slope * reach,
        mode="lines",
        line={"color": heatmap.legend(True)[-2][1], "width": 3},
        name=_("Gradient here"),
    )
    figure.add_scatter(
        x=[here], y=[value], mode="markers", marker={"size": 13, "color": CHOSEN_BAR}, name=_("You are here")
    )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        separators=separators(),
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    figure.update_xaxes(title=_("ear + snout"), automargin=True, range=[-0.1, 2 * LARGEST + 0.1])
    figure.update_yaxes(automargin=True, range=[-0.1, 1.4], tickvals=[0, 0.5, 1])
    return figure


def _bars(results: Shares) -> go.Figure:
    titles = [_(title) for title in _TITLES.values()][::-1]
    figure = go.Figure()
    for which, name, colour in ((1, _("Snout"), QUIET_BAR), (0, _("Ear"), CHOSEN_BAR)):
        values = [getattr(results, method)[which] for method in _TITLES][::-1]
        figure.add_bar(
            name=name,
            x=values,
            y=titles,
            orientation="h",
            text=[number(value, 2) for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour},
        )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        bargap=0.3,
        legend={"orientation": "h", "traceorder": "reversed", "x": 0, "y": 1, "yanchor": "bottom"},
    )
    figure.update_xaxes(visible=False, range=[0, 1.2])
    figure.update_yaxes(automargin=True, ticks="", ticksuffix="  ", tickfont={"size": 14}, showgrid=False)
    return figure
