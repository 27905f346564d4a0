"""RISE: how much higher the logit is where a pixel happens to be visible, over many random soft masks."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.explainers.perturbation.hadamard import balanced_rounds
from xai_core.explainers.shared.batches import batches
from xai_core.explainers.shared.reliability import reliability
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution, PassCounts

#: Evaluations before a first map is worth showing.
_FIRST = 80


@dataclass(frozen=True)
class Rise(Explainer):
    """Weigh random smooth masks by the logit of the photo seen through them.

    Petsiuk, Das and Saenko 2018, equation 6 and section 3.2 for the masks. Values are f32[h,w] in units of the logit.
    We deviate in three ways. The paper weighs by probabilities, we by logits, which a sure network does not flatten.
    And we subtract the mean logit: the paper's map S(pixel) = sum of f_i M_i(pixel) / (p N) estimates the mean logit
    given that the pixel is visible; ours, sum of (f_i - mean f) M_i(pixel) / (p N), estimates S minus the mean logit.
    Zero means "makes no difference", and chance, which shows some pixels more often than others, no longer leaves its
    pattern on the map. Third, masks are balanced against each other (`mask_maker`), so that what one cell does hardly
    shows in the others.
    Diagnostics: "logit" (of the whole photo), "mean_logit" (over the masks), "reliability" (estimated rank correlation of
    the map's pixels with those from endless masks).
    Measured once, VGG16 (weights of 0.1.0) on the sample photo of a German shepherd: the default 500 samples from two
    seeds agree to a correlation of 0.89 (of ranks: 0.85).
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="rise",
        title=N_("RISE"),
        family="perturbation",
        how=N_(
            "It looks at the photo through many random soft masks and notes the score each time. "
            "A pixel counts by how much higher the score is when it can be seen."
        ),
        sentence=N_(
            "Coloured areas speak for this breed or against it: the score rises or falls when they can be seen."
        ),
        paper="Petsiuk, Das and Saenko 2018",
        url="https://arxiv.org/abs/1806.07421",
        signed=True,
        needs=("logits",),
        trust=N_("For large areas, with many samples, when another seed shows the same ones."),
        limits=N_(
            "With few samples chance paints clouds of its own, and parts smaller than a cell are not told apart."
        ),
    )

    samples: int = params.integer(
        500,
        20,
        10000,
        N_("Samples"),
        N_("Masked photos that the network is asked about; the paper takes 4000."),
        step=10,
    )
    cells: int = params.integer(
        7, 2, 24, N_("Cells"), N_("Squares along each side of a mask; more of them make smaller areas.")
    )
    visible: int = params.integer(
        50, 10, 90, N_("Share visible"), N_("How much of the photo a mask lets through, on average."), unit="%"
    )
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts(forward=1 + self.samples, low_precision=True)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        draw = mask_maker(rgb.shape[0], rgb.shape[1], self.cells, self.visible / 100, np.random.default_rng(self.seed))
        logit = float(classifier.logits(rgb[np.newaxis])[0, target])
        # Even pairs of masks and odd ones apart make two independent estimates.
        logits: tuple[list[float], list[float]] = ([], [])
        seen, weighted = np.zeros((2, *rgb.shape[:2])), np.zeros((2, *rgb.shape[:2]))
        for part in batches(self.samples):
            masks = draw(part.stop - part.start)
            batch = classifier.logits(masks[..., np.newaxis] * rgb, low_precision=True)[:, target].astype(np.float64)
            for half in range(2):
                members = np.arange(part.start, part.stop) // 2 % 2 == half
                logits[half].extend(batch[members].tolist())
                seen[half] += masks[members].sum(axis=0, dtype=np.float64)
                weighted[half] += np.tensordot(batch[members], masks[members].astype(np.float64), axes=1)
            mean = float(np.mean(logits[0] + logits[1]))
            values = (weighted.sum(axis=0) - mean * seen.sum(axis=0)) / (self.visible / 100 * part.stop)
            diagnostics = {"logit": logit, "mean_logit": mean}
            last = part.stop == self.samples
            if last:
                diagnostics["reliability"] = reliability(
                    *(weighted[h] - np.mean(logits[h]) * seen[h] for h in range(2))
                )
            estimate = Attribution(values.astype(np.float32), diagnostics=diagnostics)
            progress(part.stop / self.samples, estimate if last or part.stop >= _FIRST else None)
        return estimate


def mask_maker(
    height: int, width: int, cells: int, visible: float, generator: np.random.Generator
) -> Callable[[int], np.ndarray]:
    """Return a function that draws so many masks f32[n,height,width] in [0, 1], whose mean is `visible` everywhere.

    A grid of cells x cells zeros and ones (ones with probability `visible`), enlarged bilinearly to one cell more than
    the photo has along each side and cut to the photo's size at a random place (Petsiuk 2018, section 3.2). Each mask by
    itself is drawn so; together they are balanced. The uniform numbers behind the grids lie in the lower or the upper half
    of [0, 1] by the rounds of `hadamard`, and of two masks in succession, cut at the same place, the second one has the
    opposites 1 - u: visible by half they are complements.
    """
    cell = [-(-side // cells) for side in (height, width)]
    enlarge = [_bilinear(cells, (cells + 1) * length) for length in cell]

    def without_end() -> Iterator[np.ndarray]:
        for several in balanced_rounds(cells * cells, generator):
            for lower in several[::2].reshape(-1, cells, cells):
                uniform = (generator.random((cells, cells)) + ~lower) / 2
                top, left = (int(generator.integers(length)) for length in cell)
                for grid in (uniform < visible, 1 - uniform <= visible):
                    yield enlarge[0][top : top + height] @ grid @ enlarge[1][left : left + width].T

    masks = without_end()
    return lambda count: np.stack(list(itertools.islice(masks, count))).astype(np.float32).clip(0, 1)


def _bilinear(cells: int, length: int) -> np.ndarray:
    """Return f64[length,cells] that enlarges `cells` numbers to `length` ones, whose rows sum to 1."""
    places = ((np.arange(length) + 0.5) * cells / length - 0.5).clip(0, cells - 1)
    return np.maximum(0, 1 - np.abs(places[:, np.newaxis] - np.arange(cells)))
