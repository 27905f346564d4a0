"""A workbench around NumPy networks that can be held up or made to fail, so that pages run without TensorFlow."""

import dataclasses
import threading
from pathlib import Path

import numpy as np

from tests import fakes
from xai_core.classifiers.base import ModelSpec, Rule
from xai_core.classifiers.reference import NetworkRef
from xai_core.execution.executors import ThreadExecutor
from xai_core.workbench import Workbench


class Dials(fakes.Complete):
    """A network of three breeds; `gate` holds up its gradients, `broken` makes them nonsense."""

    def __init__(self, key: str, title: str, seed: int) -> None:
        super().__init__(seed)
        self.spec = dataclasses.replace(self.spec, key=key, title=title, sentence=f"{title} is made of NumPy.")
        self.gate = threading.Event()
        self.gate.set()
        self.broken = False
        self.familiar = True

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        self.gate.wait(120)
        return super().gradients(rgb, target, rule=rule, low_precision=low_precision) * (np.nan if self.broken else 1)

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return logits, familiarity and whether that is enough."""
        count = len(rgb)
        return self.logits(rgb), np.full(count, 0.5, np.float32), np.full(count, self.familiar)


class Bench:
    """A real workbench with two such networks, "first" and "second".

    "first~random" has other weights than "first", "first~minus-1" compares its breeds with the second one.
    """

    def __init__(self, folder: Path) -> None:
        self.networks = {key: Dials(key, f"The {key} network", seed) for seed, key in enumerate(("first", "second"))}
        self._untrained: dict[str, Dials] = {}
        self.workbench = Workbench(folder, load=self.load, specs=self.specs, executor=ThreadExecutor(8))

    def load(self, network: NetworkRef) -> Dials | fakes.Contrast:
        """Return the network, always the same one for the same reference."""
        if network.minus is not None:
            return fakes.Contrast(self.load(dataclasses.replace(network, minus=None)), network.minus, str(network))
        key = str(network)
        if key not in self._untrained and key not in self.networks:
            self._untrained[key] = Dials(key, f"The {key} network", seed=10 + len(self._untrained))
        return self._untrained.get(key) or self.networks[key]

    def specs(self) -> dict[str, ModelSpec]:
        """Return the networks' descriptions."""
        return {key: network.spec for key, network in self.networks.items()}
