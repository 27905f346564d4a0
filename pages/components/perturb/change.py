"""The second part: predictions and maps while the photo is turned, moved, enlarged, lit or blurred in steps."""

import numpy as np
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import alt_text, job_progress, prediction_view
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
from xai_core.studies.robustness import METHODS, Robustness, RobustnessResult

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


def draw(subject: Subject) -> None:
    """Draw this part."""
    st.markdown(
        _(
            "A dog that is turned or darker is the same dog. Does the network still say so, and does it still look at the "
            "same places?"
        )
    )
    kind, map_method, fineness = st.columns([6, 3, 3], gap="medium")
    with kind:
        titles = {key: _(title) for key, title in _TITLES.items()}
        change = url_widgets.segments("change", _("What is changed"), titles, "rotation")
    with map_method:
        methods: dict[str, str] = {key: _(EXPLAINERS[key].info.title) for key in METHODS}
        method = url_widgets.choice("map", _("Map that is compared"), methods, METHODS[0])
    with fineness:
        steps = int(
            url_widgets.choice("steps", _("How finely"), {key: _(title) for key, title in _STEPS.items()}, "21")
        )
    if subject.target is None:
        prediction_view.waiting_caption()
        return
    height, width = subject.photo.image.pixels.shape[:2]
    study = Robustness(change=change, steps=steps, method=method, aspect=round(width / height, 4))
    request = StudyRequest(subject.spec.ref, (subject.digest,), subject.target, study)
    job = session.ask(request, [subject.photo.image])
    result = job_progress.result(
        "robustness", job, request, draw=lambda partial: _curves(subject, study, partial, None)
    )
    if result is not None:
        _result(subject, study, result)


def _result(subject: Subject, study: Robustness, result: RobustnessResult) -> None:
    change = perturbations.CHANGES[study.change]
    assert subject.target is not None
    place = st.container()
    titles = [amount_text(change, amount) for amount in result.amounts]
    step = url_widgets.steps("step", _(_ONE_STEP[study.change]), titles, study.steps // 4)
    with place:
        _curves(subject, study, result, step)
        st.markdown(sentences.curve(change, result, subject.spec.labels, subject.target))
    _step(subject, study, result, step, titles[step])
    st.caption(
        _(
            "Agreement is Spearman's rank correlation of the two maps, the second one changed back: 1 means that both put "
            "all places in the same order, 0 that they have nothing in common, below 0 that the order is reversed. Only "
            "places that both photos show are compared."
        )
        + f" {effort(result)}"
    )


def _curves(subject: Subject, study: Robustness, result: RobustnessResult | None, step: int | None) -> None:
    change = perturbations.CHANGES[study.change]
    if result is None:
        st.caption(_("The curves appear here as soon as the network has seen the first changed photos."))
        return
    assert subject.target is not None
    labels = subject.spec.labels
    left, right = st.columns(2, gap="medium")
    with left:
        answers = _("**What it answers**: the probability of {breed}")
        st.markdown(answers.format(breed=breed(labels[subject.target])))
        figure = charts.probabilities(change, result, labels, subject.target, step)
        alt = alt_text.curve(breed(labels[subject.target]), result.target_probabilities, share)
        st.plotly_chart(legible(figure), key="curve-probabilities", config={"displayModeBar": False}, alt=alt)
    with right:
        st.markdown(_("**Where it looks**: agreement with the unchanged photo's map"))
        figure = charts.agreement(change, result, step)
        alt = alt_text.curve(_("Agreement"), result.agreement, lambda value: number(value, 2))
        st.plotly_chart(legible(figure), key="curve-agreement", config={"displayModeBar": False}, alt=alt)


def _step(subject: Subject, study: Robustness, result: RobustnessResult, step: int, amount: str) -> None:
    change = perturbations.CHANGES[study.change]
    exact = float(change.amounts(study.steps)[step])
    shown, values = subject.photo.shown, result.maps[step]
    # The map is changed back in the photo's own shape: the grid is a square, the photo is not.
    undone, visible = change.undo(values, exact, study.aspect)
    labels = subject.spec.labels
    top = [
        f"{breed(labels[int(position)])} {share(float(part))}"
        for position, part in zip(result.top[step][:3], result.top_probabilities[step], strict=False)
    ]
    agreement = float(result.agreement[step])
    unchanged, changed, back = st.columns(3, gap="medium")
    with unchanged:
        _picture(study, shown, result.plain_map, _("The unchanged photo and its map"))
    with changed:
        caption = _("Changed, {amount}: {breeds}").format(amount=amount, breeds=", ".join(top))
        _picture(study, change.apply(shown, exact, None), values, caption)
    with back:
        if np.isnan(agreement):
            caption = _("The same map, changed back: one of the maps is empty")
        else:
            caption = _("The same map, changed back: agreement {agreement}").format(agreement=number(agreement, 2))
        _picture(study, shown, np.where(visible, undone, np.float32(0)), caption)


def _picture(study: Robustness, pixels: np.ndarray, values: np.ndarray, caption: str) -> None:
    view = View()
    signed = build_explainer(study.method, {}).signed
    st.image(heatmap.overlay(pixels, values, signed, opacity=view.opacity / 100), alt=caption)
    st.caption(caption)
