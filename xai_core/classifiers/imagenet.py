"""The official ImageNet networks of keras.applications: 1000 classes, downloaded by Keras on first use."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xai_core.classifiers.base import ModelSpec, Preprocessing
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.errors import WeightsError
from xai_core.types import Label

if TYPE_CHECKING:
    import keras

CLASSES = 1000


@dataclass(frozen=True)
class Official:
    """One network of keras.applications, under the name it has there."""

    key: str
    title: str
    sentence: str  # one plain sentence for the picker
    application: str
    megabytes: int  # what Keras downloads
    input_size: tuple[int, int]
    preprocessing: Preprocessing
    cam_layers: tuple[str, ...]
    layers: tuple[str, ...]


@dataclass(frozen=True)
class ImageNetNetwork:
    """A network whose weights and class names live in Keras' own cache (~/.keras/models, or under KERAS_HOME)."""

    official: Official

    @property
    def key(self) -> str:
        """Return the key under which the registry offers the network."""
        return self.official.key

    def spec(self) -> ModelSpec:
        """Return the network's description; until Keras has fetched the class names, classes are numbered."""
        official = self.official
        return ModelSpec(
            key=official.key,
            title=official.title,
            sentence=official.sentence,
            input_size=official.input_size,
            preprocessing=official.preprocessing,
            cam_layers=official.cam_layers,
            layers=official.layers,
            labels=_labels(),
            # Keras checks the download against a hash of its own, tied to this name.
            weights_digest=f"keras.applications/{official.application}/imagenet",
        )

    def load(self) -> LoadedClassifier:
        """Return the network, downloading it first where needed. Raises WeightsError where it cannot be downloaded."""
        from xai_core.classifiers.engines.choice import engine_for

        model = self.model()  # it may fetch the class names that the description holds
        return LoadedClassifier(self.spec(), engine_for(self.spec(), model), self.references, familiarity=None)

    def model(self) -> "keras.Model":
        """Return a new Keras model with the official weights. Raises WeightsError where they cannot be downloaded."""
        import keras

        official = self.official
        try:
            model = getattr(keras.applications, official.application)(weights="imagenet", classifier_activation=None)
            keras.applications.imagenet_utils.decode_predictions(keras.ops.zeros((1, CLASSES)).numpy(), top=1)
        except Exception as error:  # Keras raises whatever its download met: no route, a proxy's page, a full disk
            raise WeightsError(
                "The official weights of {network} ({megabytes} MB) are not on this machine and could not "
                "be downloaded; connect to the internet once and try again, or choose a network that comes with SeeSpot.",
                network=official.title,
                megabytes=official.megabytes,
            ) from error
        return model

    @property
    def references(self) -> np.ndarray | None:
        """Return None: the official networks come without reference images."""
        return None


def keras_cache() -> Path:
    """Return the folder where Keras keeps what it downloads."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"


def _labels() -> tuple[Label, ...]:
    """Return ImageNet's classes from Keras' cache, or numbered classes while that file is not there."""
    try:
        index = json.loads((keras_cache() / "imagenet_class_index.json").read_text(encoding="utf-8"))
        pairs = [index[str(position)] for position in range(CLASSES)]
    except (OSError, ValueError, KeyError):
        return tuple(Label("", f"Class {position}", f"Classe {position}") for position in range(CLASSES))
    names = [(wnid, name.replace("_", " ")) for wnid, name in pairs]
    return tuple(Label(wnid, name[0].upper() + name[1:], name[0].upper() + name[1:]) for wnid, name in names)
