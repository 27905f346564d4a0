"""The second part: the photo turned, moved, enlarged, lit or blurred in steps, and what answers and maps make of it."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import alt_text, job_progress
from pages.components.outputs.charts import legible
from pages.components.perturb import charts, sentences
from pages.components.perturb.charts import amount_text
from pages.components.shell import session
from pages.components.shell.address import View
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.i18n.catalogues import N_, _
from xai_core.i18n.formatting import breed, effort, number, share
from xai_core.photos import perturbations
from xai_core.render import heatmap
from xai_core.requests import StudyRequest
from xai_core.studies.robustness import METHODS, Robustness
from xai_core.types import Measurements

_TITLES = {
    "rotation": N_("Turn"),
    "shift": N_("Move sideways"),
    "scale": N_("Size"),
    "brightness": N_("Brightness"),
    "blur": N_("Blur"),
}
_ONE_STEP = {
    "rotation": N_("Look at one step: turn"),
    "shift": N_("Look at one step: move sideways"),
    "scale": N_("Look at one step: size"),
    "brightness": N_("Look at one step: brightness"),
    "blur": N_("Look at one step: blur"),
}
_STEPS = {"11": N_("11 steps, quick"), "21": N_("21 steps"), "41": N_("41 steps, fine")}


def draw(chosen: Subject) -> None:
    """Draw this part."""
    st.markdown(
        _(
            "A dog that is turned or darker is the same dog. Does the network still say so, and does it still look at the "
            "same places?"
        )
    )
    kind, method, fineness = st.columns([6, 3, 3], gap="medium")
    with kind:
        titles = {one: _(title) for one, title in _TITLES.items()}
        change = url_widgets.segments("change", _("What is changed"), titles, "rotation")
    with method:
        methods: dict[str, str] = {one: _(EXPLAINERS[one].info.title) for one in METHODS}
        key = url_widgets.choice("map", _("Map that is compared"), methods, METHODS[0])
    with fineness:
        steps = int(
            url_widgets.choice("steps", _("How finely"), {one: _(title) for one, title in _STEPS.items()}, "21")
        )
    if chosen.target is None:
        st.caption(_("The breeds come first."))
        return
    height, width = chosen.held.image.pixels.shape[:2]
    study = Robustness(change=change, steps=steps, method=key, aspect=round(width / height, 4))
    question = StudyRequest(chosen.spec.ref, (chosen.digest,), chosen.target, study)
    job = session.ask(question, [chosen.held.image])
    measured = job_progress.result(
        "robustness", job, question, draw=lambda partial: _curves(chosen, study, partial, None)
    )
    if measured is not None:
        _measured(chosen, study, measured)


def _measured(chosen: Subject, study: Robustness, measured: Measurements) -> None:
    change, arrays = perturbations.CHANGES[study.change], measured.arrays
    assert chosen.target is not None
    place = st.container()
    titles = [amount_text(change, amount) for amount in arrays["amounts"]]
    step = url_widgets.steps("step", _(_ONE_STEP[study.change]), titles, study.steps // 4)
    with place:
        _curves(chosen, study, measured, step)
        st.markdown(sentences.curve(change, measured, chosen.spec.labels, chosen.target))
    _step(chosen, study, arrays, step, titles[step])
    st.caption(
        _(
            "Agreement is Spearman's rank correlation of the two maps, the second one changed back: 1 means that both put "
            "all places in the same order, 0 that they have nothing in common, below 0 that the order is reversed. Only "
            "places that both photos show are compared."
        )
        + f" {effort(measured)}"
    )


def _curves(chosen: Subject, study: Robustness, measured: Measurements | Measurements | None, step: int | None) -> None:
    change = perturbations.CHANGES[study.change]
    if measured is None:
        st.caption(_("The curves appear here as soon as the network has seen the first changed photos."))
        return
    assert chosen.target is not None
    labels = chosen.spec.labels
    left, right = st.columns(2, gap="medium")
    with left:
        answers = _("**What it answers**: the probability of {breed}")
        st.markdown(answers.format(breed=breed(labels[chosen.target])))
        figure = charts.probabilities(change, measured, labels, chosen.target, step)
        told = alt_text.curve(breed(labels[chosen.target]), measured.arrays["target_probabilities"], share)
        st.plotly_chart(legible(figure), key="curve-probabilities", config={"displayModeBar": False}, alt=told)
    with right:
        st.markdown(_("**Where it looks**: agreement with the unchanged photo's map"))
        figure = charts.agreement(change, measured, step)
        told = alt_text.curve(_("Agreement"), measured.arrays["agreement"], lambda value: number(value, 2))
        st.plotly_chart(legible(figure), key="curve-agreement", config={"displayModeBar": False}, alt=told)


def _step(chosen: Subject, study: Robustness, arrays: Mapping[str, np.ndarray], step: int, amount: str) -> None:
    change = perturbations.CHANGES[study.change]
    exact = float(change.amounts(study.steps)[step])
    shown, values = chosen.held.shown, arrays["maps"][step]
    # The map is changed back in the photo's own shape: the grid is a square, the photo is not.
    undone, seen = change.undo(values, exact, study.aspect)
    labels = chosen.spec.labels
    top = [
        f"{breed(labels[int(one)])} {share(float(part))}"
        for one, part in zip(arrays["top"][step][:3], arrays["top_probabilities"][step], strict=False)
    ]
    agreed = float(arrays["agreement"][step])
    unchanged, changed, back = st.columns(3, gap="medium")
    with unchanged:
        _picture(study, shown, arrays["plain_map"], _("The unchanged photo and its map"))
    with changed:
        told = _("Changed, {amount}: {breeds}").format(amount=amount, breeds=", ".join(top))
        _picture(study, change.apply(shown, exact, None), values, told)
    with back:
        if np.isnan(agreed):
            told = _("The same map, changed back: one of the maps is empty")
        else:
            told = _("The same map, changed back: agreement {agreement}").format(agreement=number(agreed, 2))
        _picture(study, shown, np.where(seen, undone, np.float32(0)), told)


def _picture(study: Robustness, pixels: np.ndarray, values: np.ndarray, caption: str) -> None:
    view = View()
    signed = build_explainer(study.method, {}).signed
    st.image(heatmap.overlay(pixels, values, signed, opacity=view.opacity / 100), alt=caption)
    st.caption(caption)
