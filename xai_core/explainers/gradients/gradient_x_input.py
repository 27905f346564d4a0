"""Gradient x input: how much each pixel adds to the score, if the score were a plain sum."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution


@dataclass(frozen=True)
class GradientXInput(Explainer):
    """The logit's gradient times the photo itself.

    Shrikumar, Greenside, Shcherbina and Kundaje 2016. The input is the photo in [0, 1] and black is zero; the
    network's own input has another zero (its mean colour), which would give the same pixel another value. Values are
    f32[h,w,3] in units of the logit.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="gradient_x_input",
        title=N_("Gradient x input"),
        family="gradients",
        how=N_(
            "It multiplies how sensitive the score is to a pixel by how bright the pixel is. "
            "That would be the pixel's exact share if the network were a plain sum."
        ),
        sentence=N_(
            "Orange pixels would lower the score if they were made a little darker, blue ones would raise it; "
            "black pixels never get a colour."
        ),
        paper="Shrikumar, Greenside, Shcherbina and Kundaje 2016",
        url="https://arxiv.org/abs/1605.01713",
        signed=True,
        needs=("gradients",),
        trust=N_("Where the score still rises and falls evenly with the pixels; compare with Integrated Gradients."),
        limits=N_("Dark fur gets little colour whatever it means, and a score that is already full gives almost none."),
        quick=True,
    )

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        [gradient] = classifier.gradients(rgb[np.newaxis], target)
        result = Attribution((gradient * rgb).astype(np.float32))
        progress(1.0, result)
        return result
