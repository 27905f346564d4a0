"""The first part: a window that hides a part of the photo, moved by hand, and by the computer over the whole photo."""

from html import escape

import numpy as np
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress, map_panel, prediction_view
from pages.components.outputs.charts import legible
from pages.components.perturb import charts, sentences
from pages.components.shell import session
from pages.components.shell.address import View
from pages.components.shell.frame import guarded
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.i18n.catalogues import N_, _
from xai_core.i18n.formatting import breed, breed_names, share
from xai_core.photos import perturbations
from xai_core.photos.decoding import from_pixels
from xai_core.render import heatmap
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import Prediction

_FILLS = {
    "grey": N_("Grey"),
    "mean": N_("Mean colour"),
    "black": N_("Black"),
    "white": N_("White"),
    "blurred": N_("Blurred"),
}
_PATIENCE = 1.0  # s: an answer that comes sooner needs no sign of waiting
_NAMED_WINNERS = 6


def draw(subject: Subject) -> None:
    """Draw this part."""
    st.markdown(
        _(
            "If a part of the photo matters, hiding it changes the answer. Move the window and see what the network says "
            "now."
        )
    )
    photo, controls, prediction = st.columns([4, 3, 5], gap="medium")
    with controls:
        place = (
            url_widgets.slider("x", _("From the left"), 0, 100, 50),
            url_widgets.slider("y", _("From the top"), 0, 100, 40),
            url_widgets.slider(
                "size", _("Size"), 1, 100, 35, help=_("Side of the window, as a share of the photo's shorter side.")
            ),
        )
        fill = url_widgets.choice("fill", _("Filled with"), {key: _(title) for key, title in _FILLS.items()}, "grey")
    hidden = from_pixels(perturbations.occlude(subject.photo.image.pixels, *place, fill), "photo, partly hidden")
    with photo:
        st.image(perturbations.occlude(subject.photo.shown, *place, fill), alt=_("The photo with the hidden part"))
    with prediction, guarded():
        if subject.prediction is None:
            prediction_view.waiting_caption()
        else:
            _prediction(subject, subject.prediction, session.drawable(hidden))
    if subject.target is not None and "occlusion" in EXPLAINERS:
        _everywhere(subject, subject.target)


def _prediction(subject: Subject, before: Prediction, hidden: session.ShownPhoto) -> None:
    request = PredictionRequest(subject.spec.ref, hidden.image.digest)

    def bars(after: Prediction | None) -> None:
        figure, alt = charts.before_and_after(before, after)
        st.plotly_chart(legible(figure), key="hidden-bars", config={"staticPlot": True}, alt=alt)

    after = job_progress.result(
        "hidden",
        session.ask(request, hidden.image),
        request,
        draw=lambda partial: bars(None),
        patience=_PATIENCE,
    )
    if after is not None:
        assert subject.target is not None
        bars(after)
        st.markdown(sentences.difference(_("With this part hidden"), before, after, subject.target))


def _everywhere(subject: Subject, target: int) -> None:
    st.header(_("A small window, moved over the whole photo"), anchor=False)
    request = ExplanationRequest(subject.spec.ref, subject.digest, target, build_explainer("occlusion", {}))
    drop, winners, how = st.columns([4, 4, 4], gap="medium")
    with drop, guarded():
        explanation = map_panel.map_of(
            "occlusion", request, subject.photo, View(), subject.spec.labels[target], with_text=False
        )
    with how:
        st.markdown(
            _(
                "**Left:** orange places speak for {breed}: hide one of them and the score falls. Hide a blue one and it "
                "rises."
            ).format(breed=breed(subject.spec.labels[target]))
        )
        st.markdown(_("**Right:** the breed that the network names while the window hides that place."))
        if explanation is not None:
            winner = explanation.extras["winner"]
            order = _order(winner)
            winners.image(
                heatmap.class_map(subject.photo.shown, winner, order),
                alt=_("The most probable breed at each place of the window"),
            )
            st.html(_legend(subject, winner, order))
        st.caption(
            _(
                "A grey window is used as in the paper. It is new to the network too: a place that matters may be "
                "one where a grey square looks odd. [Zeiler and Fergus 2014](https://arxiv.org/abs/1311.2901)"
            )
        )


def _order(winner: np.ndarray) -> list[int]:
    """Return the winning classes that are named, the most frequent first."""
    classes, counts = np.unique(winner, return_counts=True)
    return [int(classes[place]) for place in np.argsort(-counts, kind="stable")][:_NAMED_WINNERS]


def _legend(subject: Subject, winner: np.ndarray, order: list[int]) -> str:
    """Return the colours of the winning breeds and how much of the photo each of them has."""
    names = breed_names(subject.spec.labels)
    entries = [(names[position], float((winner == position).mean())) for position in order]
    others = 1 - sum(part for _, part in entries)
    if others > 1e-9:
        entries.append((_("Other breeds"), others))
    lines = [
        f'<span><i style="background:{colour}"></i>{escape(name)} · {share(part)}</span>'
        for (name, part), colour in zip(entries, heatmap.class_colours(len(order)), strict=False)
    ]
    return f'<div class="seespot-classes">{"".join(lines)}</div>'
