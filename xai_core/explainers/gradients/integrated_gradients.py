"""Integrated Gradients: what each pixel adds on the way from an empty picture to the photo."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import PATH_STEPS, Classifier, ModelSpec
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.explainers.shared.batches import BATCH
from xai_core.explainers.shared.completeness import completeness_error
from xai_core.explainers.shared.reliability import reliability
from xai_core.i18n.catalogues import N_
from xai_core.maps.grid import on_grid
from xai_core.photos.fills import filled
from xai_core.types import Attribution, PassCounts

#: The empty pictures there are.
BASELINES = (N_("black"), N_("grey"), N_("blurred"), N_("noise"))


@dataclass(frozen=True)
class IntegratedGradients(Explainer):
    """Integrate the logit's gradient on the straight line from a baseline x' to the photo x, times (x - x').

    Sundararajan, Taly and Yan 2017, equation 1; the rule "riemann" is their equation 3. The default "secant" deviates in
    how the integral becomes a sum: in place of the gradient at one point of each step it takes the slopes between the
    step's two ends, carried through each ReLU and each max-pooling by DeepLIFT's rescale rule (Classifier.path_multipliers).
    Both sums have the same limit, because a slope between two points becomes the gradient as they close in; but the slopes
    add up to the difference of the logits exactly with any number of steps, while on networks whose gradient jumps along
    the path, as InceptionV3's does, sums of gradients still miss 1 % of it after a hundred steps.

    Values are f32[h,w,3] in units of the logit and sum to F(x) - F(x'), by the other rules up to the quadrature's error.
    Diagnostics: "logit" F(x), "baseline_logit" F(x'), "convergence_delta" (sum of the values minus the difference of the
    logits), "relative_delta" (its size as a share of that difference) and, from two steps on, "reliability": the estimated
    rank correlation with the map from endless steps, judged by two maps from every other step (reliability.py). As secants
    always add up, only this number shows whether there were enough steps.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="integrated_gradients",
        title=N_("Integrated Gradients"),
        family="gradients",
        how=N_(
            "It lets the photo emerge from an empty picture and follows how each pixel moves the score on the way. "
            "The colours add up to what the score gained."
        ),
        sentence=N_(
            "Each coloured dot is a pixel that moved the network towards this breed or away from it, "
            "as the photo emerges from an empty picture."
        ),
        paper="Sundararajan, Taly and Yan 2017",
        url="https://arxiv.org/abs/1703.01365",
        signed=True,
        needs=("logits", "gradients", "multipliers"),
        trust=N_(
            "When its reliability is near 1, the convergence delta is small, and another empty picture gives a similar map."
        ),
        limits=N_("Parts of the photo that look like the chosen empty picture get no colour, even where they matter."),
    )

    baseline: str = params.choice(
        "black",
        BASELINES,
        N_("Empty picture"),
        N_("What the photo emerges from. With black, dark fur can get no colour; compare with another one."),
    )
    steps: int = params.integer(
        8,
        1,
        300,
        N_("Steps"),
        N_("Pictures between the empty one and the photo; more of them are slower and more precise."),
    )
    rule: str = params.choice(
        "secant",
        (N_("secant"), N_("midpoint"), N_("gauss-legendre"), N_("riemann")),
        N_("What is added up"),
        N_(
            "Secants add up exactly. The others take the gradient at points; Riemann, the original paper's, needs the most."
        ),
    )
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        joints = -(-self.steps // PATH_STEPS) if self.rule == "secant" else 0  # evaluated twice: two batches meet there
        return PassCounts(forward=2, backward=self.steps + joints)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        baseline = self.empty_picture(rgb)
        difference = rgb.astype(np.float64) - baseline
        logit, baseline_logit = (float(value) for value in classifier.logits(np.stack([rgb, baseline]))[:, target])
        halves = np.zeros((2, *rgb.shape))
        used = done = 0.0
        for steps, weights, slopes in self._slopes(classifier, baseline, difference, target):
            for parity in (0, 1):
                members = steps % 2 == parity
                halves[parity] += np.tensordot(weights[members], slopes[members].astype(np.float64), axes=1)
            used += float(weights.sum())
            done += len(steps)
            result = _attribution(difference * halves / used, logit, baseline_logit)
            progress(1.0 if done == self.steps else done / self.steps, result)
        return result

    def _slopes(
        self, classifier: Classifier, baseline: np.ndarray, difference: np.ndarray, target: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield, batch by batch, the steps' numbers i64[N], their weights f64[N] and slopes f32[N,h,w,3]."""
        if self.rule == "secant":
            # From the photo backwards: its end of the path resembles the whole more than the empty picture's does.
            for last in range(self.steps, 0, -PATH_STEPS):
                first = max(last - PATH_STEPS, 0)
                ends = points(baseline, difference, np.arange(first, last + 1) / self.steps)
                steps = np.arange(first, last)
                yield steps, np.full(len(steps), 1 / self.steps), classifier.path_multipliers(ends, target)
            return
        positions, weights = quadrature(self.rule, self.steps)
        rounds = -(-self.steps // BATCH)
        for start in range(rounds):
            # Every batch is spread over the whole path, so that the first estimate already resembles the last.
            steps = np.arange(start, self.steps, rounds)
            gradients = classifier.gradients(points(baseline, difference, positions[steps]), target)
            yield steps, weights[steps], gradients

    def empty_picture(self, rgb: np.ndarray) -> np.ndarray:
        """Return the baseline f32[h,w,3] in [0, 1] from which this photo emerges."""
        if self.baseline == "noise":
            return np.random.default_rng(self.seed).random(rgb.shape, dtype=np.float32)
        return filled(rgb, self.baseline)


def points(baseline: np.ndarray, difference: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the photos f32[N,h,w,3] at `positions` [N] in [0, 1] of the way from the baseline."""
    return (baseline + positions[:, np.newaxis, np.newaxis, np.newaxis] * difference).astype(np.float32)


def quadrature(rule: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions in [0, 1] and the weights (they sum to 1), both f64[steps], of a rule on [0, 1]."""
    if rule == "gauss-legendre":
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        return (nodes + 1) / 2, weights / 2
    offset = {"midpoint": 0.5, "riemann": 1.0}[rule]
    return (np.arange(steps) + offset) / steps, np.full(steps, 1 / steps)


def _attribution(halves: np.ndarray, logit: float, baseline_logit: float) -> Attribution:
    values = halves.sum(axis=0)
    delta, relative = completeness_error(values, logit, baseline_logit)
    diagnostics = {
        "logit": logit,
        "baseline_logit": baseline_logit,
        "convergence_delta": delta,
        "relative_delta": relative,
    }
    if halves[0].any() and halves[1].any():
        diagnostics["reliability"] = reliability(*(on_grid(half) for half in halves))
    return Attribution(values.astype(np.float32), diagnostics=diagnostics)
