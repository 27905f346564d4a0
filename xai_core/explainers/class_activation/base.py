"""What the class activation methods share: the choice of a layer, and the evidence for and against a class."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from PIL import Image

from xai_core import params
from xai_core.classifiers.base import Classifier
from xai_core.errors import UnsupportedError
from xai_core.explainers.base import Explainer, Progress, ignore_progress, resolve_layer
from xai_core.i18n.catalogues import N_, LazyText
from xai_core.types import Attribution


@dataclass(frozen=True)
class LayerMethod(Explainer):
    """A method that looks into one layer; it raises UnsupportedError for a network without CAM layers."""

    layer: str = params.layer(
        N_(
            "The part of the network to look into: early ones see edges and textures in fine detail, "
            "late ones see whole parts of the dog, coarsely."
        )
    )

    def full_layer_name(self, classifier: Classifier) -> str:
        """Return the layer's full name. Raises UnsupportedError or UnknownNameError where there is none."""
        if not classifier.spec.cam_layers:
            raise UnsupportedError(
                "{network} has no convolutional layers to look into, which {method} needs; "
                "choose another method or another network.",
                network=classifier.spec.title,
                method=LazyText(self.info.title),
            )
        return resolve_layer(classifier.spec, self.layer)


@dataclass(frozen=True)
class ClassActivation(LayerMethod):
    """A method that makes a map of a layer's activations A and their gradients g = d logit / d A.

    The map for the class is `evidence(A, g)` with negative values set to 0, as each paper says. The map against it is the
    same map for the negated logit, `evidence(A, -g)`: the "counterfactual explanation" of Selvaraju 2017, section 3.3,
    here for the whole family. With `against`, values are their difference, negative where the evidence is against the class.

    Values are f32[u,v] at the layer's own resolution; `render` enlarges them. Diagnostics:
    "positive_share", the evidence for the class as a share in [0, 1] of that for and against it, and
    "all_negative", 1 where the ReLU left nothing (the map is then zero everywhere), otherwise 0.
    """

    against: bool = params.flag(
        False, N_("Show evidence against"), N_("Shows in blue what speaks against the breed; otherwise it is left out.")
    )

    @property
    def signed(self) -> bool:
        """Whether the evidence against is shown too."""
        return self.against

    @abstractmethod
    def evidence(self, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
        """Return the method's map f64[u,v] before its last ReLU, from A and d logit / d A, both f64[u,v,K]."""

    def for_and_against(self, activations: np.ndarray, gradients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the evidence for the class and the evidence against it, both f64[u,v] and at least 0."""
        wide, slopes = activations.astype(np.float64), gradients.astype(np.float64)
        return np.maximum(self.evidence(wide, slopes), 0), np.maximum(self.evidence(wide, -slopes), 0)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        layer = self.full_layer_name(classifier)
        activations, gradients = classifier.layer_gradients(rgb[np.newaxis], layer, target)
        evidence_for, evidence_against = self.for_and_against(activations[0], gradients[0])
        values = evidence_for - evidence_against if self.against else evidence_for
        result = Attribution(values.astype(np.float32), diagnostics=balance(evidence_for, evidence_against, values))
        progress(1.0, result)
        return result


def balance(evidence_for: np.ndarray, evidence_against: np.ndarray, values: np.ndarray) -> dict[str, float]:
    """Return the diagnostics of a map whose `values` were made from the evidence for and against, both at least 0."""
    total = float(evidence_for.sum() + evidence_against.sum())
    return {
        "positive_share": float(evidence_for.sum()) / total if total else 0.0,
        "all_negative": float(not values.any()),
    }


def enlarged(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a map [u,v] enlarged bilinearly to (height, width), as f32; the papers' "upsampling".

    Pillow's, and not `grid.stretch`, whose last bits differ: stored maps would no longer be reproduced.
    """
    height, width = size
    stretched = Image.fromarray(values.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(stretched)
