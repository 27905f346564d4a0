"""Where each block of a network, from input to output, finds signs of a breed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier
from xai_core.explainers.base import Progress, silent
from xai_core.explainers.class_activation import ClassActivation
from xai_core.explainers.grad_cam import GradCam
from xai_core.explainers.grad_cam_plus_plus import GradCamPlusPlus
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import Measured

#: The methods whose maps are made, all from one question a block.
METHODS: tuple[type[ClassActivation], ...] = (GradCam, GradCamPlusPlus)


@dataclass(frozen=True)
class BlockMaps(Study):
    """Grad-CAM and Grad-CAM++ at the end of every block, for the first photo.

    Arrays: "<method>.<layer>" f32[2,u,v] for each method's key and each CAM layer, what speaks for the target and what
    against it, both at least 0 (`block_map` makes the map to draw). First results hold the blocks done so far.
    """

    info: ClassVar[StudyInfo] = StudyInfo("block_maps")

    def run(self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = silent) -> Measured:
        arrays: dict[str, np.ndarray] = {}
        layers = classifier.spec.cam_layers
        for done, layer in enumerate(layers, start=1):
            activations, gradients = classifier.layer_gradients(photos[:1], layer, target)
            for method in METHODS:
                both = method().for_and_against(activations[0], gradients[0])
                arrays[f"{method.info.key}.{layer}"] = np.stack(both).astype(np.float32)
            result = Measured(dict(arrays))
            progress(done / len(layers), result)
        return result


def block_map(
    arrays: Mapping[str, np.ndarray], method: type[ClassActivation], layer: str, *, against: bool
) -> np.ndarray | None:
    """Return the method's map f32[u,v] at the end of a block, or None where it is not there yet.

    It is at least 0; with `against` it is signed, and negative where evidence speaks against the breed.
    """
    both = arrays.get(f"{method.info.key}.{layer}")
    if both is None:
        return None
    return both[0] - both[1] if against else both[0]
