"""The networks SeeSpot offers, in the order in which they are shown. A new network is its file and one line here."""

import difflib
import functools
import threading
from collections import defaultdict

from xai_core.classifiers import inception_v3, vgg16
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.contrast import contrast_parts, contrast_spec, contrasted
from xai_core.classifiers.imagenet import ImageNetNetwork
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.randomised import MARK, RandomisedNetwork, randomised_spec
from xai_core.classifiers.trained import TrainedNetwork
from xai_core.errors import UnknownNameError

_OFFERED: tuple[TrainedNetwork | ImageNetNetwork, ...] = (
    TrainedNetwork("vgg16", vgg16.build, vgg16.LAYERS),
    TrainedNetwork("inception_v3", inception_v3.build, inception_v3.LAYERS),
    ImageNetNetwork(vgg16.OFFICIAL),
    ImageNetNetwork(inception_v3.OFFICIAL),
)

NETWORKS = {network.key: network for network in _OFFERED}
_loading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def specs() -> dict[str, ModelSpec]:
    """Return the descriptions of all networks on offer by key. Cheap: no network is loaded."""
    return {key: network.spec() for key, network in NETWORKS.items()}


def spec(key: str) -> ModelSpec:
    """Return one network's description, also of one derived from it (see `derived_spec`). Raises UnknownNameError."""
    parts = contrast_parts(key)
    return _network(key).spec() if parts is None else contrast_spec(spec(parts[0]), parts[1])


def derived_spec(base: ModelSpec, key: str) -> ModelSpec:
    """Return the description of a network made from `base`: "vgg16~random", "vgg16~minus-17".

    Raises UnknownNameError where the key asks for neither.
    """
    if MARK not in key:
        return base
    if parts := contrast_parts(key):
        return contrast_spec(derived_spec(base, parts[0]), parts[1])
    return randomised_spec(base, key)


def load(key: str) -> LoadedClassifier:
    """Return the network, loaded once a process. Raises UnknownNameError, or WeightsError where its files are not usable.

    Of randomised networks only the last two are held: checking one layer after the other meets up to twelve of them.
    """
    if parts := contrast_parts(key):
        return _load_contrast(*parts)
    network = _network(key)
    network.spec()  # refuses a key that does not exist before it gets a lock
    # functools.cache alone would let two threads load the same network at the same time.
    with _loading[key]:
        return _load_randomised(key) if isinstance(network, RandomisedNetwork) else _load(key)


def target_position(spec: ModelSpec, text: str) -> int:
    """Return the class meant by an English or French name, a WordNet id or a position written as a number.

    Upper and lower case do not matter. Raises UnknownNameError with the closest names.
    """
    wanted = text.strip().casefold()
    names: dict[str, int] = {}
    proper: dict[str, str] = {}  # as the hint spells them, in the language in which they were asked for
    for position, label in enumerate(spec.labels):
        for name in (label.wnid, label.english, label.french):
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


def _network(key: str) -> TrainedNetwork | ImageNetNetwork | RandomisedNetwork:
    base, mark, _ = key.partition(MARK)
    try:
        return RandomisedNetwork(NETWORKS[base], key) if mark else NETWORKS[key]
    except KeyError:
        raise UnknownNameError(
            "There is no network “{key}”; choose one of {names}.", key=key, names=", ".join(NETWORKS)
        ) from None


# Kept for their memos only: made anew, a contrast would ask for the passes that methods begin with once more.
@functools.lru_cache(maxsize=4)
def _load_contrast(key: str, against: int) -> LoadedClassifier:
    return contrasted(load(key), against)


@functools.cache
def _load(key: str) -> LoadedClassifier:
    return _network(key).load()


@functools.lru_cache(maxsize=2)
def _load_randomised(key: str) -> LoadedClassifier:
    return _network(key).load()
