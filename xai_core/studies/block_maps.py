"""Where each block of a network, from input to output, finds signs of a breed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.class_activation.base import ClassActivation
from xai_core.explainers.class_activation.grad_cam import GradCam
from xai_core.explainers.class_activation.grad_cam_plus_plus import GradCamPlusPlus
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import Measurements, PassCounts

#: The methods whose maps are made, all from one question a block.
METHODS: tuple[type[ClassActivation], ...] = (GradCam, GradCamPlusPlus)


@dataclass(frozen=True)
class BlockMaps(Study[Measurements]):
    """Grad-CAM and Grad-CAM++ at the end of every block, for the first photo.

    Arrays: "<method>.<layer>" f32[2,u,v] for each method's key and each CAM layer, what speaks for the target and what
    against it, both at least 0 (`block_map` makes the map to draw).
    """

    info: ClassVar[StudyInfo] = StudyInfo("block_maps")

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(backward=1)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Measurements:
        arrays: dict[str, np.ndarray] = {}
        for layer, (activations, gradients) in classifier.block_gradients(photos[:1], target).items():
            for method in METHODS:
                both = method().for_and_against(activations[0], gradients[0])
                arrays[f"{method.info.key}.{layer}"] = np.stack(both).astype(np.float32)
        result = Measurements(arrays)
        progress(1.0, result)
        return result


def block_map(
    arrays: Mapping[str, np.ndarray], method: type[ClassActivation], layer: str, *, against: bool
) -> np.ndarray:
    """Return the method's map f32[u,v] at the end of a block from the study's arrays.

    It is at least 0; with `against` it is signed, and negative where evidence speaks against the breed.
    """
    both = arrays[f"{method.info.key}.{layer}"]
    return both[0] - both[1] if against else both[0]
