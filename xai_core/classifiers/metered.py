"""A classifier as a running job sees it: asked in small batches, in turn with other jobs, counted, cancellable."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from xai_core.classifiers.base import Classifier

Answer = TypeVar("Answer")


class Turns:
    """A lock that is handed over in the order of asking; whoever asks with `first` goes to the head of the line.

    The locks of `threading` promise no order, so one job's tight loop could keep the others waiting for minutes.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    @contextmanager
    def turn(self, *, first: bool = False) -> Iterator[None]:
        """Hold the lock inside the `with` block."""
        called = threading.Event()
        with self._guard:
            if self._taken:
                (self._waiting.appendleft if first else self._waiting.append)(called)
            else:
                self._taken = True
                called.set()
        called.wait()
        try:
            yield
        finally:
            with self._guard:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._taken = False


#: One machine computes one batch at a time, whichever network it is for: two at once only take each other's cores.
NETWORK_TURNS = Turns()

#: Photos in one pass: large enough to keep the cores busy, small enough that a cancel or another user waits seconds.
BATCH = 16


class MeteredClassifier:
    """A Classifier that passes each question on in batches of at most `batch` photos.

    Before every batch it waits for its turn and calls `check`, which raises CancelledError to end the job.
    `evaluations` counts photos; a pass with gradients counts as one evaluation a photo like a pass without.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        check: Callable[[], None] = lambda: None,
        batch: int = BATCH,
        turns: Turns = NETWORK_TURNS,
    ) -> None:
        self.spec = classifier.spec
        self.evaluations = 0
        self._classifier = classifier
        self._check = check
        self._batch = batch
        self._turns = turns

    def logits(self, rgb: np.ndarray) -> np.ndarray:
        """Return f32[N,C], as Classifier.logits."""
        return np.concatenate([self._ask(part, self._classifier.logits, part) for part in self._parts(rgb)])

    def gradients(self, rgb: np.ndarray, target: int) -> np.ndarray:
        """Return d logit / d rgb f32[N,h,w,3], as Classifier.gradients."""
        return np.concatenate([self._ask(part, self._classifier.gradients, part, target) for part in self._parts(rgb)])

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        """Return f32[N,u,v,K], as Classifier.activations."""
        return np.concatenate([self._ask(part, self._classifier.activations, part, layer) for part in self._parts(rgb)])

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (A, d logit / d A), both f32[N,u,v,K], as Classifier.layer_gradients."""
        answers = [self._ask(part, self._classifier.layer_gradients, part, layer, target) for part in self._parts(rgb)]
        return np.concatenate([answer[0] for answer in answers]), np.concatenate([answer[1] for answer in answers])

    def background(self) -> np.ndarray:
        """Return the reference images f32[M,h,w,3], as Classifier.background."""
        return self._classifier.background()

    def _parts(self, rgb: np.ndarray) -> Iterator[np.ndarray]:
        for start in range(0, len(rgb), self._batch):
            yield rgb[start : start + self._batch]

    def _ask(self, part: np.ndarray, question: Callable[..., Answer], *arguments: object) -> Answer:
        with self._turns.turn():
            self._check()  # inside the turn: a job cancelled while it waited must not compute one more batch
            answer = question(*arguments)
        self.evaluations += len(part)
        return answer
