"""The picture that activates a filter or a breed most, or the waiting for it."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import streamlit as st

from pages.components.outputs import job_progress
from pages.components.shell import session
from xai_core.classifiers.reference import NetworkRef
from xai_core.i18n.catalogues import _
from xai_core.render import pictures
from xai_core.requests import StudyRequest
from xai_core.studies.feature_visualisation import CANVAS, FeatureVisualisation, FeatureVisualisationResult


def request(network: NetworkRef, target: int, study: FeatureVisualisation) -> StudyRequest[FeatureVisualisationResult]:
    """Return the request for a picture; all visitors and photos share its result."""
    return StudyRequest(network, (CANVAS.digest,), target, study)


def picture(
    key: str,
    request: StudyRequest[FeatureVisualisationResult],
    *,
    forming: str,
    finished: str,
    caption: Callable[[FeatureVisualisationResult], str],
    width: int | Literal["stretch"] = "stretch",
) -> None:
    """Draw the picture while it forms and once it is finished, with these texts for screen readers, then its caption.

    `key` tells this place from the others on the page.
    """

    def draw(partial: FeatureVisualisationResult | None) -> None:
        if partial is None:
            st.image(np.full((64, 64, 3), 128, np.uint8), width=width, alt=_("The picture is on its way"))
        else:
            st.image(pictures.from_rgb(partial.picture), width=width, alt=forming)

    result = job_progress.result(key, session.ask(request, [CANVAS]), request, draw=draw)
    if result is not None:
        st.image(pictures.from_rgb(result.picture), width=width, alt=finished)
        st.caption(caption(result))
