"""SmoothGrad: the gradient averaged over copies of the photo with a little noise."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution, PassCounts


@dataclass(frozen=True)
class SmoothGrad(Explainer):
    """Average the logit's gradient over photos x + N(0, sigma^2), sigma a share of the range of the photo's values.

    Smilkov, Thorat, Kim, Viegas and Wattenberg 2017. The form "mean" is their estimator; "magnitude", which their figures
    show, is its size, the largest of the three colours (as in `Saliency`, which it equals without noise); "squared" is
    the mean of the squared gradients (Hooker et al. 2019); "variance" is how they vary over the noise, divided by
    samples - 1 (VarGrad; Adebayo, Gilmer, Goodfellow and Kim 2018). As in the paper the noise is not clipped, so the
    network gets values a little outside of [0, 1]. Without noise all samples are the same and one is evaluated.

    Values are f32[h,w] for "magnitude", f32[h,w,3] otherwise, in units of the logit per full range of a colour ("mean",
    "magnitude") or their square; all but "mean" are at least 0.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="smooth_grad",
        title=N_("SmoothGrad"),
        family="gradients",
        how=N_(
            "It adds a different fine noise to many copies of the photo and averages how the pixels move the score. "
            "What depends on the noise cancels out."
        ),
        sentence=N_(
            "Coloured parts are where a small change of the pixels moves the score most, up or down; "
            "dots of chance have been averaged away."
        ),
        paper="Smilkov, Thorat, Kim, Viegas and Wattenberg 2017",
        url="https://arxiv.org/abs/1706.03825",
        signed=False,
        needs=("gradients",),
        trust=N_("When a little more or less noise leaves the same parts coloured."),
        limits=N_(
            "Too much noise explains a photo that no longer shows the dog; too little leaves the dots of a plain gradient."
        ),
    )

    noise: int = params.integer(
        15,
        0,
        50,
        N_("Noise"),
        N_("How coarse the noise is, as a share of the photo's range from dark to bright."),
        unit="%",
    )
    samples: int = params.integer(
        50, 2, 500, N_("Samples"), N_("Noisy copies of the photo; more of them give a calmer map."), step=2
    )
    form: str = params.choice(
        "magnitude",
        (N_("magnitude"), N_("mean"), N_("squared"), N_("variance")),
        N_("What is shown"),
        N_(
            "Magnitude shows how strong the average is. Mean keeps its direction: orange where brighter pixels raise "
            "the score. Squared averages squares, variance shows how much the gradients differ from copy to copy."
        ),
    )
    seed: int = params.seed()

    @property
    def signed(self) -> bool:
        return self.form == "mean"

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts(backward=self.samples if self.noise else 1)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        generator = np.random.default_rng(self.seed)
        samples = self.samples if self.noise else 1
        total, squares = np.zeros(rgb.shape), np.zeros(rgb.shape)
        for part in batches(samples):
            copies = self.noisy_copies(rgb, part.stop - part.start, generator)
            gradients = classifier.gradients(copies, target).astype(np.float64)
            total += gradients.sum(axis=0)
            squares += (gradients**2).sum(axis=0)
            result = Attribution(self._reduced(total, squares, part.stop).astype(np.float32))
            progress(1.0 if part.stop == samples else part.stop / samples, result)
        return result

    def noisy_copies(self, rgb: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
        """Return the next `count` copies of the photo rgb f32[h,w,3] with their noise, f32[count,h,w,3], not clipped."""
        deviation = np.float32(self.noise / 100 * np.ptp(rgb))
        return rgb + deviation * generator.standard_normal((count, *rgb.shape), dtype=np.float32)

    def _reduced(self, total: np.ndarray, squares: np.ndarray, count: int) -> np.ndarray:
        if self.form == "mean":
            return total / count
        if self.form == "magnitude":
            return np.abs(total / count).max(axis=-1)
        if self.form == "squared":
            return squares / count
        # Rounding can leave a hair below zero where all gradients are the same.
        return np.maximum(squares - total**2 / count, 0) / max(count - 1, 1)
