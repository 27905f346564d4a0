"""The picture that a filter or a breed likes most, or the waiting for it: drawn wherever a page shows one."""

import numpy as np
import streamlit as st

from pages.components.outputs import job_progress
from pages.components.shell import session
from xai_core.classifiers.reference import NetworkRef
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import StudyRequest
from xai_core.studies.feature_visualisation import CANVAS, FeatureVisualisation
from xai_core.types import Measurements


def request(network: NetworkRef, target: int, study: FeatureVisualisation) -> StudyRequest[Measurements]:
    """Return the request for a picture; all visitors and photos share its answer."""
    return StudyRequest(network, (CANVAS.digest,), target, study)


def picture(
    key: str, request: StudyRequest[Measurements], liked_by: str, *, width: int | None = None
) -> Measurements | None:
    """Draw the picture while it forms, and what it does to `liked_by` ("filter 12", "the score of Beagle").

    Return the result once there is one. `key` tells this place from the others on the page.
    """

    def draw(partial: Measurements | None) -> None:
        if partial is None:
            st.image(np.full((64, 64, 3), 128, np.uint8), width=width or "stretch", alt=_("The picture is on its way"))
        else:
            _show(partial, _("A picture for {liked_by}, still forming").format(liked_by=liked_by), width)

    result = job_progress.result(key, session.ask(request, [CANVAS]), request, draw=draw)
    if result is not None:
        _show(result, _("A picture for {liked_by}").format(liked_by=liked_by), width)
        numbers = result.numbers
        st.caption(
            _("From {before} at the start to {after}: {liked_by} after {steps} steps, in {time}.").format(
                before=formatting.number(numbers["before"], 1),
                after=formatting.number(numbers["after"], 1),
                liked_by=liked_by,
                steps=formatting.number(numbers["steps"]),
                time=formatting.duration(result.seconds),
            )
        )
    return result


def _show(found: Measurements | Measurements, alt: str, width: int | None) -> None:
    st.image(np.rint(255 * found.arrays["picture"]).astype(np.uint8), width=width or "stretch", alt=alt)
