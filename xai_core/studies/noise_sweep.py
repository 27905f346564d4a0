"""SmoothGrad with noise from none to half of the photo's range: the noisy photos and the maps."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec, softmax
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.gradients.smooth_grad import SmoothGrad
from xai_core.i18n.catalogues import N_
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import Attribution, PassCounts, StudyOutput

#: In % of the photo's range, those of figure 3 in the paper.
LEVELS = (0, 5, 10, 20, 30, 50)


@dataclass(frozen=True, eq=False)
class NoiseSweepResult(StudyOutput):
    """One row for each level of noise that is done."""

    levels: np.ndarray  # i32[L] in %
    photos: np.ndarray  # u8[L,h,w,3], the first noisy copy, clipped only to be drawn
    probabilities: np.ndarray  # f32[L] of the target for that copy as the network is given it
    maps: np.ndarray  # f32[L,h,w], what `SmoothGrad` gives at that level


@dataclass(frozen=True)
class NoiseSweep(Study[NoiseSweepResult]):
    """Draw SmoothGrad's map (form "magnitude") of photos[0] at each level of noise, with the same draws scaled.

    Smilkov et al. 2017, figure 3. First results hold the levels done so far.
    """

    info: ClassVar[StudyInfo] = StudyInfo("noise_sweep")
    output: ClassVar = NoiseSweepResult

    samples: int = params.integer(16, 2, 500, N_("Samples"), N_("Noisy copies of the photo at each level."), step=2)
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(forward=len(LEVELS), backward=1 + (len(LEVELS) - 1) * self.samples)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> NoiseSweepResult:
        rgb = photos[0]
        methods = [SmoothGrad(noise=level, samples=self.samples, seed=self.seed) for level in LEVELS]
        copies = np.concatenate([method.noisy_copies(rgb, 1, np.random.default_rng(self.seed)) for method in methods])
        drawable = np.rint(copies * 255).clip(0, 255).astype(np.uint8)
        probabilities = softmax(classifier.logits(copies))[:, target]

        maps: list[np.ndarray] = []
        for method in methods:

            def within(fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
                # The end of a level is reported below, together with its map.
                if fraction < 1:
                    progress((len(maps) + fraction) / len(LEVELS))

            maps.append(method.attribute(classifier, rgb, target, within).values)
            done = len(maps)
            levels = np.array(LEVELS[:done], np.int32)
            result = NoiseSweepResult(levels, drawable[:done], probabilities[:done], np.stack(maps))
            progress(done / len(LEVELS), result)
        return result
