"""The path of Integrated Gradients: the photos on it, their probabilities and gradients, and the running sum."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import PATH_STEPS, Classifier, ModelSpec, softmax
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.gradients.integrated_gradients import BASELINES, IntegratedGradients, points
from xai_core.explainers.shared.batches import batches
from xai_core.explainers.shared.completeness import completeness_error
from xai_core.i18n.catalogues import N_
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import PassCounts, StudyOutput

_SNAPSHOTS = 11
_NEARLY = 0.9  # of the photo's probability, from which the network counts as convinced


@dataclass(frozen=True, eq=False)
class PathCurve(StudyOutput):
    """The target's score along the path, as far as it is known."""

    positions: np.ndarray  # f32[steps+1], alpha from 0 to 1
    logits: np.ndarray  # f32[steps+1] of the target there
    probabilities: np.ndarray  # f32[steps+1] of the target there


@dataclass(frozen=True, eq=False)
class IntegratedPathResult(PathCurve):
    """The whole path, with pictures at 11 of its places (S; as many as there are steps and one, where those are fewer)."""

    collected: np.ndarray  # f32[steps+1], sum of the attributions up to there: the logit's gain but for rounding
    shown: np.ndarray  # i32[S], which places the pictures are of
    photos: np.ndarray  # u8[S,h,w,3]
    gradients: np.ndarray  # f32[S,h,w], the gradient's size as `Saliency` has it
    sums: np.ndarray  # f32[S,h,w], attributions up to there, channels summed; the last one is the explainer's map
    diagnostics: Mapping[
        str, float
    ]  # "logit", "baseline_logit", "convergence_delta", "relative_delta": the explainer's
    convinced: float  # in [0, 1]: the first of the positions with 90 % of the photo's probability


@dataclass(frozen=True)
class IntegratedPath(Study[IntegratedPathResult]):
    """Walk from the empty picture x' to the photo x = photos[0] in the secants of `IntegratedGradients`.

    Sundararajan, Taly and Yan 2017, section 3; Sturmfels, Lundberg and Lee 2020 show such paths. After step k the path
    stands at alpha = k / steps. First results are a PathCurve of the positions so far.
    """

    info: ClassVar[StudyInfo] = StudyInfo("integrated_path")
    output: ClassVar = IntegratedPathResult

    baseline: str = params.choice("black", BASELINES, N_("Empty picture"), N_("What the photo emerges from."))
    steps: int = params.integer(20, 1, 300, N_("Steps"), N_("Pictures between the empty one and the photo."))
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        method = IntegratedGradients(baseline=self.baseline, steps=self.steps, seed=self.seed).pass_counts(spec)
        return PassCounts(forward=self.steps + 1, backward=method.backward + min(self.steps + 1, _SNAPSHOTS))

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> IntegratedPathResult:
        rgb = photos[0]
        method = IntegratedGradients(baseline=self.baseline, steps=self.steps, seed=self.seed)
        start = method.empty_picture(rgb)
        difference = rgb.astype(np.float64) - start
        shown = np.unique(np.linspace(0, self.steps, _SNAPSHOTS).round().astype(np.int32))
        passes = self.steps + 1 + len(shown) + self.steps

        def at(alphas: np.ndarray) -> np.ndarray:
            return points(start, difference, alphas)

        positions = np.arange(self.steps + 1) / self.steps
        all_logits: list[np.ndarray] = []
        for part in batches(len(positions)):
            all_logits.extend(classifier.logits(at(positions[part])))
            curve = _curve(positions[: part.stop], np.stack(all_logits), target)
            progress(len(all_logits) / passes, curve)
        done = len(all_logits)

        gradients: list[np.ndarray] = []
        for part in batches(len(shown)):
            slopes = classifier.gradients(at(positions[shown[part]]), target)
            gradients.extend(np.abs(slopes).max(axis=-1))
            progress((done + len(gradients)) / passes)
        done += len(gradients)

        collected = [0.0]
        sums = [np.zeros(rgb.shape[:2], np.float32)]
        for step, total in enumerate(_running_sums(classifier, at, positions, difference, target), 1):
            collected.append(float(total.sum()))
            if step in shown:
                sums.append(total.sum(axis=-1).astype(np.float32))
            if step < self.steps:
                progress((done + step) / passes)

        logit, baseline_logit = float(curve.logits[-1]), float(curve.logits[0])
        delta, relative = completeness_error(total, logit, baseline_logit)
        result = IntegratedPathResult(
            curve.positions,
            curve.logits,
            curve.probabilities,
            collected=np.array(collected, np.float32),
            shown=shown,
            photos=np.rint(at(positions[shown]) * 255).clip(0, 255).astype(np.uint8),
            gradients=np.stack(gradients).astype(np.float32),
            sums=np.stack(sums),
            diagnostics={
                "logit": logit,
                "baseline_logit": baseline_logit,
                "convergence_delta": delta,
                "relative_delta": relative,
            },
            convinced=float(positions[np.argmax(curve.probabilities >= _NEARLY * curve.probabilities[-1])]),
        )
        progress(1.0, result)
        return result


def _running_sums(
    classifier: Classifier,
    at: Callable[[np.ndarray], np.ndarray],
    positions: np.ndarray,
    difference: np.ndarray,
    target: int,
) -> Iterator[np.ndarray]:
    """Yield the sum of the attributions f64[h,w,3] up to each step's end, always in the same array."""
    steps = len(positions) - 1
    total = np.zeros(difference.shape)
    for first in range(0, steps, PATH_STEPS):
        for slope in classifier.path_multipliers(at(positions[first : first + PATH_STEPS + 1]), target):
            total += difference * slope / steps
            yield total


def _curve(positions: np.ndarray, logits: np.ndarray, target: int) -> PathCurve:
    return PathCurve(positions.astype(np.float32), logits[:, target], softmax(logits)[:, target])
