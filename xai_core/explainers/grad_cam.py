"""Grad-CAM: which places of a convolutional layer raise the target's logit."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier
from xai_core.errors import UnsupportedError
from xai_core.explainers.base import Explainer, MethodInfo, Progress, resolve_layer, silent
from xai_core.types import Attribution


@dataclass(frozen=True)
class GradCam(Explainer):
    """Weigh each channel of a layer by its mean gradient, add the channels up and keep what is positive.

    Selvaraju et al. 2017, equations 1 and 2. Values are f32[u,v] at the layer's own resolution, at least 0, in units of
    the logit's gradient times the layer's activation; enlarging them is left to whoever draws them. Diagnostics:
    "positive_share", the positive part of the map before equation 2's ReLU as a share in [0, 1] of all evidence, and
    "all_negative", 1 where the ReLU left nothing (the map is then zero everywhere), otherwise 0.
    Raises UnsupportedError for a network without CAM layers, UnknownNameError for a layer that it does not offer.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="grad_cam",
        title="Grad-CAM",
        family="class activation",
        how=(
            "It weighs each map of a layer by how much the score would rise if that map grew. "
            "The weighted maps are added up and what speaks against the breed is dropped."
        ),
        sentence="Coloured areas are the places where the network found signs of this breed.",
        paper="Selvaraju et al. 2017",
        url="https://arxiv.org/abs/1610.02391",
        signed=False,
        needs=("layers",),
        trust="For where the evidence lies, roughly, and best in the last block.",
        limits="It points at regions, not at fine detail, and it hides whatever spoke against the breed.",
    )

    layer: str = params.layer(
        "The part of the network to look into: early ones see edges and textures in fine detail, "
        "late ones see whole parts of the dog, coarsely."
    )

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = silent
    ) -> Attribution:
        if not classifier.spec.cam_layers:
            raise UnsupportedError(
                f"{classifier.spec.title} has no convolutional layers to look into, which Grad-CAM needs; "
                "choose another method or another network."
            )
        layer = resolve_layer(classifier.spec, self.layer)
        activations, gradients = classifier.layer_gradients(rgb[np.newaxis], layer, target)
        channel_weights = gradients[0].mean(axis=(0, 1), dtype=np.float64)
        evidence = activations[0].astype(np.float64) @ channel_weights
        positive = np.maximum(evidence, 0)
        total = float(np.abs(evidence).sum())
        result = Attribution(
            positive.astype(np.float32),
            diagnostics={
                "positive_share": float(positive.sum()) / total if total else 0.0,
                "all_negative": float(not positive.any()),
            },
        )
        progress(1.0, result)
        return result
