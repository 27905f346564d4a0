"""Functions that tests run in a worker process, which finds them by module and name: they cannot be local to a test."""

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tests import fakes
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import ParameterError
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.params import choice
from xai_core.types import Attribution

began = threading.Event()
go_on = threading.Event()
calls: list[object] = []


class Predicting(fakes.Complete):
    """A fake network that also predicts; its familiarity is the photo's mean."""

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        calls.append(len(rgb))
        means = rgb.mean(axis=(1, 2, 3))
        return self.logits(rgb), means, means > 0.5


_NETWORK = Predicting()


def load(network: NetworkRef) -> Predicting:
    return _NETWORK


def load_dying(network: NetworkRef) -> Predicting:
    """Return the network; while the file named by SEESPOT_TEST_DIES exists, delete it and kill the process instead."""
    try:
        os.unlink(os.environ["SEESPOT_TEST_DIES"])
    except FileNotFoundError:
        return _NETWORK
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def specs() -> dict[str, ModelSpec]:
    return {"fake": _NETWORK.spec}


@dataclass(frozen=True)
class Probe(Explainer):
    """A method that returns the gradient, or misbehaves in the chosen way."""

    info: ClassVar[MethodInfo] = MethodInfo("probe", "Probe", "gradients", "", "", "", "", True, ("gradients",), "", "")
    act: str = choice("gradient", ("gradient", "fail", "crash", "nan", "wait", "die"), "Act", "What happens.")

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        calls.append(self.act)
        if self.act == "fail":
            raise ParameterError("This photo is too small for the method.")
        if self.act == "crash":
            raise ZeroDivisionError
        if self.act == "die":
            die(progress=progress)
        if self.act == "wait":
            wait(progress=progress)
        values = classifier.gradients(rgb[np.newaxis], target)[0]
        progress(1.0)
        return Attribution(values * np.nan if self.act == "nan" else values)


def double(number: int, *, progress: Progress = ignore_progress) -> int:
    return 2 * number


def process_id(*, progress: Progress = ignore_progress) -> int:
    return os.getpid()


def heavy_modules(*, progress: Progress = ignore_progress) -> list[str]:
    return [name for name in ("tensorflow", "streamlit") if name in sys.modules]


def die(*, progress: Progress = ignore_progress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash(*, progress: Progress = ignore_progress) -> None:
    raise ZeroDivisionError("secret detail")


def refuse(*, progress: Progress = ignore_progress) -> None:
    raise ParameterError("Samples must be fewer.")


def unsendable(*, progress: Progress = ignore_progress) -> object:
    print("a library's chatter must not break the messages")
    return threading.Lock()


def wait(*, progress: Progress = ignore_progress) -> str:
    """Run until `go_on` (same process) or a cancel, reporting a half and a first result."""
    began.set()
    while not go_on.wait(0.01):
        progress(0.5, Attribution(np.ones((2, 2), np.float32)))
    return "waited"


def touch_until_cancelled(folder: str, *, progress: Progress = ignore_progress) -> None:
    """Leave a file named "ended" when the cancel arrives."""
    try:
        while True:
            progress(0.25, Attribution(np.ones((2, 2), np.float32)))
            time.sleep(0.01)
    finally:
        with open(os.path.join(folder, "ended"), "w"):
            pass
