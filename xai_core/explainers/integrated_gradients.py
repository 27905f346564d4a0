"""Integrated Gradients: what each pixel adds on the way from an empty picture to the photo."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Explainer, MethodInfo, Progress, silent
from xai_core.explainers.batches import BATCH
from xai_core.explainers.completeness import completeness_error
from xai_core.explainers.fills import filled
from xai_core.types import Attribution, Questions

#: The empty pictures there are.
BASELINES = ("black", "grey", "blurred", "noise")


@dataclass(frozen=True)
class IntegratedGradients(Explainer):
    """Integrate the logit's gradient on the straight line from a baseline x' to the photo x, times (x - x').

    Sundararajan, Taly and Yan 2017, equation 1; the rule "riemann" is their equation 3. The default, 40 midpoints,
    reaches the convergence delta of 51 right sums on random ReLU networks; their slope jumps along the path, so that
    Gauss-Legendre has no advantage there. Values are f32[h,w,3] in units of the logit and sum to F(x) - F(x') up to
    the quadrature's error. Diagnostics: "logit" F(x), "baseline_logit" F(x'), "convergence_delta" (sum of the values
    minus the difference of the logits) and "relative_delta" (its size as a share of that difference).
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="integrated_gradients",
        title="Integrated Gradients",
        family="gradients",
        how=(
            "It lets the photo emerge from an empty picture and follows how each pixel moves the score on the way. "
            "The colours add up to what the score gained."
        ),
        sentence=(
            "Each coloured dot is a pixel that moved the network towards this breed or away from it, "
            "as the photo emerges from an empty picture."
        ),
        paper="Sundararajan, Taly and Yan 2017",
        url="https://arxiv.org/abs/1703.01365",
        signed=True,
        needs=("logits", "gradients"),
        trust="When the convergence delta is small and another empty picture gives a similar map.",
        limits="Parts of the photo that look like the chosen empty picture get no colour, even where they matter.",
    )

    baseline: str = params.choice(
        "black",
        BASELINES,
        "Empty picture",
        "What the photo emerges from. With black, dark fur can get no colour; compare with another one.",
    )
    steps: int = params.integer(
        40, 1, 300, "Steps", "Pictures between the empty one and the photo; more of them are slower and more precise."
    )
    rule: str = params.choice(
        "midpoint",
        ("midpoint", "gauss-legendre", "riemann"),
        "Spacing of the steps",
        "How the steps are placed. Riemann is the rule of the original paper and needs the most of them.",
    )
    seed: int = params.seed()

    def questions(self, spec: ModelSpec) -> Questions:
        return Questions(forward=2, backward=self.steps)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = silent
    ) -> Attribution:
        baseline = self.empty_picture(rgb)
        difference = rgb.astype(np.float64) - baseline
        logit, baseline_logit = (float(one) for one in classifier.logits(np.stack([rgb, baseline]))[:, target])
        positions, weights = quadrature(self.rule, self.steps)
        total = np.zeros(rgb.shape)
        used = 0.0
        done = 0
        rounds = -(-self.steps // BATCH)
        for first in range(rounds):
            # Every batch is spread over the whole path, so that the first estimate already resembles the last.
            chosen = slice(first, None, rounds)
            path = baseline + positions[chosen, np.newaxis, np.newaxis, np.newaxis] * difference
            gradients = classifier.gradients(path.astype(np.float32), target)
            total += np.tensordot(weights[chosen], gradients.astype(np.float64), axes=1)
            used += float(weights[chosen].sum())
            done += len(path)
            estimate = difference * total / used
            result = _attribution(estimate, logit, baseline_logit)
            progress(1.0 if done == self.steps else done / self.steps, result)
        return result

    def empty_picture(self, rgb: np.ndarray) -> np.ndarray:
        """Return the baseline f32[h,w,3] in [0, 1] from which this photo emerges."""
        if self.baseline == "noise":
            return np.random.default_rng(self.seed).random(rgb.shape, dtype=np.float32)
        return filled(rgb, self.baseline)


def quadrature(rule: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions in [0, 1] and the weights (they sum to 1), both f64[steps], of a rule on [0, 1]."""
    if rule == "gauss-legendre":
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        return (nodes + 1) / 2, weights / 2
    offset = {"midpoint": 0.5, "riemann": 1.0}[rule]
    return (np.arange(steps) + offset) / steps, np.full(steps, 1 / steps)


def _attribution(values: np.ndarray, logit: float, baseline_logit: float) -> Attribution:
    delta, relative = completeness_error(values, logit, baseline_logit)
    return Attribution(
        values.astype(np.float32),
        diagnostics={
            "logit": logit,
            "baseline_logit": baseline_logit,
            "convergence_delta": delta,
            "relative_delta": relative,
        },
    )
