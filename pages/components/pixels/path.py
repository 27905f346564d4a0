"""The path of Integrated Gradients, from an empty picture to the photo."""

import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import alt_text, job_progress, prediction_view
from pages.components.outputs.charts import legible
from pages.components.outputs.prediction_view import CHOSEN_BAR, QUIET_BAR
from pages.components.pixels.reading import over_photo, reading, unsqueezed
from pages.components.shell import address, session
from xai_core.explainers.gradients.integrated_gradients import BASELINES
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.render import heatmap
from xai_core.requests import StudyRequest
from xai_core.studies.integrated_path import IntegratedPath, IntegratedPathResult, PathCurve
from xai_core.types import Label

_EMPTY = {"black": N_("Black"), "grey": N_("Grey"), "blurred": N_("Blurred"), "noise": N_("Noise")}
_EARLY = 0.75  # of the way: convinced by then, the rest of it is long enough to be seen as flat
_USUAL = 3  # of the pictures: some way in, where most happens


def draw(subject: Subject) -> None:
    """Draw the curve along the path and the pictures at the place that the visitor chooses."""
    st.markdown(
        _(
            "Integrated Gradients lets the photo emerge from an empty picture in {count} small steps and adds up what "
            "every pixel contributes to how the score moves in each. Move along the way and watch."
        ).format(count=IntegratedPath().steps)
    )
    titles = {baseline: _(_EMPTY[baseline]) for baseline in BASELINES}
    baseline = url_widgets.segments("empty", _("Empty picture"), titles, BASELINES[0])
    if subject.target is None:
        return prediction_view.waiting_caption()
    label = subject.spec.labels[subject.target]
    request = StudyRequest(subject.spec.ref, (subject.digest,), subject.target, IntegratedPath(baseline=baseline))

    def draw_curve(partial: PathCurve | None) -> None:
        if partial is None:
            st.caption(_("The curve comes first, then the gradients on the way."))
        else:
            _chart(partial, label, None)

    result = job_progress.result("path", session.ask(request, [subject.photo.image]), request, draw=draw_curve)
    if result is not None:
        _walk(result, subject.photo, subject.address.view, label)
        reading(label, subject.address.view)  # below, so that the curve is in sight at once


@st.fragment
def _walk(result: IntegratedPathResult, photo: session.ShownPhoto, view: address.View, label: Label) -> None:
    """Draw the place on the way that the visitor chooses; only this part runs again when it moves."""
    shown = result.shown
    positions = result.positions[shown]
    titles = [formatting.share(float(position)) for position in positions]
    left, right = st.columns([5, 7], gap="medium")
    with left:
        place = url_widgets.steps("place", _("Place on the way"), titles, _USUAL)
        here = float(positions[place])
        st.markdown(_position(result, place, label))
        st.caption("  \n".join(diagnostic_sentences(result.diagnostics)))
    with right:
        _chart(result, label, here)
    with st.container(key="panels"):
        picture, gradient, total = st.columns(3, gap="small")
        with picture:
            st.markdown(_("**The picture at {share}**").format(share=titles[place]))
            st.image(
                unsqueezed(result.photos[place], photo),
                alt=_("The picture at {share} of the way").format(share=titles[place]),
            )
            st.markdown(_("What the network is shown here."))
        with gradient:
            st.markdown(_("**The gradient here**"))
            st.image(
                over_photo(result.gradients[place], False, photo, view),
                alt=_("The gradient at {share} of the way").format(share=titles[place]),
            )
            st.markdown(_("Where a small change would move the score most, at this place alone."))
        with total:
            st.markdown(_("**Added up so far**"))
            st.image(
                over_photo(result.sums[place], True, photo, view),
                alt=_("Added up at {share} of the way").format(share=titles[place]),
            )
            st.markdown(
                _("What the pixels have contributed up to here. At 100 % this is the Integrated Gradients map.")
            )


def _position(result: IntegratedPathResult, place: int, label: Label) -> str:
    """Return where the path stands, and from where on it matters little."""
    step = int(result.shown[place])
    probability = formatting.share(float(result.probabilities[step]))
    collected, in_the_end = float(result.collected[step]), float(result.collected[-1])
    here = _(
        "Here the network gives {breed} **{share}**, and the colours add up to {collected} points of score, of {in_the_end} "
        "in the end."
    ).format(
        breed=formatting.breed(label),
        share=probability,
        collected=formatting.number(collected, 1, signed=True),
        in_the_end=formatting.number(in_the_end, 1, signed=True),
    )
    if result.convinced <= _EARLY:
        meaning = _(
            "After **{share}** of the way it already reaches nine tenths of the probability it gives the photo. From "
            "there on it is **saturated**: more of the dog changes little, so the gradient at the photo itself says "
            "little about what convinced the network. That is why the whole way is added up."
        )
    else:
        meaning = _(
            "It reaches nine tenths of the probability it gives the photo only after **{share}** of the way, so it is "
            "hardly **saturated**: more of the dog would still change its answer. With other photos it is sure much "
            "earlier, and the gradient at the photo itself says little. Adding up the whole way serves both."
        )
    return f"{here}\n\n{meaning.format(share=formatting.share(result.convinced))}"


def _chart(curve: PathCurve, label: Label, here: float | None) -> None:
    name = _("Probability of {breed}").format(breed=formatting.breed(label))
    alt = alt_text.curve(name, curve.probabilities, formatting.share)
    st.plotly_chart(legible(_curves(curve, label, here)), key="path-curve", config={"displayModeBar": False}, alt=alt)


def _curves(curve: PathCurve, label: Label, here: float | None) -> go.Figure:
    """Return the probability, and below it the score with what the attributions add up to, along the path."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    positions = curve.positions
    gained = curve.logits - curve.logits[0]
    highest = float(curve.probabilities.max())
    figure.add_scatter(
        x=positions,
        y=curve.probabilities,
        name=_("Probability of {breed}").format(breed=formatting.breed(label)),
        line={"color": CHOSEN_BAR, "width": 2.5},
        hovertemplate="%{y:.1%}",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=positions,
        y=gained,
        name=_("Score gained"),
        line={"color": QUIET_BAR, "width": 6},
        hovertemplate="%{y:+.2f}",
        row=2,
        col=1,
    )
    if isinstance(curve, IntegratedPathResult):
        figure.add_scatter(
            x=positions,
            y=curve.collected,
            name=_("Added up by the colours"),
            line={"color": heatmap.legend(True)[-2][1], "width": 2},
            hovertemplate="%{y:+.2f}",
            row=2,
            col=1,
        )
    if here is not None:
        figure.add_vline(x=here, line={"color": QUIET_BAR, "width": 2, "dash": "dot"})
    figure.update_layout(
        height=330,
        margin={"l": 0, "r": 8, "t": 0, "b": 0},
        hovermode="x unified",
        separators=formatting.separators(),
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    figure.update_xaxes(tickformat=".0%", fixedrange=True, range=[-0.01, 1.01])
    figure.update_yaxes(fixedrange=True, automargin=True)
    figure.update_yaxes(tickformat=".0%", range=[-0.03 * highest, 1.08 * highest], nticks=5, row=1, col=1)
    figure.update_xaxes(title=_("way from the empty picture to the photo"), row=2, col=1)
    return figure
