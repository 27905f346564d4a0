"""What the stations of the tour draw with: photos, predictions and maps, each with its own progress."""

from dataclasses import dataclass

import streamlit as st

from pages.components.outputs import map_panel, prediction_view
from pages.components.shell import session
from pages.components.shell.address import View
from pages.components.shell.frame import guarded
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.base import Explainer
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.tour import networks, photo
from xai_core.types import Explanation, ImageInput, Prediction

_OVER, _ALONE = View("overlay", 75), View("map")


@dataclass(frozen=True)
class Guide:
    """Draws the answers of the tour's two networks."""

    network: ModelSpec
    other: ModelSpec

    def prediction(self, spec: ModelSpec, image: ImageInput) -> Prediction | None:
        """Return a network's prediction for a photo; until there is one, draw its progress and return None."""
        request = PredictionRequest(spec.ref, image.digest)
        job = session.ask(request, image)
        if job.state == "done":
            return job.result()
        with guarded():
            prediction_view.waiting(request, job, spec)
        return None

    def map_of(
        self, network: NetworkRef, image: ImageInput, target: int, explainer: Explainer, *, alone: bool = False
    ) -> Explanation | None:
        """Draw a map, or its progress, and return its explanation once there is one."""
        request = ExplanationRequest(network, image.digest, target, explainer)
        label = session.workbench().spec(network).labels[target]
        with guarded():
            key = f"tour-{str(network).replace('~', '-')}-{explainer.info.key}"
            return map_panel.map_of(key, request, shown(image), _ALONE if alone else _OVER, label, with_text=False)
        return None


def guide() -> Guide:
    """Return the guide to the workbench's first two networks."""
    return Guide(*networks(session.workbench().specs()))


def picture(name: str, title: str) -> ImageInput:
    """Draw a sample and return it."""
    image = photo(name)
    heading(title)
    st.image(shown(image).shown, alt=title)
    return image


def heading(title: str) -> None:
    """Draw the title of a picture, above it."""
    st.markdown(f"**{title}**")


@st.cache_resource(show_spinner=False, max_entries=8, hash_funcs={ImageInput: lambda image: image.digest})
def shown(image: ImageInput) -> session.ShownPhoto:
    """Return a photo with its small copy, made once for all visitors."""
    return session.drawable(image)
