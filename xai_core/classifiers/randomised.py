"""Networks that have learned nothing, for sanity checks: a map that looks the same on them does not show what was learned.

"vgg16~random" is VGG16 with random weights throughout; "vgg16~random-2" keeps what was learned below its last two parts
(Adebayo 2018, arXiv:1810.03292, section 3.1: randomisation from the top down). The parts of a network, counted from the
output, are what follows its last block and then its blocks: 1 + len(spec.cam_layers) in all.
"""

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.errors import UnknownNameError
from xai_core.i18n.catalogues import N_

if TYPE_CHECKING:
    import keras

MARK = "~"

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
    """The network `base` with its last `parts` parts random, under the key that asked for it."""

    base: BaseNetwork
    key: str

    def spec(self) -> ModelSpec:
        """Return the network's description. Raises UnknownNameError where the key asks for something else."""
        return randomised_spec(self.base.spec(), self.key)

    def load(self) -> LoadedClassifier:
        """Return the network, ready to answer; how familiar a photo looks it cannot say. Raises what the base raises."""
        from xai_core.classifiers.engines.choice import engine_for
        from xai_core.classifiers.engines.fresh_weights import randomise

        spec, model = self.spec(), self.base.model()
        randomise(model, spec, _parts_asked(spec, self.key))
        return LoadedClassifier(spec, engine_for(spec, model), self.base.references, familiarity=None)


def parts(spec: ModelSpec) -> int:
    """Return how many parts of a network can be randomised one after the other."""
    return 1 + len(spec.cam_layers)


def randomised_key(spec: ModelSpec, count: int | None = None) -> str:
    """Return the key of the network with its last `count` parts random, or with all of it."""
    base = spec.key.partition(MARK)[0]
    return f"{base}{MARK}random" if count is None else f"{base}{MARK}random-{count}"


def randomised_spec(base: ModelSpec, key: str) -> ModelSpec:
    """Return the description of the randomised network `key` made from `base`. Raises UnknownNameError for any other key."""
    count = _parts_asked(base, key)
    scheme = f"{base.weights_digest} random {count} version {_VERSION}"
    return dataclasses.replace(
        base,
        key=key,
        title=f"{base.title}{MARK}{key.partition(MARK)[2]}",  # no words, which would have to be translated
        sentence=N_("The same network without what it learned, to see whether a map depends on that at all."),
        weights_digest=hashlib.sha256(scheme.encode()).hexdigest(),
    )


def _parts_asked(base: ModelSpec, key: str) -> int:
    asked = re.fullmatch(r"random(?:-([1-9][0-9]?))?", key.partition(MARK)[2])
    most = parts(base)
    if asked is None or int(asked[1] or most) > most:
        family = randomised_key(dataclasses.replace(base, key=key))
        raise UnknownNameError(
            "There is no network “{key}”; choose {family}, or {family}-1 to {family}-{most}.",
            key=key,
            family=family,
            most=most,
        )
    return int(asked[1] or most)
