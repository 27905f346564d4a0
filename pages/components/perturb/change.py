"""The second part: the photo turned, moved, enlarged, lit or blurred in steps, and what answers and maps make of it."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from pages.components import linked, session, waiting
from pages.components.address import View
from pages.components.perturb import charts, sayings
from pages.components.perturb.charts import amount_text
from pages.components.subject import Subject
from xai_core import perturbations, render
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.studies.robustness import METHODS, Robustness
from xai_core.types import Measured, StudyResult
from xai_core.words import effort, share

_TITLES = {"rotation": "Turn", "shift": "Move sideways", "scale": "Size", "brightness": "Brightness", "blur": "Blur"}
_STEPS = {"11": "11 steps, quick", "21": "21 steps", "41": "41 steps, fine"}


def draw(chosen: Subject, asked: list[session.Question]) -> None:
    """Draw this part; the question it puts is added to `asked`."""
    st.markdown(
        "A dog that is turned or darker is the same dog. Does the network still say so, and does it still look at the "
        "same places?"
    )
    kind, method, fineness = st.columns([6, 3, 3], gap="medium")
    with kind:
        change = linked.segments("change", "What is changed", _TITLES, "rotation")
    with method:
        key = linked.choice(
            "map", "Map that is compared", {one: EXPLAINERS[one].info.title for one in METHODS}, METHODS[0]
        )
    with fineness:
        steps = int(linked.choice("steps", "How finely", _STEPS, "21"))
    if chosen.target is None:
        st.caption("The breeds come first.")
        return
    height, width = chosen.held.image.pixels.shape[:2]
    study = Robustness(change=change, steps=steps, method=key, aspect=round(width / height, 4))
    question = session.Question(chosen.spec.key, chosen.digest, chosen.target, study=study)
    asked.append(question)
    job = session.study(question, [chosen.held.image])
    measured = waiting.result("robustness", job, question, draw=lambda partial: _curves(chosen, study, partial, None))
    if measured is not None:
        _measured(chosen, study, measured)


def _measured(chosen: Subject, study: Robustness, measured: StudyResult) -> None:
    change, arrays = perturbations.CHANGES[study.change], measured.arrays
    assert chosen.target is not None
    place = st.container()
    titles = [amount_text(change, amount) for amount in arrays["amounts"]]
    step = linked.steps("step", f"Look at one step: {change.title.lower()}", titles, study.steps // 4)
    with place:
        _curves(chosen, study, measured, step)
        st.markdown(sayings.curve(change, measured, chosen.spec.labels, chosen.target))
    _step(chosen, study, arrays, step, titles[step])
    st.caption(
        "Agreement is Spearman's rank correlation of the two maps, the second one changed back: 1 means that both put all "
        "places in the same order, 0 that they have nothing in common, below 0 that the order is reversed. Only places "
        f"that both photos show are compared. {effort(measured)}"
    )


def _curves(chosen: Subject, study: Robustness, measured: Measured | StudyResult | None, step: int | None) -> None:
    change = perturbations.CHANGES[study.change]
    if measured is None:
        st.caption("The curves appear here as soon as the network has seen the first changed photos.")
        return
    assert chosen.target is not None
    labels = chosen.spec.labels
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**What it answers**: the probability of {labels[chosen.target].english}")
        figure = charts.probabilities(change, measured, labels, chosen.target, step)
        st.plotly_chart(figure, key="curve-probabilities", config={"displayModeBar": False})
    with right:
        st.markdown("**Where it looks**: agreement with the unchanged photo's map")
        figure = charts.agreement(change, measured, step)
        st.plotly_chart(figure, key="curve-agreement", config={"displayModeBar": False})


def _step(chosen: Subject, study: Robustness, arrays: Mapping[str, np.ndarray], step: int, amount: str) -> None:
    change = perturbations.CHANGES[study.change]
    exact = float(change.amounts(study.steps)[step])
    shown, values = chosen.held.shown, arrays["maps"][step]
    # The map is changed back in the photo's own shape: the grid is a square, the photo is not.
    undone, seen = change.undo(values, exact, study.aspect)
    labels = chosen.spec.labels
    top = [
        f"{labels[int(one)].english} {share(float(part))}"
        for one, part in zip(arrays["top"][step][:3], arrays["top_probabilities"][step], strict=False)
    ]
    agreed = float(arrays["agreement"][step])
    unchanged, changed, back = st.columns(3, gap="medium")
    with unchanged:
        _picture(study, shown, arrays["plain_map"], "The unchanged photo and its map")
    with changed:
        _picture(study, change.apply(shown, exact, None), values, f"Changed, {amount}: {', '.join(top)}")
    with back:
        told = "one of the maps is empty" if np.isnan(agreed) else f"agreement {agreed:.2f}"
        _picture(study, shown, np.where(seen, undone, np.float32(0)), f"The same map, changed back: {told}")


def _picture(study: Robustness, pixels: np.ndarray, values: np.ndarray, caption: str) -> None:
    view = View()
    signed = build_explainer(study.method, {}).signed
    st.image(render.overlay(pixels, values, signed, opacity=view.opacity / 100), alt=caption)
    st.caption(caption)
