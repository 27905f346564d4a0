"""Guided backpropagation and DeconvNet: backward passes that treat ReLUs by another rule than the gradient's."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier, Rule
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution


@dataclass(frozen=True)
class BackwardSignal(Explainer):
    """Send the target's logit back to the photo by the rule of the subclass.

    The signal, f32[h,w,3], is in the extras as "signal"; its sign is the direction in which a colour should change,
    not evidence for or against the class, so values are its largest size among the three colours, f32[h,w], at least 0.
    """

    rule: ClassVar[Rule]

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        [signal] = classifier.gradients(rgb[np.newaxis], target, rule=self.rule)
        result = Attribution(np.abs(signal).max(axis=-1).astype(np.float32), extras={"signal": signal})
        progress(1.0, result)
        return result


@dataclass(frozen=True)
class GuidedBackprop(BackwardSignal):
    """Send the logit back through those ReLUs only that were active and whose signal is positive.

    Springenberg et al. 2014, section 3.4. The paper starts from a unit of a layer and shows the signal in colour; here it
    starts from the logit and the signal's size is the map (see BackwardSignal).
    """

    rule = "guided"

    info: ClassVar[MethodInfo] = MethodInfo(
        key="guided_backprop",
        title=N_("Guided backpropagation"),
        family="gradients",
        how=N_(
            "It follows the score back to the pixels, only through units that were active and only where they helped. "
            "What is left is a clean drawing."
        ),
        sentence=N_(
            "Coloured strokes are edges and textures that fed the network's active units on the way to this breed."
        ),
        paper="Springenberg et al. 2014",
        url="https://arxiv.org/abs/1412.6806",
        signed=False,
        needs=("gradients", "rules"),
        trust=N_(
            "For which fine structures of the photo the network responds to at all, not for why it chose the breed."
        ),
        limits=N_(
            "It acts partly as an edge detector: another breed gives nearly the same map, and a network with random "
            "weights draws the photo's outlines too (Adebayo 2018)."
        ),
        quick=True,
    )


@dataclass(frozen=True)
class DeconvNet(BackwardSignal):
    """Send the logit back through transposed convolutions, pooling switches and ReLUs that keep positive signals.

    Zeiler and Fergus 2013, section 2.1, with the signal rectified whether or not the unit itself was active. The paper
    starts from a channel's activation; here the signal starts with 1 at the logit. From a channel: see
    Classifier.channel_gradients.
    """

    rule = "deconvnet"

    info: ClassVar[MethodInfo] = MethodInfo(
        key="deconvnet",
        title=N_("DeconvNet"),
        family="gradients",
        how=N_(
            "It runs the network backwards from the score and drops whatever is negative at each stage. "
            "Where a pooling kept the strongest value, the signal returns to that place."
        ),
        sentence=N_(
            "Coloured strokes are the structures that the network, run backwards from this breed, draws over the photo."
        ),
        paper="Zeiler and Fergus 2013",
        url="https://arxiv.org/abs/1311.2901",
        signed=False,
        needs=("gradients", "rules"),
        trust=N_("For what one channel of a layer responds to; from the breed itself it tells little."),
        limits=N_(
            "It acts partly as an edge detector: only the poolings tell it about the photo, and a network with random "
            "weights draws outlines too (Adebayo 2018)."
        ),
        quick=True,
    )
