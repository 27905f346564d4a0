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
from xai_core.types import PassCounts, StudyOutput

#: The methods whose maps are made, all from one backward pass.
METHODS: tuple[type[ClassActivation], ...] = (GradCam, GradCamPlusPlus)


@dataclass(frozen=True, eq=False)
class BlockMapsResult(StudyOutput):
    """The evidence for and against the target at the end of every block."""

    evidence: Mapping[str, np.ndarray]  # "<method>.<layer>": f32[2,u,v], for and against the target, both at least 0

    def map(self, method: type[ClassActivation], layer: str, *, against: bool) -> np.ndarray:
        """Return the method's map f32[u,v] at the end of a block.

        It is at least 0; with `against` it is signed, and negative where evidence speaks against the target.
        """
        positive, negative = self.evidence[f"{method.info.key}.{layer}"]
        return positive - negative if against else positive


@dataclass(frozen=True)
class BlockMaps(Study[BlockMapsResult]):
    """Grad-CAM and Grad-CAM++ at the end of every block, for the first photo."""

    info: ClassVar[StudyInfo] = StudyInfo("block_maps")
    output: ClassVar = BlockMapsResult

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(backward=1)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> BlockMapsResult:
        evidence: dict[str, np.ndarray] = {}
        for layer, (activations, gradients) in classifier.block_gradients(photos[:1], target).items():
            for method in METHODS:
                both = method().for_and_against(activations[0], gradients[0])
                evidence[f"{method.info.key}.{layer}"] = np.stack(both).astype(np.float32)
        result = BlockMapsResult(evidence)
        progress(1.0, result)
        return result
