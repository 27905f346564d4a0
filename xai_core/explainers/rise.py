"""RISE: how much higher the logit is where a pixel happens to be visible, over many random soft masks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Explainer, MethodInfo, Progress, silent
from xai_core.explainers.batches import batches
from xai_core.types import Attribution, Questions

#: A first map is worth showing after as many answers.
_FIRST = 80


@dataclass(frozen=True)
class Rise(Explainer):
    """Weigh random smooth masks by the logit of the photo seen through them.

    Petsiuk, Das and Saenko 2018, equation 6 and section 3.2 for the masks. Values are f32[h,w] in units of the logit.
    We deviate in two ways. The paper weighs by probabilities, we by logits, which a sure network does not flatten.
    And we subtract the mean logit: the paper's map S(pixel) = sum of f_i M_i(pixel) / (p N) estimates the mean logit
    given that the pixel is visible; ours, sum of (f_i - mean f) M_i(pixel) / (p (N - 1)), estimates S minus the mean
    logit, without bias as the paper's. Zero means "makes no difference", and chance, which shows some pixels more often
    than others, no longer leaves its pattern on the map.
    Diagnostics: "logit" (of the whole photo), "mean_logit" (over the masks).
    Measured once, VGG16 on the sample photo of a German shepherd: the default 500 samples from two seeds agree to a
    correlation of 0.89 (of ranks: 0.85).
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="rise",
        title="RISE",
        family="perturbation",
        how=(
            "It looks at the photo through many random soft masks and notes the score each time. "
            "A pixel counts by how much higher the score is when it can be seen."
        ),
        sentence="Coloured areas speak for this breed or against it: the score rises or falls when they can be seen.",
        paper="Petsiuk, Das and Saenko 2018",
        url="https://arxiv.org/abs/1806.07421",
        signed=True,
        needs=("logits",),
        trust="For large areas, with many samples, when another seed shows the same ones.",
        limits="With few samples chance paints clouds of its own, and parts smaller than a cell are not told apart.",
    )

    samples: int = params.integer(
        500, 20, 10000, "Samples", "Masked photos that the network is asked about; the paper takes 4000.", step=10
    )
    cells: int = params.integer(
        7, 2, 24, "Cells", "Squares along each side of a mask; more of them make smaller areas."
    )
    visible: int = params.integer(
        50, 10, 90, "Share visible", "How much of the photo a mask lets through, on average.", unit="%"
    )
    seed: int = params.seed()

    def questions(self, spec: ModelSpec) -> Questions:
        return Questions(forward=1 + self.samples)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = silent
    ) -> Attribution:
        draw = mask_maker(rgb.shape[0], rgb.shape[1], self.cells, self.visible / 100, np.random.default_rng(self.seed))
        logit = float(classifier.logits(rgb[np.newaxis])[0, target])
        answers: list[float] = []
        weighted, seen = np.zeros(rgb.shape[:2]), np.zeros(rgb.shape[:2])
        for part in batches(self.samples):
            masks = draw(part.stop - part.start)
            found = classifier.logits(masks[..., np.newaxis] * rgb)[:, target].astype(np.float64)
            answers.extend(found.tolist())
            weighted += np.tensordot(found, masks.astype(np.float64), axes=1)
            seen += masks.sum(axis=0, dtype=np.float64)
            mean = float(np.mean(answers))
            values = (weighted - mean * seen) / (self.visible / 100 * (part.stop - 1))
            estimate = Attribution(values.astype(np.float32), diagnostics={"logit": logit, "mean_logit": mean})
            worth_showing = part.stop >= min(_FIRST, self.samples)
            progress(part.stop / self.samples, estimate if worth_showing else None)
        return estimate


def mask_maker(
    height: int, width: int, cells: int, visible: float, generator: np.random.Generator
) -> Callable[[int], np.ndarray]:
    """Return a function that draws so many masks f32[n,height,width] in [0, 1], whose mean is `visible` everywhere.

    A grid of cells x cells zeros and ones (ones with probability `visible`), enlarged bilinearly to one cell more than
    the photo has along each side and cut to the photo's size at a random place (Petsiuk 2018, section 3.2).
    """
    cell = [-(-side // cells) for side in (height, width)]
    enlarge = [_bilinear(cells, (cells + 1) * length) for length in cell]

    def draw(count: int) -> np.ndarray:
        masks = np.empty((count, height, width), np.float32)
        for mask in masks:
            grid = generator.random((cells, cells)) < visible
            top, left = (int(generator.integers(length)) for length in cell)
            mask[:] = enlarge[0][top : top + height] @ grid @ enlarge[1][left : left + width].T
        return masks.clip(0, 1)

    return draw


def _bilinear(cells: int, length: int) -> np.ndarray:
    """Return f64[length,cells] that enlarges `cells` numbers to `length` ones, whose rows sum to 1."""
    places = ((np.arange(length) + 0.5) * cells / length - 0.5).clip(0, cells - 1)
    return np.maximum(0, 1 - np.abs(places[:, np.newaxis] - np.arange(cells)))
