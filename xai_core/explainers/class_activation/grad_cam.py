"""Grad-CAM: which places of a convolutional layer raise the target's logit."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.explainers.base import MethodInfo
from xai_core.explainers.class_activation.base import ClassActivation
from xai_core.i18n.catalogues import N_


@dataclass(frozen=True)
class GradCam(ClassActivation):
    """Weigh each channel of a layer by its mean gradient, add the channels up and keep what is positive.

    Selvaraju et al. 2017, equations 1 and 2. Values are in units of the logit's gradient times the layer's activation;
    their form, the diagnostics and the errors are those of ClassActivation.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="grad_cam",
        title=N_("Grad-CAM"),
        family="class activation",
        how=N_(
            "It weighs each map of a layer by how much the score would rise if that map grew. "
            "The weighted maps are added up and what speaks against the breed is dropped."
        ),
        sentence=N_("Coloured areas are the places where the network found signs of this breed."),
        paper="Selvaraju et al. 2017",
        url="https://arxiv.org/abs/1610.02391",
        signed=False,
        needs=("layers",),
        trust=N_("For where the evidence lies, roughly, and best in the last block."),
        limits=N_(
            "It points at regions, not at fine detail; in early blocks the mean over all places blurs the answer."
        ),
        quick=True,
    )

    def evidence(self, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
        return activations @ gradients.mean(axis=(0, 1))
