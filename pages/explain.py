"""The page "Explain": one photo, one network, one breed, and four maps of what spoke for it."""

import streamlit as st

from pages.components.explain import presentation
from pages.components.inputs import photo_picker, pickers, subject
from pages.components.outputs import findings_list, map_panel, prediction_view, report_button
from pages.components.outputs.downloads import everything
from pages.components.shell import frame, presenter_mode, session
from xai_core.findings.photo_findings import MapResult, NetworkMaps, map_findings
from xai_core.findings.prediction import prediction_findings
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.report.contents import Scoring
from xai_core.requests import ExplanationRequest


def explain() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    wanted, spec, held, target = chosen.address, chosen.spec, chosen.held, chosen.target
    if presenter_mode.on():
        return presentation.explain(chosen)

    st.title(_("What did the network see?"), anchor="breeds")
    st.markdown(
        _(
            "Choose a photo of a dog. A neural network names its breed, and four methods show which parts of the photo "
            "led it there."
        )
    )
    photo_picker.picker(wanted)
    digest = chosen.digest
    report_button.keep_jobs()
    requests = [None if target is None else ExplanationRequest(spec.ref, digest, target, one) for one in wanted.panels]

    for sentence in chosen.problems:
        st.warning(sentence)

    with st.container(key="subject"):
        left, middle, right = st.columns([3, 4, 5], gap="medium")
        with left:
            prediction_view.photo(held, spec)
        with middle:
            pickers.network_picker(session.workbench().specs(), spec.key)
            pickers.target_picker(spec, digest, chosen.prediction, target)
        with right, frame.guarded():
            st.markdown(_("**What it sees**: the most probable breeds"))
            prediction_view.breeds(chosen.request, chosen.job, spec, target)
            if chosen.prediction is not None:
                prediction_view.notice(chosen.prediction)

    if target is None:
        breed = None
        st.header(_("What speaks for this breed?"), anchor="maps")
    else:
        breed = formatting.breed_names(spec.labels)[target]
        st.header(_("What speaks for {breed}?").format(breed=breed), anchor="maps")
    st.caption(
        _(
            "The network gives each breed a score. Orange parts of the photo raise the score of this breed, blue parts "
            "lower it; all maps use this one scale."
        )
    )
    drawing, scale = st.columns([10, 4], gap="medium")
    with drawing:
        pickers.view_controls(wanted.view)
    with scale:
        map_panel.legend(breed)
    finished = []
    with st.container(key="panels"):
        columns = st.columns(len(wanted.panels), gap="small")
        for number, (column, explainer, request) in enumerate(zip(columns, wanted.panels, requests, strict=True), 1):
            with column:
                explanation = map_panel.panel(number, explainer, request, held, spec, wanted.view)
            if explanation is not None:
                finished.append((number, explanation))
    maps = []
    if target is not None:
        maps.append(NetworkMaps(spec, target, tuple(MapResult(one, "maps") for _number, one in finished)))
    with st.container(horizontal=True, vertical_alignment="center"):
        presenter_mode.enter()
        everything(held.image, chosen.prediction, finished, spec.labels, wanted.view)
        report_button.offer(report_button.Content(held.image, maps, wanted.view, Scoring()))
        st.caption(_("The address of this page holds the whole view: keep or share it to come back to it."))
    if chosen.prediction is not None:
        findings_list.draw(prediction_findings(spec.title, chosen.prediction, "breeds") + map_findings(maps, "maps"))


with frame.page("explain"):
    explain()
