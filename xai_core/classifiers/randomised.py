"""Networks that have learned nothing, for sanity checks: a map that looks the same on them does not show what was learned.

"vgg16~random" is VGG16 with random weights throughout; "vgg16~random-2" keeps what was learned below its last two parts
(Adebayo 2018, arXiv:1810.03292, section 3.1: randomisation from the top down). The parts of a network, counted from the
output, are what follows its last block and then its blocks: 1 + len(spec.cam_layers) in all.
"""

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import UnknownNameError
from xai_core.i18n.catalogues import N_

if TYPE_CHECKING:
    import keras

#: Raise it whenever the same key gets other weights: the digest, and with it every cache key, follows.
_VERSION = 1


class BaseNetwork(Protocol):
    """A network of the registry whose architecture can be had with weights of its own."""

    def spec(self) -> ModelSpec:
        """Return the network's description."""
        ...

    def model(self) -> "keras.Model":
        """Return a new Keras model with the learned weights."""
        ...

    @property
    def references(self) -> np.ndarray | None:
        """Return the reference images f32[M,h,w,3], or None where there are none."""
        ...


@dataclasses.dataclass(frozen=True)
class RandomisedNetwork:
    """The network `base` with random weights in its last `count` parts, or in all of them."""

    base: BaseNetwork
    count: int | Literal["all"]

    def spec(self) -> ModelSpec:
        """Return the network's description. Raises UnknownNameError where the network has fewer parts."""
        return randomised_spec(self.base.spec(), self.count)

    def load(self) -> LoadedClassifier:
        """Return the network, ready to answer; it has no measure of familiarity. Raises what the base raises."""
        from xai_core.classifiers.engines.choice import engine_for
        from xai_core.classifiers.engines.fresh_weights import randomise

        spec, model = self.spec(), self.base.model()
        randomise(model, spec, _number_of_parts(spec, self.count))
        return LoadedClassifier(spec, engine_for(spec, model), self.base.references, familiarity=None)


def randomised(spec: ModelSpec, count: int | Literal["all"] = "all") -> NetworkRef:
    """Return the same network with random weights in its last `count` parts, or throughout."""
    return dataclasses.replace(spec.ref, randomised=count)


def part_count(spec: ModelSpec) -> int:
    """Return how many parts of a network can be randomised one after the other."""
    return 1 + len(spec.cam_layers)


def randomised_spec(base: ModelSpec, count: int | Literal["all"]) -> ModelSpec:
    """Return the description of `base` with random weights. Raises UnknownNameError where it has fewer parts."""
    network = NetworkRef(base.key, count)
    scheme = f"{base.weights_digest} random {_number_of_parts(base, count)} version {_VERSION}"
    return dataclasses.replace(
        base,
        key=str(network),
        title=base.title + str(network).removeprefix(base.key),  # no words, which would have to be translated
        sentence=N_("The same network without what it learned, to see whether a map depends on that at all."),
        weights_digest=hashlib.sha256(scheme.encode()).hexdigest(),
    )


def _number_of_parts(base: ModelSpec, count: int | Literal["all"]) -> int:
    most = part_count(base)
    if count == "all":
        return most
    if count > most:
        raise UnknownNameError(
            "There is no network “{key}”; choose {family}, or {family}-1 to {family}-{most}.",
            key=str(NetworkRef(base.key, count)),
            family=str(NetworkRef(base.key, "all")),
            most=most,
        )
    return count
