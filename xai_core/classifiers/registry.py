"""The networks SeeSpot offers, in the order in which they are shown. A new network is its file and one line here."""

import difflib
import functools
import threading

from xai_core.classifiers import inception_v3, vgg16
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.imagenet import ImageNetNetwork
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.trained import TrainedNetwork
from xai_core.errors import UnknownNameError

_OFFERED: tuple[TrainedNetwork | ImageNetNetwork, ...] = (
    TrainedNetwork("vgg16", vgg16.build, vgg16.LAYERS),
    TrainedNetwork("inception_v3", inception_v3.build, inception_v3.LAYERS),
    ImageNetNetwork(vgg16.OFFICIAL),
    ImageNetNetwork(inception_v3.OFFICIAL),
)

NETWORKS = {network.key: network for network in _OFFERED}
_loading = {key: threading.Lock() for key in NETWORKS}


def specs() -> dict[str, ModelSpec]:
    """Return the descriptions of all networks by key. Cheap: no network is loaded."""
    return {key: network.spec() for key, network in NETWORKS.items()}


def spec(key: str) -> ModelSpec:
    """Return one network's description. Raises UnknownNameError naming the networks there are."""
    return _network(key).spec()


def load(key: str) -> LoadedClassifier:
    """Return the network, loaded once a process. Raises UnknownNameError, or WeightsError where its files are not usable."""
    # functools.cache alone would let two threads load the same network at the same time.
    with _loading[_network(key).key]:
        return _load(key)


def target_position(spec: ModelSpec, text: str) -> int:
    """Return the class meant by an English or French name, a WordNet id or a position written as a number.

    Upper and lower case do not matter. Raises UnknownNameError with the closest names.
    """
    wanted = text.strip().casefold()
    names: dict[str, int] = {}
    for position, label in enumerate(spec.labels):
        for name in (label.wnid, label.english, label.french):
            names.setdefault(name.casefold(), position)
    if wanted in names:
        return names[wanted]
    if wanted.isdecimal() and int(wanted) < len(spec.labels):
        return int(wanted)
    close = [spec.labels[names[name]].english for name in difflib.get_close_matches(wanted, names, 3, 0.5)]
    hint = f"; did you mean {' or '.join(dict.fromkeys(close))}?" if close else "."
    raise UnknownNameError(f"{spec.title} knows no class “{text}”{hint}")


def _network(key: str) -> TrainedNetwork | ImageNetNetwork:
    try:
        return NETWORKS[key]
    except KeyError:
        raise UnknownNameError(f"There is no network “{key}”; choose one of {', '.join(NETWORKS)}.") from None


@functools.cache
def _load(key: str) -> LoadedClassifier:
    return _network(key).load()
