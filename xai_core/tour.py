"""What the tour asks the networks: which photos, which methods; also ahead of being asked for, while nobody asks anything."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.randomised import randomised_key
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.maps import masking
from xai_core.photos.decoding import from_pixels
from xai_core.photos.samples import samples
from xai_core.types import Explanation, ImageInput
from xai_core.workbench import Workbench

#: A dog that the networks know, one in a busy scene, and a photo without any.
DOG, BUSY, CAT = "german_shepherd", "dog_and_bicycle", "cat_face"
AREAS, PATCHES, PIXELS, DRAWING = (
    build_explainer(key, {}) for key in ("grad_cam", "lime", "integrated_gradients", "guided_backprop")
)
_MAPS: Mapping[str, tuple[Explainer, ...]] = {DOG: (AREAS, DRAWING, PATCHES, PIXELS), BUSY: (AREAS, PIXELS)}


@functools.cache
def photo(name: str) -> ImageInput:
    """Return a sample."""
    return samples()[name].load()


def networks(specs: Mapping[str, ModelSpec]) -> tuple[ModelSpec, ModelSpec]:
    """Return the network that the tour is about, and the one it is compared with."""
    first, second, *_rest = specs.values()
    return first, second


@functools.lru_cache(maxsize=4)
def tested(explanation: Explanation) -> tuple[ImageInput, ImageInput]:
    """Return DOG with the places blurred that the map calls strongest, and with as many of its weakest."""
    pixels = photo(DOG).pixels
    return (
        from_pixels(masking.blur_strongest(pixels, explanation.values), "strongest hidden"),
        from_pixels(masking.blur_weakest(pixels, explanation.values), "weakest hidden"),
    )


def ahead(workbench: Workbench) -> Iterator[Job[Any]]:
    """Yield the tour's questions one by one as idle jobs; each is to be done before the next is asked for."""
    first, second = networks(workbench.specs())
    for name in (DOG, BUSY, CAT):
        breeds = workbench.submit_prediction(first.key, photo(name), idle=True)
        yield breeds
        if breeds.state != "done":
            continue
        target = breeds.result().top(1)[0]
        for explainer in _MAPS.get(name, ()):
            job = workbench.submit(first.key, photo(name), target, explainer, idle=True)
            yield job
            if name == DOG and explainer is AREAS and job.state == "done":
                for changed in tested(job.result()):
                    yield workbench.submit_prediction(first.key, changed, idle=True)
        if name == DOG:
            yield workbench.submit(randomised_key(first), photo(name), target, DRAWING, idle=True)
    yield workbench.submit_prediction(second.key, photo(BUSY), idle=True)
