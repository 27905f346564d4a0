"""The networks SeeSpot offers, in the order in which they are shown. A new network is its file and one line here."""

import dataclasses
import difflib
import functools
import threading
from collections import defaultdict
from typing import Literal

from xai_core.classifiers import inception_v3, vgg16
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.contrast import contrast_spec, contrasted
from xai_core.classifiers.imagenet import ImageNetNetwork
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.randomised import RandomisedNetwork, randomised_spec
from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.trained import TrainedNetwork
from xai_core.errors import UnknownNameError
from xai_core.i18n.formatting import names_of

_OFFERED: tuple[TrainedNetwork | ImageNetNetwork, ...] = (
    TrainedNetwork("vgg16", vgg16.build, vgg16.LAYERS),
    TrainedNetwork("inception_v3", inception_v3.build, inception_v3.LAYERS),
    ImageNetNetwork(vgg16.OFFICIAL),
    ImageNetNetwork(inception_v3.OFFICIAL),
)

NETWORKS = {network.key: network for network in _OFFERED}
_loading: defaultdict[NetworkRef, threading.Lock] = defaultdict(threading.Lock)


def specs() -> dict[str, ModelSpec]:
    """Return the descriptions of all networks on offer by key. Cheap: no network is loaded."""
    return {key: network.spec() for key, network in NETWORKS.items()}


def spec(network: NetworkRef) -> ModelSpec:
    """Return one network's description, also of one derived from it. Raises UnknownNameError."""
    return derived_spec(_offered(network).spec(), network)


def derived_spec(base: ModelSpec, network: NetworkRef) -> ModelSpec:
    """Return the description of `network`, which is derived from `base` or is `base` itself. Raises UnknownNameError."""
    described = base if network.randomised is None else randomised_spec(base, network.randomised)
    return described if network.minus is None else contrast_spec(described, network.minus)


def load(network: NetworkRef) -> LoadedClassifier:
    """Return the network, loaded once a process. Raises UnknownNameError, or WeightsError where its files are not usable.

    Of randomised networks only the last two are kept in memory: a cascade over all parts meets up to twelve of them.
    """
    spec(network)  # a network that does not exist gets no lock
    if network.minus is not None:
        return _load_contrast(dataclasses.replace(network, minus=None), network.minus)
    # functools.cache alone would let two threads load the same network at the same time.
    with _loading[network]:
        return _load(network.base) if network.randomised is None else _load_randomised(network.base, network.randomised)


def target_position(spec: ModelSpec, text: str) -> int:
    """Return the class meant by its English or French name or that in the current language, a WordNet id or a position.

    Upper and lower case do not matter. Raises UnknownNameError with the closest names.
    """
    wanted = text.strip().casefold()
    names: dict[str, int] = {}
    proper: dict[str, str] = {}  # as the hint spells them, in the language in which they were asked for
    for position, label in enumerate(spec.labels):
        for name in names_of(label):
            names.setdefault(name.casefold(), position)
            proper.setdefault(name.casefold(), name)
    if wanted in names:
        return names[wanted]
    if wanted.isdecimal() and int(wanted) < len(spec.labels):
        return int(wanted)
    close = [proper[name] for name in difflib.get_close_matches(wanted, names, 3, 0.5)]
    if not close:
        raise UnknownNameError("{network} knows no class “{name}”.", network=spec.title, name=text)
    raise UnknownNameError(
        "{network} knows no class “{name}”; did you mean {close}?",
        network=spec.title,
        name=text,
        close=", ".join(close),
    )


def _offered(network: NetworkRef) -> TrainedNetwork | ImageNetNetwork:
    try:
        return NETWORKS[network.base]
    except KeyError:
        raise UnknownNameError(
            "There is no network “{key}”; choose one of {names}.", key=str(network), names=", ".join(NETWORKS)
        ) from None


# Kept for their memos only: made anew, a contrast would repeat the passes that methods begin with.
@functools.lru_cache(maxsize=4)
def _load_contrast(network: NetworkRef, against: int) -> LoadedClassifier:
    return contrasted(load(network), against)


@functools.cache
def _load(key: str) -> LoadedClassifier:
    return NETWORKS[key].load()


@functools.lru_cache(maxsize=2)
def _load_randomised(key: str, count: int | Literal["all"]) -> LoadedClassifier:
    return RandomisedNetwork(NETWORKS[key], count).load()
