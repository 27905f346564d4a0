"""Guided Grad-CAM: the fine detail of guided backpropagation, kept where Grad-CAM found the breed."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import MethodInfo, Progress, ignore_progress
from xai_core.explainers.class_activation.base import LayerMethod, balance, enlarged
from xai_core.explainers.class_activation.grad_cam import GradCam
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution, PassCounts


@dataclass(frozen=True)
class GuidedGradCam(LayerMethod):
    """Multiply the signal of guided backpropagation with the enlarged Grad-CAM map, pixel by pixel.

    Selvaraju et al. 2017, section 3.2; guided backpropagation is Springenberg et al. 2014. The product, f32[h,w,3], is in
    the extras as "signal"; its sign is the direction in which a colour should change, not evidence for or against the
    class, so values are the largest size among the three colours, f32[h,w], at least 0. Diagnostics are Grad-CAM's: with
    "all_negative" the product is zero everywhere. Raises UnsupportedError for a network without CAM layers or without
    guided backpropagation, UnknownNameError for a layer that it does not offer.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="guided_grad_cam",
        title=N_("Guided Grad-CAM"),
        family="class activation",
        how=N_(
            "It takes the fine drawing of guided backpropagation and keeps of it what lies where Grad-CAM found the "
            "breed. The result shows detail inside the telling region."
        ),
        sentence=N_(
            "Coloured strokes are the details, such as eyes or fur, inside the places that speak for this breed."
        ),
        paper="Selvaraju et al. 2017; Springenberg et al. 2014",
        url="https://arxiv.org/abs/1610.02391",
        signed=False,
        needs=("gradients", "layers", "rules"),
        trust=N_("For which details lie inside the telling region; the region itself comes from Grad-CAM."),
        limits=N_("The fine strokes act partly as an edge detector: they look much the same for any breed."),
        quick=True,
    )

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts(backward=2)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        layer = self.full_layer_name(classifier)
        activations, gradients = classifier.layer_gradients(rgb[np.newaxis], layer, target)
        progress(0.3)
        evidence_for, evidence_against = GradCam().for_and_against(activations[0], gradients[0])
        [guided] = classifier.gradients(rgb[np.newaxis], target, rule="guided")
        signal = guided * enlarged(evidence_for, rgb.shape[:2])[..., np.newaxis]
        values = np.abs(signal).max(axis=-1)
        result = Attribution(
            values, diagnostics=balance(evidence_for, evidence_against, values), extras={"signal": signal}
        )
        progress(1.0, result)
        return result
