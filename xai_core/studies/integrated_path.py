"""The path of Integrated Gradients, opened up: the photos on it, what the network says of each, and what is collected."""

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
from xai_core.types import Measurements, PassCounts

_SNAPSHOTS = 11
_NEARLY = 0.9  # of the photo's probability, from which the network counts as convinced


@dataclass(frozen=True)
class IntegratedPath(Study[Measurements]):
    """Walk from the empty picture x' to the photo x = photos[0] in the secants of `IntegratedGradients`.

    Sundararajan, Taly and Yan 2017, section 3; Sturmfels, Lundberg and Lee 2020 show such paths. After step k the path
    stands at alpha = k / steps. Arrays along it: "positions" f32[steps+1], alpha from 0 to 1; "logits" and
    "probabilities" f32[steps+1] of the target there; "collected" f32[steps+1], the sum of the attributions of all steps
    up to there, which equals the gain of the logit but for rounding. Arrays at 11 of these
    places (as many as there are steps and one, where those are fewer): "shown" i32[S], which; "photos" u8[S,h,w,3];
    "gradients" f32[S,h,w], the size of the gradient as `Saliency` has it; "sums" f32[S,h,w], the attributions up to there,
    channels summed. The last of the sums is the explainer's map. Numbers: "logit", "baseline_logit",
    "convergence_delta" and "relative_delta" as the explainer's; "convinced" in [0, 1], the first of the positions
    with 90 % of the probability that the photo has. First results hold the positions, logits and probabilities so far.
    """

    info: ClassVar[StudyInfo] = StudyInfo("integrated_path")

    baseline: str = params.choice("black", BASELINES, N_("Empty picture"), N_("What the photo emerges from."))
    steps: int = params.integer(20, 1, 300, N_("Steps"), N_("Pictures between the empty one and the photo."))
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        method = IntegratedGradients(baseline=self.baseline, steps=self.steps, seed=self.seed).pass_counts(spec)
        return PassCounts(forward=self.steps + 1, backward=method.backward + min(self.steps + 1, _SNAPSHOTS))

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Measurements:
        rgb = photos[0]
        method = IntegratedGradients(baseline=self.baseline, steps=self.steps, seed=self.seed)
        start = method.empty_picture(rgb)
        difference = rgb.astype(np.float64) - start
        shown = np.unique(np.linspace(0, self.steps, _SNAPSHOTS).round().astype(np.int32))
        questions = self.steps + 1 + len(shown) + self.steps

        def at(alphas: np.ndarray) -> np.ndarray:
            return points(start, difference, alphas)

        positions = np.arange(self.steps + 1) / self.steps
        answers: list[np.ndarray] = []
        for part in batches(len(positions)):
            answers.extend(classifier.logits(at(positions[part])))
            scores = np.stack(answers)
            curves = {
                "positions": positions[: part.stop].astype(np.float32),
                "logits": scores[:, target],
                "probabilities": softmax(scores)[:, target],
            }
            progress(len(answers) / questions, Measurements(curves))
        asked = len(answers)

        gradients: list[np.ndarray] = []
        for part in batches(len(shown)):
            found = classifier.gradients(at(positions[shown[part]]), target)
            gradients.extend(np.abs(found).max(axis=-1))
            progress((asked + len(gradients)) / questions)
        asked += len(gradients)

        total = np.zeros(rgb.shape)
        collected = [0.0]
        sums = [np.zeros(rgb.shape[:2], np.float32)]
        for first in range(0, self.steps, PATH_STEPS):
            slopes = classifier.path_multipliers(at(positions[first : first + PATH_STEPS + 1]), target)
            # Step by step: what is collected is shown after each of them.
            for slope in slopes:
                total += difference * slope / self.steps
                collected.append(float(total.sum()))
                if len(collected) - 1 in shown:
                    sums.append(total.sum(axis=-1).astype(np.float32))
            if len(collected) <= self.steps:
                progress((asked + len(collected) - 1) / questions)

        logit, baseline_logit = float(scores[-1, target]), float(scores[0, target])
        delta, relative = completeness_error(total, logit, baseline_logit)
        probabilities = curves["probabilities"]
        measured = Measurements(
            arrays={
                **curves,
                "collected": np.array(collected, np.float32),
                "shown": shown,
                "photos": np.rint(at(positions[shown]) * 255).clip(0, 255).astype(np.uint8),
                "gradients": np.stack(gradients).astype(np.float32),
                "sums": np.stack(sums),
            },
            numbers={
                "logit": logit,
                "baseline_logit": baseline_logit,
                "convergence_delta": delta,
                "relative_delta": relative,
                "convinced": float(positions[np.argmax(probabilities >= _NEARLY * probabilities[-1])]),
            },
        )
        progress(1.0, measured)
        return measured
