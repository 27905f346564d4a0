"""The maps that a map is compared with to see whether it can be trusted, and the verdict (metrics/trust.py)."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.randomised import part_count, randomised
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.base import Explainer
from xai_core.metrics.base import Score
from xai_core.metrics.trust import Verdict, imperceptibly_noisy, sanity, stability, verdict
from xai_core.params import param_specs
from xai_core.photos.decoding import from_pixels, squeeze
from xai_core.types import ImageInput


@dataclass(frozen=True)
class Check:
    """One map to compare with: of which network, by which method, and whether of the noisy photo."""

    name: str  # digits say how many parts of the network are random
    network: NetworkRef
    explainer: Explainer
    noisy: bool = False


def checks(spec: ModelSpec, explainer: Explainer) -> list[Check]:
    """Return what a network's map is compared with: half and all of it random, invisible noise, another seed."""
    steps = dict.fromkeys((part_count(spec) // 2, part_count(spec)))
    comparisons = [Check(str(count), randomised(spec, count), explainer) for count in steps if count]
    comparisons.append(Check("noise", spec.ref, explainer, noisy=True))
    if any(entry.name == "seed" for entry in param_specs(explainer)):
        other = explainer.seed + 1 if explainer.seed < 2**31 - 1 else 0  # type: ignore[attr-defined]
        comparisons.append(Check("seed", spec.ref, dataclasses.replace(explainer, seed=other)))  # type: ignore[call-arg]
    return comparisons


def noisy(image: ImageInput, size: tuple[int, int]) -> ImageInput:
    """Return the photo on the network's square of `size` (height, width) under noise that nobody sees."""
    square = np.rint(squeeze(image.pixels, size) * 255).astype(np.uint8)
    return from_pixels(imperceptibly_noisy(square), "noise")


def judged(values: np.ndarray, others: Mapping[str, np.ndarray]) -> tuple[Score, Verdict]:
    """Return the sanity check's score and the verdict on a map, from the maps that `checks` asks for by their names."""
    random = {int(name): other for name, other in others.items() if name.isdecimal()}
    alike = {name: other for name, other in others.items() if not name.isdecimal()}
    cascade = sanity(values, random)
    return cascade, verdict(cascade, stability(values, alike))
