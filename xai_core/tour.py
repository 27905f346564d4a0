"""The photos, networks and methods of the tour, and the jobs that compute its answers before a visitor asks for them."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.randomised import randomised
from xai_core.classifiers.reference import NetworkRef
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.maps import masking
from xai_core.photos.decoding import from_pixels
from xai_core.photos.samples import samples
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import Explanation, ImageInput, Prediction
from xai_core.workbench import Workbench

#: Sample photos: a dog of a breed that the networks know, a dog in a busy scene, and no dog.
DOG, BUSY, CAT = "german_shepherd", "dog_and_bicycle", "cat_face"
AREAS, PATCHES, PIXELS, DRAWING = (
    build_explainer(key, {}) for key in ("grad_cam", "lime", "integrated_gradients", "guided_backprop")
)
_MAPS: Mapping[str, tuple[Explainer, ...]] = {DOG: (AREAS, DRAWING, PATCHES, PIXELS), BUSY: (AREAS, PIXELS)}


@functools.cache
def photo(name: str) -> ImageInput:
    """Return a sample photo by its name."""
    return samples()[name].load()


def networks(specs: Mapping[str, ModelSpec]) -> tuple[ModelSpec, ModelSpec]:
    """Return the tour's network and the one that it is compared with."""
    first, second, *_rest = specs.values()
    return first, second


@functools.lru_cache(maxsize=4)
def blurred_photos(explanation: Explanation) -> tuple[ImageInput, ImageInput]:
    """Return DOG with the fifth of its pixels blurred that the map calls strongest, and with the weakest fifth blurred."""
    pixels = photo(DOG).pixels
    return (
        from_pixels(masking.blur_strongest(pixels, explanation.values), "strongest hidden"),
        from_pixels(masking.blur_weakest(pixels, explanation.values), "weakest hidden"),
    )


def ahead(workbench: Workbench) -> Iterator[Job[Any]]:
    """Yield jobs for what the tour asks, one by one and idle; each is to be done before the next one is asked for."""

    def predict(network: NetworkRef, image: ImageInput) -> Job[Prediction]:
        return workbench.submit(PredictionRequest(network, image.digest), [image], idle=True)

    def explain(network: NetworkRef, image: ImageInput, target: int, explainer: Explainer) -> Job[Explanation]:
        return workbench.submit(ExplanationRequest(network, image.digest, target, explainer), [image], idle=True)

    first, second = networks(workbench.specs())
    for name in (DOG, BUSY, CAT):
        prediction = predict(first.ref, photo(name))
        yield prediction
        if prediction.state != "done":
            continue
        target = prediction.result().top(1)[0]
        for explainer in _MAPS.get(name, ()):
            job = explain(first.ref, photo(name), target, explainer)
            yield job
            if name == DOG and explainer is AREAS and job.state == "done":
                for changed in blurred_photos(job.result()):
                    yield predict(first.ref, changed)
        if name == DOG:
            yield explain(randomised(first), photo(name), target, DRAWING)
    yield predict(second.ref, photo(BUSY))
