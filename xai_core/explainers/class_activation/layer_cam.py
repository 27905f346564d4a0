"""LayerCAM: each place of a layer weighed by its own gradient, which keeps early layers sharp."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.explainers.base import MethodInfo
from xai_core.explainers.class_activation.base import ClassActivation
from xai_core.i18n.catalogues import N_


@dataclass(frozen=True)
class LayerCam(ClassActivation):
    """Weigh each activation by its own positive gradient and add the channels up.

    Jiang et al. 2021 (IEEE TIP 30), section III: the weight of channel k at place ij is relu(g_ij^k), the map is
    relu(sum over k of relu(g^k) A^k). The paper scales maps of shallow layers with tanh before it fuses several layers; one
    layer is shown here, so nothing is scaled.
    The form of the values, the diagnostics and the errors are those of ClassActivation; where A is at least 0, as after
    a ReLU, the map with `against` is sum(g A), which is HiResCAM's.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="layer_cam",
        title=N_("LayerCAM"),
        family="class activation",
        how=N_(
            "It weighs every place of every map by how much the score would rise if that place grew, leaving out what "
            "would lower it. So early layers give fine maps too."
        ),
        sentence=N_(
            "Coloured areas are the places where the network found signs of this breed, finer in early blocks."
        ),
        paper="Jiang et al. 2021",
        url="https://doi.org/10.1109/TIP.2021.3089943",
        signed=False,
        needs=("layers",),
        trust=N_("For early and middle blocks, where Grad-CAM is blurred."),
        limits=N_(
            "What speaks against the breed at a place is left out, so weak and doubtful places are coloured too."
        ),
        quick=True,
    )

    def evidence(self, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
        return (np.maximum(gradients, 0) * activations).sum(axis=-1)
