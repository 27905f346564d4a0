"""Expected gradients: SHAP values of pixels, estimated from gradients between reference images and the photo."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.errors import UnsupportedError
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.explainers.shared.batches import BATCH, batches
from xai_core.explainers.shared.completeness import attribution_against_reference
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution, PassCounts

#: Its multiples, taken modulo 1, fill [0, 1] most evenly, however many there are.
_GOLDEN_RATIO = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class ExpectedGradients(Explainer):
    """Average (x - x') times the logit's gradient at x' + alpha (x - x') over references x' and alpha in [0, 1].

    Erion et al. 2021; the same expectation as shap.GradientExplainer, which draws alpha and x' independently. Here the
    same number of gradients leaves less noise, in three ways. Alpha is stratified, and drawn more often where x' is near,
    since there the gradient changes most from one reference to the next: by the density 3/2 - alpha, whose inverse weights
    the samples. References are taken at even steps from dark to bright, each as often as any other. And the two are
    paired by multiples of the golden ratio, so that each part of the path meets dark and bright references alike. How near
    fewer samples come to the expectation than independent ones do stands in benchmarks/RESULTS.md.

    Values are f32[h,w,3] in units of the logit. Diagnostics: "logit" F(x), "reference_logit" (mean F(x') over the samples,
    with their weights), "completeness_delta" (sum of the values minus the difference of the two) and "relative_delta" (its
    size as a share of that difference). Raises UnsupportedError for a network without reference images.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="expected_gradients",
        title=N_("SHAP (expected gradients)"),
        family="gradients",
        how=N_(
            "It compares the photo with many averages of dog photos, each time following how the pixels move the score. "
            "The colours are the mean of these comparisons."
        ),
        sentence=N_(
            "Each coloured dot is a pixel that moved the network towards this breed or away from it, "
            "compared with average photos of many breeds."
        ),
        paper="Erion et al. 2021; Lundberg and Lee 2017",
        url="https://arxiv.org/abs/1906.10670",
        signed=True,
        needs=("logits", "gradients", "background"),
        trust=N_("When the colours add up to the change of the score within a few per cent."),
        limits=N_("It is an estimate from random samples: single dots are noise, only their clusters carry meaning."),
        version=4,
    )

    samples: int = params.integer(
        120,
        8,
        1000,
        N_("Samples"),
        N_("Pictures between the references and the photo; more of them give a calmer map."),
        step=4,
    )
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts(forward=1, backward=self.samples, low_precision=True)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        background = classifier.background()
        if len(background) == 0:
            raise UnsupportedError(
                "{network} has no reference images, which this method needs; choose another method.",
                network=classifier.spec.title,
            )
        alphas, weights, drawn = self._design(background.mean(axis=(1, 2, 3)))
        logit = float(classifier.logits(rgb[np.newaxis])[0, target])
        reference_logits = used = 0.0
        total = np.zeros(rgb.shape)
        for part in batches(self.samples):
            references, share = background[drawn[part]], weights[part]
            differences = rgb - references
            between = references + alphas[part, np.newaxis, np.newaxis, np.newaxis] * differences
            gradients = classifier.gradients(between, target, low_precision=True)
            total += np.einsum("n,nhwc,nhwc->hwc", share.astype(np.float32), differences, gradients)
            reference_logits += float(share @ classifier.background_logits(drawn[part])[:, target])
            used += float(share.sum())
            result = attribution_against_reference(total / used, logit, reference_logits / used)
            progress(part.stop / self.samples, result)
        return result

    def _design(self, brightness: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return alpha f32[samples], the samples' weights f64[samples] (mean about 1) and the positions of their references.

        `brightness` [M] orders the references. In the order in which they are evaluated, every batch is spread over the whole
        path, so that the first estimate already resembles the last.
        """
        generator = np.random.default_rng(self.seed)
        numbers = np.arange(self.samples)
        strata = (numbers + generator.random(self.samples)) / self.samples
        alphas = (3 - np.sqrt(9 - 8 * strata)) / 2  # where the density's integral reaches the stratum's point
        lattice = (numbers * _GOLDEN_RATIO + generator.random()) % 1
        steps = (np.argsort(np.argsort(lattice)) + generator.random()) / self.samples
        drawn = np.argsort(brightness, kind="stable")[(steps * len(brightness)).astype(int)]
        order = np.argsort(numbers % -(-self.samples // BATCH), kind="stable")
        return alphas[order].astype(np.float32), 1 / (1.5 - alphas[order]), drawn[order]
