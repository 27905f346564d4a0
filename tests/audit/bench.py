"""What tests of audits share: a network that is right where a photo is red, a workbench around it that counts, and photos."""

import dataclasses
import io
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from tests import fakes
from xai_core.audit.folder import Folder
from xai_core.audit.plan import Plan
from xai_core.audit.planning import make_plan
from xai_core.audit.row import MapFacts, Row
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.execution.executors import ThreadExecutor
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import load_photo
from xai_core.workbench import Workbench

BREEDS = ("Afghan hound", "Beagle", "Épagneul")
METHODS = ("saliency", "gradient_x_input")


class Counting(fakes.Complete):
    """A network of three breeds that answers with the photo's strongest colour and counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(3)
        labels = tuple(
            dataclasses.replace(label, wnid=wnid, english=name, french=f"{name} (fr)")
            for label, wnid, name in zip(self.spec.labels, ("n02088094", "n02088364", "n01000003"), BREEDS, strict=True)
        )
        self.spec = dataclasses.replace(self.spec, labels=labels)
        self.asked: Counter[tuple[str, bytes]] = Counter()
        self.fails_after: int | None = None

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self._count("predict", rgb)
        means = rgb.mean(axis=(1, 2)).astype(np.float32)
        return 20 * means, means.mean(axis=-1), means.mean(axis=-1) > 0.05

    def gradients(self, rgb: np.ndarray, target: int, **named: object) -> np.ndarray:
        self._count("gradients", rgb)
        return super().gradients(rgb, target)

    def _count(self, question: str, rgb: np.ndarray) -> None:
        if self.fails_after is not None and sum(self.asked.values()) >= self.fails_after:
            raise RuntimeError("the machine broke")
        for one in rgb:
            self.asked[question, one.tobytes()] += 1


class Bench:
    """A workbench around a Counting network; a second one on the same folder is a process after a crash."""

    def __init__(self, folder: Path) -> None:
        self.network = Counting()
        self.workbench = Workbench(folder, load=self.load, specs=self.specs, executor=ThreadExecutor())

    def load(self, network: NetworkRef) -> Counting:
        return self.network

    def specs(self) -> dict[str, ModelSpec]:
        return {"fake": self.network.spec}


def explainers(*keys: str) -> list[Explainer]:
    return [build_explainer(key, {}) for key in keys or METHODS]


def photo(colour: int, seed: int = 0, side: int = 48) -> bytes:
    """Return a PNG of noise in which red, green or blue is the strongest."""
    pixels = np.random.default_rng(seed).integers(0, 90, (side, side + 8, 3), dtype=np.uint8)
    pixels[..., colour] += 120
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def fill(folder: Path, count: int = 3) -> Path:
    """Put `count` photos of each of two breeds into folders of their names; the last beagle looks like an Afghan hound."""
    for breed, name in enumerate(("n02088094-Afghan_hound", "BEAGLE")):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            colour = 0 if (breed, number) == (1, count - 1) else breed
            (folder / name / f"{number}.png").write_bytes(photo(colour, seed=10 * breed + number))
    return folder


def plan_of(folder: Path, spec: ModelSpec, *keys: str) -> tuple[Plan, Folder, dict[str, int]]:
    source = Folder(folder)
    plan, numbers = make_plan(source, spec, explainers(*keys), load_photo)
    return plan, source, numbers


def row(number: int, **changes: object) -> Row:
    """Return a row of one method, "saliency", with these values in place of dull ones."""
    maps = {"saliency": MapFacts(changes.pop("on_dog", 0.5), changes.pop("small", None), "data:,")}  # type: ignore[arg-type]
    values: dict[str, object] = {
        "number": number,
        "answer": 0,
        "probability": 0.5,
        "others": ((1, 0.3),),
        "familiarity": 0.5,
        "familiar": True,
        "dog": 0.4,
        "agreement": None,
        "maps": maps,
        "picture": "data:,",
    }
    return Row(**{**values, **changes})  # type: ignore[arg-type]
