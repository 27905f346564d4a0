"""DeepLIFT: what each pixel's difference from a reference picture adds to the score."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.errors import UnsupportedError
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.explainers.shared.batches import batches
from xai_core.explainers.shared.completeness import attribution_against_reference
from xai_core.i18n.catalogues import N_
from xai_core.photos.fills import filled
from xai_core.types import Attribution, PassCounts

_AVERAGES = N_("average dogs")


@dataclass(frozen=True)
class DeepLift(Explainer):
    """Multiply the photo's difference from a reference by multipliers that carry whole differences through each ReLU.

    Shrikumar, Greenside and Kundaje 2017, by the rescale rule (section 3.5.1, equation 14); max-pooling as in
    shap.DeepExplainer, see Classifier.multipliers. With several references the maps are averaged, which is DeepExplainer's
    estimate of SHAP values. Values are f32[h,w,3] in units of the logit and sum to F(x) - mean F(x') but for rounding
    (summation to delta, equation 1). Diagnostics: "logit" F(x), "reference_logit" (mean F(x')), "completeness_delta" (sum
    of the values minus the difference of the two) and "relative_delta" (its size as a share of that difference). Raises
    UnsupportedError for average dogs where a network has no reference images.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="deep_lift",
        title=N_("DeepLIFT"),
        family="gradients",
        how=N_(
            "It runs photo and reference picture through the network side by side and passes each unit's change back to "
            "what changed it. The colours add up to the whole change of the score."
        ),
        sentence=N_(
            "Each coloured dot is a pixel whose difference from the reference picture moved the network towards this "
            "breed or away from it."
        ),
        paper="Shrikumar, Greenside and Kundaje 2017",
        url="https://arxiv.org/abs/1704.02685",
        signed=True,
        needs=("logits", "multipliers"),
        trust=N_(
            "Where a gradient is silent because the network is already convinced, and when other references agree."
        ),
        limits=N_("Another reference gives another map, and reasons that cancel out inside the network can go unseen."),
        quick=True,
    )

    reference: str = params.choice(
        "blurred",
        (N_("black"), N_("grey"), N_("blurred"), _AVERAGES),
        N_("Reference picture"),
        N_(
            "What the photo is compared with: an empty picture, its own blur, or averages of the photos of many breeds."
        ),
    )
    references: int = params.integer(
        8,
        1,
        120,
        N_("Average dogs"),
        N_("How many averages of a breed's photos it is compared with; only for average dogs."),
    )
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        references = self.references if self.reference == _AVERAGES else 1
        return PassCounts(forward=1 + references, backward=2 * references)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        references = self._references(classifier, rgb)
        inputs = np.concatenate([rgb[np.newaxis], references])
        passes = len(inputs) + len(references)
        logits = np.empty(len(inputs))
        for part in batches(len(inputs)):
            logits[part] = classifier.logits(inputs[part])[:, target]
            progress(part.stop / passes)
        logit, reference_logit = float(logits[0]), float(logits[1:].mean())

        total = np.zeros(rgb.shape)
        for part in batches(len(references)):
            compared = references[part]
            photos = np.repeat(rgb[np.newaxis], len(compared), axis=0)
            multipliers = classifier.multipliers(photos, compared, target)
            total += (multipliers * (photos - compared)).sum(axis=0, dtype=np.float64)
            result = attribution_against_reference(total / part.stop, logit, reference_logit)
            progress((len(inputs) + part.stop) / passes, result)
        return result

    def _references(self, classifier: Classifier, rgb: np.ndarray) -> np.ndarray:
        """Return the reference pictures f32[R,h,w,3] in [0, 1]; average dogs are drawn without repetition."""
        if self.reference != _AVERAGES:
            return filled(rgb, self.reference)[np.newaxis]
        background = classifier.background()
        if len(background) == 0:
            raise UnsupportedError(
                "{network} comes without averages of dog photos; choose another reference picture.",
                network=classifier.spec.title,
            )
        return background[np.random.default_rng(self.seed).permutation(len(background))[: self.references]]
