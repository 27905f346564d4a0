"""HiResCAM: gradient times activation, place by place, so that only places that were used are coloured."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.explainers.base import MethodInfo
from xai_core.explainers.class_activation.base import ClassActivation
from xai_core.i18n.catalogues import N_


@dataclass(frozen=True)
class HiResCam(ClassActivation):
    """Multiply each activation with its own gradient, add the channels up and keep what is positive.

    Draelos and Carin 2020 (arXiv:2011.08891): the same as Grad-CAM without the mean of the gradients over all
    places. Where everything above the layer is linear, the map before its ReLU sums to the logit without its bias.
    The paper leaves the last ReLU to the picture; here it is on unless `against` is chosen, as in the whole family.
    The form of the values, the diagnostics and the errors are those of ClassActivation.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="hires_cam",
        title=N_("HiResCAM"),
        family="class activation",
        how=N_(
            "It multiplies every place of every map with how much that place moves the score, and adds the maps up. "
            "Nothing is averaged over the photo."
        ),
        sentence=N_("Coloured areas are the places that this layer really used to raise the score of this breed."),
        paper="Draelos and Carin 2020",
        url="https://arxiv.org/abs/2011.08891",
        signed=False,
        needs=("layers",),
        trust=N_(
            "In the last block, where it adds up to the score; unlike Grad-CAM it colours no place that was not used."
        ),
        limits=N_("In early blocks the map is speckled: gradients there change from one place to the next."),
        quick=True,
    )

    def evidence(self, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
        return (gradients * activations).sum(axis=-1)
