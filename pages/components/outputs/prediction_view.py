"""The photo and the network's prediction: the most probable breeds, and a notice where the photo is unfamiliar."""

import textwrap
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.components.outputs.charts import legible
from pages.components.shell import session
from pages.components.shell.frame import guarded
from xai_core.classifiers.base import ModelSpec
from xai_core.execution.jobs import Job
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed_names, share
from xai_core.photos.decoding import squeeze
from xai_core.render import pictures
from xai_core.requests import Request
from xai_core.types import Prediction

_CHART_COUNT, _LIST_COUNT = 5, 4
_LINE = 22  # characters of a breed's name on one line of the chart
QUIET_BAR, CHOSEN_BAR = "rgba(125, 140, 160, 0.55)", "rgba(60, 115, 200, 0.9)"


def photo(photo: session.ShownPhoto, spec: ModelSpec, dog: np.ndarray | None) -> None:
    """Draw the photo with the dog's outline, where there is one, or with a switch the square that the network is given."""
    height, width = spec.input_size
    place = st.empty()
    if st.toggle(
        _("As the network sees it"),
        key="as-seen",
        help=_("{network} is given every photo squeezed to {width} x {height} pixels.").format(
            network=spec.title, width=width, height=height
        ),
    ):
        place.image(
            squeeze(photo.image.pixels, spec.input_size),
            alt=_("{photo}, squeezed to a square").format(photo=photo.image.name),
        )
    else:
        place.image(framed(photo, dog), alt=photo.image.name)
        if dog is not None:
            st.caption(_("The white line: the dog, found automatically."))


def framed(photo: session.ShownPhoto, dog: np.ndarray | None = None) -> np.ndarray:
    """Return the photo u8[H,W,3] with an outline bool[h,w]; of a part, the whole photo with the part in a frame."""
    shown = photo.shown if dog is None else pictures.with_outline(photo.shown, dog)
    return shown if photo.whole is None else pictures.on_whole(shown, photo.whole, photo.edges)


def breeds(request: Request, job: Job[Prediction], spec: ModelSpec, target: int | None) -> None:
    """Draw the most probable breeds, or the prediction's progress; the page runs again when it ends."""
    if job.state == "done":
        chart(job.result(), target)
    else:
        waiting(request, job, spec)


def chart(prediction: Prediction, target: int | None, key: str = "breeds") -> None:
    """Draw the most probable breeds as a small chart, the target's bar in another colour."""
    names = breed_names(prediction.labels)  # two bars of one name would be drawn as one
    top = {position: share(float(prediction.probabilities[position])) for position in prediction.top(_CHART_COUNT)}
    st.plotly_chart(
        legible(_chart(prediction, names, target)),
        key=key,
        config={"staticPlot": True},
        alt=_("The five most probable breeds: {breeds}").format(
            breeds=_("; ").join(f"{names[position]} {part}" for position, part in top.items())
        ),
    )


def bars(prediction: Prediction, target: int | None = None) -> None:
    """Draw the most probable breeds as a list with bars: large text, for the tour and for presenting.

    The bar of `target`, by default the first one's, has the strong colour.
    """
    names = breed_names(prediction.labels)
    top = prediction.top(_LIST_COUNT)
    rows = []
    for position in top:
        part = float(prediction.probabilities[position])
        kind = ' class="first"' if position == (top[0] if target is None else target) else ""
        rows.append(
            f"<li{kind}><span>{escape(names[position])}</span><span>{share(part)}</span>"
            f'<i style="width: {part:.1%}"></i></li>'
        )
    label = escape(_("The most probable breeds"))
    st.html(f'<ol class="seespot-bars" aria-label="{label}">{"".join(rows)}</ol>')


def waiting(request: Request, job: Job[Prediction], spec: ModelSpec) -> None:
    """Draw the prediction's progress, or its failure."""
    if job.error is not None:
        st.error(str(job.error))
        st.button(_("Try again"), key="ask-breeds-again", on_click=session.ask_again, args=(request,))
    else:
        st.fragment(_wait, run_every=0.5)(job, spec)


def waiting_caption() -> None:
    """Draw the sentence that stands for what needs the prediction first."""
    st.caption(_("Waiting for the prediction"))


def notice(prediction: Prediction) -> None:
    """Draw a notice where the photo is unlike those that the network was trained on."""
    if not prediction.familiar:
        st.info(
            _(
                "This does not look like the photos the network knows. It has only breeds to choose from, so its answers "
                "are guesses; the maps still show what they are based on."
            )
        )


def _wait(job: Job[Prediction], spec: ModelSpec) -> None:
    with guarded():
        if job.done:
            st.rerun()
        text = _("{network} looks at the photo; the first time takes a few seconds longer").format(network=spec.title)
        st.progress(job.progress, text)


def _chart(prediction: Prediction, names: list[str], target: int | None) -> go.Figure:
    shown = prediction.top(_CHART_COUNT)[::-1]
    shares = [float(prediction.probabilities[position]) for position in shown]
    figure = go.Figure(
        go.Bar(
            x=shares,
            # On a phone Plotly cuts off what has no room on one line.
            y=["<br>".join(textwrap.wrap(names[position], _LINE)) for position in shown],
            orientation="h",
            text=[share(part) for part in shares],
            textposition="outside",
            textfont={"size": 14},
            cliponaxis=False,
            marker={"color": [CHOSEN_BAR if position == target else QUIET_BAR for position in shown]},
        )
    )
    # Room on the right for the figure beside a bar that reaches 100 %, also on a phone.
    figure.update_layout(height=188, margin={"l": 0, "r": 60, "t": 0, "b": 0}, bargap=0.35)
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(automargin=True, ticks="", ticksuffix="  ", tickfont={"size": 14}, showgrid=False)
    return figure
