"""What a method is: a frozen dataclass that holds the user's parameters and computes an attribution."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.errors import UnknownNameError
from xai_core.explainers.families import Family
from xai_core.types import Attribution, PassCounts, StudyOutput

#: What a method needs of a network: "layers" are `activations` and `layer_gradients`; "rules" (other rules of `gradients`),
#: "multipliers" and "background" are optional capabilities of a Classifier.
Need = Literal["logits", "gradients", "layers", "rules", "multipliers", "background"]


@dataclass(frozen=True)
class MethodInfo:
    """A method as its catalogue page, its panel and the store know it."""

    key: str
    title: str
    family: Family
    how: str  # how it works, two plain sentences at most
    sentence: str  # how to read the map, one plain sentence for people who do not code
    paper: str  # "Ribeiro, Singh and Guestrin 2016"
    url: str
    signed: bool  # whether negative values are evidence against the class, with the default settings
    needs: tuple[Need, ...]  # what it uses of a network
    trust: str  # when it can be relied on, one sentence
    limits: str  # when not to trust it, one sentence
    quick: bool = False  # at most four passes with the default settings: pages compute its map without a click
    version: int = 1  # raise it whenever the same request gets another result: it is part of the store's key


class Progress(Protocol):
    """Called by a method between two batches, with the share done in [0, 1] and, if there is one, a partial result.

    Raises CancelledError where the job was cancelled; a method lets it pass.
    """

    def __call__(self, fraction: float, partial: Attribution | StudyOutput | None = None) -> None: ...


def ignore_progress(fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
    """Do nothing: the default for callers that show no progress."""


@dataclass(frozen=True)
class Explainer(ABC):
    """One method with its parameters; equal instances give equal attributions. Raises ParameterError when out of range."""

    info: ClassVar[MethodInfo]

    def __post_init__(self) -> None:
        params.check(self)

    @property
    def signed(self) -> bool:
        """Whether negative values of this map are evidence against the class; a method's settings may decide it."""
        return self.info.signed

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        """Return the most passes through that network that the method takes: by default the gradients of one photo."""
        return PassCounts(backward=1)

    @abstractmethod
    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        """Return the attribution of the target's logit to the photo rgb f32[h,w,3] in [0, 1], at the network's size.

        Neither the network nor `rgb` is changed, after an error either. The last call of `progress` has fraction 1.
        """


def resolve_layer(spec: ModelSpec, layer: str) -> str:
    """Return the layer meant by `layer`: any layer's name, a block's ("block4") for its CAM layer, "" for the last one.

    Raises UnknownNameError naming the layers that end a block.
    """
    if not layer:
        return spec.cam_layers[-1]
    for offered in spec.cam_layers:
        if layer in (offered, spec.block_title(offered)):
            return offered
    if layer in spec.layers:
        return layer
    raise UnknownNameError(
        "{network} has no layer “{layer}”; choose one of {offered}.",
        network=spec.title,
        layer=layer,
        offered=", ".join(spec.cam_layers),
    )
