"""Saliency: which pixels change the score most when they change a little."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution


@dataclass(frozen=True)
class Saliency(Explainer):
    """The size of the logit's gradient at each pixel, the largest of the three colours.

    Simonyan, Vedaldi and Zisserman 2013, section 3.1: M_ij = max over c of |w_ijc|. Values are f32[h,w], at least 0, in
    units of the logit per full range of a colour.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="saliency",
        title=N_("Saliency"),
        family="gradients",
        how=N_(
            "It asks how much the score would change if a pixel changed by a hair. "
            "The stronger the colour, the more sensitive the network is there."
        ),
        sentence=N_(
            "Coloured dots are pixels where the smallest change moves the score most, up or down; "
            "the map does not say which way."
        ),
        paper="Simonyan, Vedaldi and Zisserman 2013",
        url="https://arxiv.org/abs/1312.6034",
        signed=False,
        needs=("gradients",),
        trust=N_("As a first look at where the network is sensitive; it takes one question only."),
        limits=N_(
            "Single dots are noise, and a part that already convinced the network fully can stay without colour."
        ),
        quick=True,
    )

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        [gradient] = classifier.gradients(rgb[np.newaxis], target)
        result = Attribution(np.abs(gradient).max(axis=-1).astype(np.float32))
        progress(1.0, result)
        return result
