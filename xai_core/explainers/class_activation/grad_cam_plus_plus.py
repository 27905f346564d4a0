"""Grad-CAM++: Grad-CAM with places weighted, so that small and repeated signs of a breed count as much as large ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.explainers.base import MethodInfo
from xai_core.explainers.class_activation.base import ClassActivation
from xai_core.i18n.catalogues import N_


@dataclass(frozen=True)
class GradCamPlusPlus(ClassActivation):
    """Weigh each channel by its positive gradients, each place by the share alpha that explains the score best.

    Chattopadhay et al. 2018 (arXiv:1710.11063), equation 19 for alpha, then their weights w = sum of alpha relu(dY/dA).
    The paper takes Y = exp(S) of the logit S, whose derivatives in a network of ReLUs are exp(S) g, exp(S) g^2 and
    exp(S) g^3 with g = dS/dA. In alpha = g^2 / (2 g^2 + g^3 sum(A)) exp(S) cancels out. In the weights it is one factor
    common to all places, which no picture shows and which overflows for large logits: it is left out here, so that
    values are in units of the logit, as Grad-CAM's are.
    The authors' code and tf-keras-vis also divide each channel's alphas by their sum, which the paper's equations do not
    say; pytorch-grad-cam does not, and neither do we.
    The form of the values, the diagnostics and the errors are those of ClassActivation.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="grad_cam_plus_plus",
        title=N_("Grad-CAM++"),
        family="class activation",
        how=N_(
            "Like Grad-CAM, but each place of a map has a weight of its own and only what raises the score counts. "
            "Small or repeated signs are not drowned by large ones."
        ),
        sentence=N_("Coloured areas are the places where the network found signs of this breed, small ones included."),
        paper="Chattopadhay et al. 2018",
        url="https://arxiv.org/abs/1710.11063",
        signed=False,
        needs=("layers",),
        trust=N_("For several dogs, or several telling parts, in one photo."),
        limits=N_("It colours more of the photo than Grad-CAM, so it is less choosy between breeds that look alike."),
        quick=True,
    )

    def evidence(self, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
        weights = (place_weights(activations, gradients) * np.maximum(gradients, 0)).sum(axis=(0, 1))
        return activations @ weights


def place_weights(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Return alpha f64[u,v,K] of equation 19, divided through by g^2; 0 where the gradient or the divisor is 0."""
    divisor = 2 + gradients * activations.sum(axis=(0, 1))
    return np.divide(1.0, divisor, out=np.zeros_like(divisor), where=(gradients != 0) & (divisor != 0))
