"""Networks trained by this project: everything about one lies in models/<key>/."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_core.classifiers import weights
from xai_core.classifiers.base import ModelSpec, Preprocessing
from xai_core.classifiers.familiarity import Familiarity
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.errors import WeightsError
from xai_core.photos.decoding import squeeze
from xai_core.resources import MODELS
from xai_core.types import Label

if TYPE_CHECKING:
    import keras

WEIGHTS_FILE = "weights.safetensors"
FAMILIARITY_FILE = "familiarity.safetensors"
REFERENCE_LOGITS_FILE = "reference_logits.safetensors"


@dataclass(frozen=True)
class TrainedNetwork:
    """One folder under models/ and the architecture that its weights belong to."""

    key: str
    build: "Callable[[int, tuple[int | None, int | None]], keras.Model]"  # (classes, input size) -> untrained network
    layers: tuple[str, ...] = ()  # those that may be looked into
    models: Path = MODELS

    def description(self) -> dict[str, Any]:
        """Return models/<key>/model.json. Raises WeightsError where it is missing or damaged."""
        try:
            return json.loads((self.models / self.key / "model.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise _damaged(f"{self.key}/model.json") from None

    def spec(self) -> ModelSpec:
        """Return the network's description, without loading the network."""
        return _spec(self.description(), read_labels(self.models), self.layers)

    def load(self) -> LoadedClassifier:
        """Return the network, ready to answer. Takes seconds. Raises WeightsError where a file is missing or damaged."""
        from xai_core.classifiers.engines.choice import engine_for

        spec, model, description = self.spec(), self.model(), self.description()
        calibrated = description["familiarity"]
        tables = weights.read(self.models / self.key / FAMILIARITY_FILE, calibrated["sha256"])
        familiarity = Familiarity(**tables, threshold=calibrated["threshold"])
        logits = None
        if "reference_logits" in description:  # a network just trained has none until it is evaluated
            path, digest = self.models / self.key / REFERENCE_LOGITS_FILE, description["reference_logits"]["sha256"]
            logits = weights.read(path, digest)["logits"].reshape(-1, len(spec.labels))
        return LoadedClassifier(spec, engine_for(spec, model), self.references, familiarity, logits)

    def model(self) -> "keras.Model":
        """Return a new Keras model with the learned weights. Raises WeightsError where their file is missing or damaged."""
        spec = self.spec()
        arrays = weights.read(self.models / self.key / WEIGHTS_FILE, spec.weights_digest)
        model = self.build(len(spec.labels), spec.input_size)
        weights.assign(model, arrays)
        return model

    @property
    def references(self) -> np.ndarray:
        """Return the mean photo of each breed f32[M,h,w,3] in [0, 1] at the network's size. Raises WeightsError."""
        return read_background(self.models, self.spec())


@functools.cache
def read_labels(models: Path) -> tuple[Label, ...]:
    """Return the breeds in the order of the networks' outputs, from models/breeds.json."""
    try:
        return tuple(Label(**entry) for entry in json.loads((models / "breeds.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise _damaged("breeds.json") from None


def read_background(models: Path, spec: ModelSpec) -> np.ndarray:
    """Return the mean photo of each breed f32[M,h,w,3] in [0, 1], from models/background.npz, at the network's size."""
    try:
        with np.load(models / "background.npz", allow_pickle=False) as file:
            means = file["means"]
    except (OSError, ValueError, KeyError):
        raise _damaged("background.npz") from None
    return np.stack([squeeze(mean, spec.input_size) for mean in means])


def _damaged(name: str) -> WeightsError:
    """Return the error for a file of the models/ folder that cannot be used."""
    return WeightsError(
        "The file {file} is missing or damaged; fetch the project's models/ folder again.", file=f"models/{name}"
    )


def _spec(description: dict[str, Any], labels: tuple[Label, ...], layers: tuple[str, ...]) -> ModelSpec:
    preprocessing = description["preprocessing"]
    height, width = description["input_size"]
    calibrated = description["familiarity"]
    return ModelSpec(
        key=description["key"],
        title=description["title"],
        sentence=description["sentence"],
        input_size=(height, width),
        preprocessing=Preprocessing(preprocessing["bgr"], preprocessing["scale"], tuple(preprocessing["shift"])),
        cam_layers=tuple(description["cam_layers"]),
        labels=labels,
        weights_digest=description["weights"]["sha256"],
        layers=layers,
        familiarity_digest=f"{calibrated['sha256']} {calibrated['threshold']}",
    )
