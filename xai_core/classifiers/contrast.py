"""Networks that say how much more a class scores than another one: what any method makes of them explains "A rather than B".

"vgg16~minus-17" is VGG16 with the logit of class 17 taken from all of its logits. The logit of class A is then what A has
more than class 17, and an explanation of it is the contrast of the two, by the method's own formula and at its own price.
Probabilities stay what they were, as a softmax does not change when all logits fall alike.
"""

import dataclasses
import hashlib

import numpy as np

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.errors import UnknownNameError

#: Raise it whenever the same key gets other answers: the digest, and with it every cache key, follows.
_VERSION = 1


def contrast_spec(base: ModelSpec, against: int) -> ModelSpec:
    """Return the description of `base` for contrasts. Raises UnknownNameError for a class that it does not have."""
    if against >= len(base.labels):
        raise UnknownNameError(
            "{network} has classes 0 to {last}, not {number}.",
            network=base.title,
            last=len(base.labels) - 1,
            number=against,
        )
    scheme = f"{base.weights_digest} minus {against} version {_VERSION}"
    return dataclasses.replace(
        base,
        key=str(dataclasses.replace(base.ref, minus=against)),
        weights_digest=hashlib.sha256(scheme.encode()).hexdigest(),
    )


def contrasted(network: LoadedClassifier, against: int) -> LoadedClassifier:
    """Return the network for contrasts with a class; both share the weights and all that was built to ask them."""
    spec, logits = contrast_spec(network.spec, against), network.reference_logits
    compared = None if logits is None else logits - logits[:, against, np.newaxis]
    return LoadedClassifier(spec, network.engine.against(against), network.references, network.familiarity, compared)
