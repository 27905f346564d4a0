"""The photo and what the network sees in it: the most probable breeds, and a notice where it is out of its depth."""

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
from xai_core.requests import Request
from xai_core.types import Prediction

_COUNT = 5
QUIET_BAR, CHOSEN_BAR = "rgba(125, 140, 160, 0.55)", "rgba(60, 115, 200, 0.9)"


def photo(photo: session.ShownPhoto, spec: ModelSpec) -> None:
    """Draw the photo, on demand as the network is given it."""
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
        place.image(photo.shown, alt=photo.image.name)


def breeds(question: Request, job: Job[Prediction], spec: ModelSpec, target: int | None) -> None:
    """Draw the most probable breeds, or the waiting for them; the page runs again once they are there."""
    if job.state == "done":
        bars(job.result(), target)
    else:
        waiting(question, job, spec)


def bars(prediction: Prediction, target: int | None, key: str = "breeds") -> None:
    """Draw the most probable breeds as bars, the target's in another colour."""
    names = breed_names(prediction.labels)  # two bars of one name would be drawn as one
    top = {position: share(float(prediction.probabilities[position])) for position in prediction.top(_COUNT)}
    st.plotly_chart(
        legible(_chart(prediction, names, target)),
        key=key,
        config={"staticPlot": True},
        alt=_("The five most probable breeds: {breeds}").format(
            breeds=_("; ").join(f"{names[one]} {part}" for one, part in top.items())
        ),
    )


def waiting(question: Request, job: Job[Prediction], spec: ModelSpec) -> None:
    """Draw the waiting for the breeds, or why there are none."""
    if job.error is not None:
        st.error(str(job.error))
        st.button(_("Try again"), key="ask-breeds-again", on_click=session.ask_again, args=(question,))
    else:
        st.fragment(_wait, run_every=0.5)(job, spec)


def waiting_caption() -> None:
    """Draw the sentence that stands for what needs the prediction first."""
    st.caption(_("Waiting for the prediction"))


def notice(prediction: Prediction) -> None:
    """Say calmly where the photo looks unlike those that the network knows."""
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
        told = _("{network} looks at the photo; the first time takes a few seconds longer").format(network=spec.title)
        st.progress(job.progress, told)


def _chart(prediction: Prediction, names: list[str], target: int | None) -> go.Figure:
    shown = prediction.top(_COUNT)[::-1]
    shares = [float(prediction.probabilities[position]) for position in shown]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=[names[position] for position in shown],
            orientation="h",
            text=[share(part) for part in shares],
            textposition="outside",
            textfont={"size": 14},
            cliponaxis=False,
            marker={"color": [CHOSEN_BAR if position == target else QUIET_BAR for position in shown]},
        )
    )
    figure.update_layout(height=188, margin={"l": 0, "r": 0, "t": 0, "b": 0}, bargap=0.35)
    # Room for the figures beside a bar that reaches 100 %.
    figure.update_xaxes(visible=False, range=[0, 1.25])
    figure.update_yaxes(automargin=True, ticks="", ticksuffix="  ", tickfont={"size": 14}, showgrid=False)
    return figure
