"""The page "Explain": one photo, one network, one breed, and four maps of what spoke for it."""

import streamlit as st

from pages.components import address, controls, frame, panels, photos, seen, session
from pages.components.downloads import everything
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.registry import target_position
from xai_core.errors import UnknownNameError
from xai_core.types import Prediction


def explain() -> None:
    """Draw the page from top to bottom."""
    specs = session.workbench().specs()
    asked = address.read(st.query_params.to_dict(), samples=photos.samples(), networks=specs)
    spec = specs[asked.network]

    st.title("What did the network see?", anchor=False)
    st.markdown(
        "Choose a photo of a dog. A neural network names its breed, and four methods show which parts of the photo "
        "led it there."
    )
    photos.picker(asked)
    held, problem = photos.chosen(asked)
    digest = held.image.digest
    breeds_question = session.Question(spec.key, digest)
    breeds = session.prediction(breeds_question, held.image)
    prediction = breeds.result() if breeds.state == "done" else None
    target, target_problem = _target(spec, prediction, asked.target)
    questions = [None if target is None else session.Question(spec.key, digest, target, one) for one in asked.panels]
    session.keep_only([breeds_question, *(one for one in questions if one is not None)])

    for sentence in (*asked.problems, problem, target_problem):
        if sentence:
            st.warning(sentence)

    with st.container(key="subject"):
        left, middle, right = st.columns([3, 4, 5], gap="medium")
        with left:
            seen.photo(held, spec)
        with middle:
            controls.network_picker(specs, spec.key)
            controls.target_picker(spec, digest, prediction, target)
        with right, frame.guarded():
            st.markdown("**What it sees**: the most probable breeds")
            seen.breeds(breeds_question, breeds, spec, target)
            if prediction is not None:
                seen.notice(prediction)

    breed = "this breed" if target is None else spec.labels[target].english
    st.header(f"What speaks for {breed}?", anchor=False)
    st.caption(
        "The network gives each breed a score. Orange parts of the photo raise the score of this breed, blue parts lower "
        "it; all maps use this one scale."
    )
    drawing, scale = st.columns([10, 4], gap="medium")
    with drawing:
        controls.view_controls(asked.view)
    with scale:
        panels.legend(breed)
    finished = []
    with st.container(key="panels"):
        columns = st.columns(len(asked.panels), gap="small")
        for number, (column, explainer, question) in enumerate(zip(columns, asked.panels, questions, strict=True), 1):
            with column:
                explanation = panels.panel(number, explainer, question, held, spec, asked.view)
            if explanation is not None:
                finished.append((number, explanation))
    with st.container(horizontal=True, vertical_alignment="center"):
        everything(held.image, prediction, finished, spec.labels, asked.view)
        st.caption("The address of this page holds the whole view: keep or share it to come back to it.")


def _target(spec: ModelSpec, prediction: Prediction | None, asked: str | None) -> tuple[int | None, str | None]:
    """Return the class to explain (None while the breeds are not known), and a sentence where a wish makes no sense."""
    top = None if prediction is None else prediction.top(1)[0]
    if asked is None:
        return top, None
    try:
        return target_position(spec, asked), None
    except UnknownNameError as error:
        return top, f"{error} The most probable breed is explained instead."


with frame.page("Explain"):
    explain()
