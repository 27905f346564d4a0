"""The page "Explain": one photo, one network, one breed, and four maps of what spoke for it."""

import numpy as np
import streamlit as st

from pages.components.explain import presentation
from pages.components.inputs import crop, photo_picker, pickers, subject
from pages.components.inputs.subject import Subject
from pages.components.outputs import dog, findings_list, map_panel, prediction_view, report_button
from pages.components.outputs.downloads import everything
from pages.components.shell import frame, presenter_mode, session
from xai_core.findings.photo_findings import MapResult, NetworkMaps, map_findings
from xai_core.findings.prediction import prediction_findings
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.report.contents import Scoring
from xai_core.requests import ExplanationRequest
from xai_core.types import Explanation


def explain() -> None:
    """Draw the page from top to bottom."""
    page_subject = subject.read()
    if presenter_mode.on():
        return presentation.explain(page_subject)
    st.title(_("What did the network see?"), anchor="breeds")
    st.markdown(
        _(
            "Choose a photo of a dog. A neural network names its breed, and four methods show which parts of the photo "
            "led it there."
        )
    )
    photo_picker.picker(page_subject.address)
    report_button.keep_jobs()
    for sentence in page_subject.problems:
        st.warning(sentence)
    outline = dog.outline(page_subject)
    _subject(page_subject, outline)
    finished = _maps(page_subject)
    _results(page_subject, finished, outline)


def _subject(subject: Subject, outline: np.ndarray | None) -> None:
    """Draw the photo, the choices of network and breed, and the prediction."""
    with st.container(key="subject"):
        left, middle, right = st.columns([3, 4, 5], gap="medium")
        with left:
            prediction_view.photo(subject.photo, subject.spec, outline)
            with frame.guarded():
                crop.offer(subject.whole.image, subject.photo.image, subject.spec)
        with middle:
            pickers.network_picker(session.workbench().specs(), subject.spec.key)
            pickers.target_picker(subject.spec, subject.digest, subject.prediction, subject.target)
        with right, frame.guarded():
            st.markdown(_("**What it sees**: the most probable breeds"))
            prediction_view.breeds(subject.request, subject.job, subject.spec, subject.target)
            if subject.prediction is not None:
                prediction_view.notice(subject.prediction)


def _maps(subject: Subject) -> list[tuple[int, Explanation]]:
    """Draw the maps in their panels; return the finished ones with the numbers of their panels, from 1."""
    spec, target, view = subject.spec, subject.target, subject.address.view
    breed = None if target is None else formatting.breed_names(spec.labels)[target]
    if breed is None:
        st.header(_("What speaks for this breed?"), anchor="maps")
    else:
        st.header(_("What speaks for {breed}?").format(breed=breed), anchor="maps")
    st.caption(
        _(
            "The network gives each breed a score. Orange parts of the photo raise the score of this breed, blue parts "
            "lower it; all maps use this one scale."
        )
    )
    drawing, scale = st.columns([10, 4], gap="medium")
    with drawing:
        pickers.view_controls(view)
    with scale:
        map_panel.legend(breed)
    finished = []
    with st.container(key="panels"):
        explainers = subject.address.panels
        for number, (column, explainer) in enumerate(
            zip(st.columns(len(explainers), gap="small"), explainers, strict=True), 1
        ):
            request = None if target is None else ExplanationRequest(spec.ref, subject.digest, target, explainer)
            with column:
                explanation = map_panel.panel(number, explainer, request, subject.photo, spec, view)
            if explanation is not None:
                finished.append((number, explanation))
    return finished


def _results(subject: Subject, finished: list[tuple[int, Explanation]], outline: np.ndarray | None) -> None:
    """Draw the downloads, the report and the findings."""
    spec, prediction, view, image = subject.spec, subject.prediction, subject.address.view, subject.photo.image
    maps = []
    if subject.target is not None:
        results = tuple(MapResult(explanation, "maps") for _number, explanation in finished)
        maps.append(NetworkMaps(spec, subject.target, results))
    with st.container(horizontal=True, vertical_alignment="center"):
        presenter_mode.enter()
        everything(image, prediction, finished, spec.labels, view)
        report_button.offer(report_button.Content(image, maps, view, Scoring()))
        st.caption(_("The address of this page holds the whole view: keep or share it to come back to it."))
    if prediction is not None:
        findings = prediction_findings(spec.title, prediction, "breeds") + map_findings(maps, "maps", dog=outline)
        findings_list.draw(findings)


with frame.page("explain"):
    explain()
