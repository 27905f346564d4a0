"""Expected gradients: SHAP values of pixels, estimated from gradients between reference images and the photo."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.errors import UnsupportedError
from xai_core.explainers.base import Explainer, MethodInfo, Progress, silent
from xai_core.explainers.batches import BATCH, batches
from xai_core.explainers.completeness import attribution_against_reference
from xai_core.language import N_
from xai_core.types import Attribution, Questions


@dataclass(frozen=True)
class ExpectedGradients(Explainer):
    """Average (x - x') times the logit's gradient at x' + alpha (x - x') over references x' and alpha in [0, 1].

    Erion et al. 2021; the same expectation as shap.GradientExplainer, which draws alpha and x' independently.
    Here alpha is stratified (one draw in each of `samples` equal parts of [0, 1]) and so are the references (each
    appears once in every run of neighbouring alphas), which leaves less noise for the same number of questions. Values
    are f32[h,w,3] in units of the logit. Diagnostics: "logit" F(x), "reference_logit" (mean F(x') over the samples),
    "completeness_delta" (sum of the values minus the difference of the two) and "relative_delta" (its size as a share
    of that difference). Raises UnsupportedError for a network without reference images.
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
        version=2,
    )

    samples: int = params.integer(
        100,
        8,
        1000,
        N_("Samples"),
        N_("Pictures between the references and the photo; more of them give a calmer map."),
        step=4,
    )
    references: int = params.integer(
        25, 1, 120, N_("Reference images"), N_("How many of the average photos the photo is compared with.")
    )
    seed: int = params.seed()

    def questions(self, spec: ModelSpec) -> Questions:
        return Questions(forward=1, backward=self.samples, drafts=True)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = silent
    ) -> Attribution:
        background = classifier.background()
        if len(background) == 0:
            raise UnsupportedError(
                "{network} has no reference images, which this method needs; choose another method.",
                network=classifier.spec.title,
            )
        alphas, drawn = self._design(len(background))
        logit = float(classifier.logits(rgb[np.newaxis])[0, target])
        reference_logits = np.zeros(0)
        total = np.zeros(rgb.shape)
        for part in batches(self.samples):
            new = classifier.background_logits(drawn[part])[:, target]
            reference_logits = np.concatenate([reference_logits, new])
            references = background[drawn[part]]
            differences = rgb - references
            between = references + alphas[part, np.newaxis, np.newaxis, np.newaxis] * differences
            gradients = classifier.gradients(between, target, draft=True)
            total += (differences * gradients).sum(axis=0, dtype=np.float64)
            result = attribution_against_reference(total / part.stop, logit, float(reference_logits.mean()))
            progress(part.stop / self.samples, result)
        return result

    def _design(self, available: int) -> tuple[np.ndarray, np.ndarray]:
        """Return alpha f32[samples] and the position of its reference in the background i64[samples], as asked."""
        generator = np.random.default_rng(self.seed)
        # Drawn first, so that any number of samples is compared with the same references.
        chosen = generator.permutation(available)[: min(self.references, self.samples)]
        alphas = (np.arange(self.samples) + generator.random(self.samples)) / self.samples
        runs = -(-self.samples // len(chosen))
        drawn = np.concatenate([generator.permutation(chosen) for _ in range(runs)])[: self.samples]
        # Every batch is spread over the whole path, so that the first estimate already resembles the last.
        rounds = -(-self.samples // BATCH)
        order = np.argsort(np.arange(self.samples) % rounds, kind="stable")
        return alphas[order].astype(np.float32), drawn[order]
