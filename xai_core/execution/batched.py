"""A classifier as a running job sees it: asked in small batches, in turn with other jobs, counted, cancellable."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Literal, TypeVar

import numpy as np

from xai_core.classifiers.base import PATH_STEPS, Classifier, Rule
from xai_core.execution.fair_lock import NETWORK_LOCK, FairLock

Answer = TypeVar("Answer")

#: What a pass through a network costs depends on its direction, and on whether a draft (see Classifier) or the part that
#: a patch changes would do.
Kind = Literal["forward", "backward", "draft forward", "draft backward", "patched"]


#: Photos in one pass: large enough to keep the cores busy, small enough that a cancel or another user waits seconds.
BATCH = 16

#: For work that nobody waits for: whoever does ask something waits for one pass of these at most.
_IDLE_BATCH = 2

#: A speed is learned from the median of so many batches of so many photos: the first one also builds the graph, and a lone
#: photo takes longer.
_FEWEST_BATCHES = 3
_FEWEST_PHOTOS = 4


class BatchedClassifier(Classifier):
    """A Classifier that passes each question on in batches of at most `batch` photos.

    Before every batch it waits for its turn and calls `check`, which raises CancelledError to end the job.
    `evaluations` counts photos; a pass with gradients counts as one evaluation a photo like a pass without. `asked` counts
    the passes of each kind as `Questions` does. Where nobody waits for the job, batches are smaller, unless `whole_batches`.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        check: Callable[[], None] = lambda: None,
        batch: int = BATCH,
        whole_batches: bool = False,
        turns: FairLock = NETWORK_LOCK,
    ) -> None:
        self.spec = classifier.spec
        self.evaluations = 0
        self.asked: Counter[Kind] = Counter()
        self._paces: defaultdict[Kind, list[float]] = defaultdict(list)
        self._classifier = classifier
        self._check = check
        self._batch = batch
        self._idle_batch = batch if whole_batches else min(batch, _IDLE_BATCH)
        self._turns = turns

    def speeds(self) -> dict[Kind, float]:
        """Return the seconds that one photo takes in a batch, turns not counted, for each kind asked about often enough.

        Whole passes alone tell: questions about a layer take more or less time, depending on the layer.
        """
        return {kind: median(paces) for kind, paces in self._paces.items() if len(paces) >= _FEWEST_BATCHES}

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (logits f32[N,C], familiarity f32[N] in [0, 1], familiar bool[N]), as Classifier.predict.

        Every batch goes before the next batch of other jobs: a prediction is short, and a page shows nothing without it.
        """
        answers = []
        for start in range(0, len(rgb), self._batch):
            batch = rgb[start : start + self._batch]
            with self._turns.turn(first=True):
                self._check()
                answers.append(self._classifier.predict(batch))
            self.evaluations += len(batch)
        logits, familiarity, familiar = zip(*answers, strict=True)
        return np.concatenate(logits), np.concatenate(familiarity), np.concatenate(familiar)

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        """Return f32[N,C], as Classifier.logits."""
        question = partial(self._classifier.logits, low_precision=low_precision)
        kind: Kind = "draft forward" if low_precision else "forward"
        return np.concatenate([self._ask(kind, part, question, part, whole=True) for part in self._parts(rgb)])

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        """Return f32[N,C], as Classifier.patched_logits."""
        question = partial(self._classifier.patched_logits, rgb)
        pairs = self._pairs(patches, corners)
        return np.concatenate(
            [self._ask("patched", part, question, part, corner, whole=True) for part, corner in pairs]
        )

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        """Return d logit / d rgb f32[N,h,w,3], as Classifier.gradients."""
        question = partial(self._classifier.gradients, rule=rule, low_precision=low_precision)
        kind: Kind = "draft backward" if low_precision and rule == "plain" else "backward"
        whole = rule == "plain"
        return np.concatenate([self._ask(kind, part, question, part, target, whole=whole) for part in self._parts(rgb)])

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (a f32[N], da / d rgb f32[N,h,w,3]), as Classifier.channel_gradients."""
        question = partial(self._classifier.channel_gradients, rule=rule, strongest=strongest)
        return _joined([self._ask("backward", part, question, part, layer, channel) for part in self._parts(rgb)])

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        """Return f32[N,h,w,3], as Classifier.multipliers."""
        question = self._classifier.multipliers
        pairs = self._pairs(rgb, reference)
        return np.concatenate(
            [self._ask("backward", part, question, part, base, target, passes=2) for part, base in pairs]
        )

    def path_multipliers(self, path: np.ndarray, target: int) -> np.ndarray:
        """Return f32[N,h,w,3], as Classifier.path_multipliers."""
        steps = max(self._batch // PATH_STEPS, 1) * PATH_STEPS
        # Each part begins with the photo that the one before it ended with.
        parts = [path[start : start + steps + 1] for start in range(0, len(path) - 1, steps)]
        question = self._classifier.path_multipliers
        return np.concatenate([self._ask("backward", part, question, part, target) for part in parts])

    def first_kernels(self) -> np.ndarray:
        """Return f32[K,k,k,3], as Classifier.first_kernels."""
        return self._classifier.first_kernels()

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        """Return f32[N,u,v,K], as Classifier.activations."""
        question = self._classifier.activations
        return np.concatenate([self._ask("forward", part, question, part, layer) for part in self._parts(rgb)])

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (A, d logit / d A), both f32[N,u,v,K], as Classifier.layer_gradients."""
        question = self._classifier.layer_gradients
        return _joined([self._ask("backward", part, question, part, layer, target) for part in self._parts(rgb)])

    def block_gradients(self, rgb: np.ndarray, target: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return (A, d logit / d A) for each of the CAM layers, as Classifier.block_gradients."""
        question = self._classifier.block_gradients
        answers = [self._ask("backward", part, question, part, target) for part in self._parts(rgb)]
        return {layer: _joined([answer[layer] for answer in answers]) for layer in answers[0]}

    def background(self) -> np.ndarray:
        """Return the reference images f32[M,h,w,3], as Classifier.background."""
        return self._classifier.background()

    def background_logits(self, chosen: np.ndarray) -> np.ndarray:
        """Return f32[n,C], as Classifier.background_logits; not counted, as the next job need not ask again."""
        question = self._classifier.background_logits
        return np.concatenate([self._in_turn(question, part)[0] for part in self._parts(chosen)])

    def _parts(self, photos: np.ndarray) -> Iterator[np.ndarray]:
        start = 0
        while start < len(photos):  # a job may become somebody's, or nobody's, between two batches
            size = self._idle_batch if self._turns.is_idle() else self._batch
            yield photos[start : start + size]
            start += size

    def _pairs(self, first: np.ndarray, second: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield equal parts of two arrays; two rounds of `_parts` could cut differently, as jobs change hands."""
        done = 0
        for part in self._parts(first):
            yield part, second[done : done + len(part)]
            done += len(part)

    def _ask(
        self,
        kind: Kind,
        part: np.ndarray,
        question: Callable[..., Answer],
        *arguments: object,
        passes: int = 1,
        whole: bool = False,
    ) -> Answer:
        """Return the answer about `part`, so many passes a photo; with `whole` the time it took tells the kind's speed."""
        answer, seconds = self._in_turn(question, *arguments)
        self.evaluations += len(part)
        self.asked[kind] += passes * len(part)
        if whole and len(part) >= _FEWEST_PHOTOS:
            self._paces[kind].append(seconds / len(part))
        return answer

    def _in_turn(self, question: Callable[..., Answer], *arguments: object) -> tuple[Answer, float]:
        """Return the answer and the seconds it took, waiting for the turn not counted."""
        with self._turns.turn():
            self._check()  # inside the turn: a job cancelled while it waited must not compute one more batch
            began = time.perf_counter()
            answer = question(*arguments)
            return answer, time.perf_counter() - began


def _joined(answers: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([answer[0] for answer in answers]), np.concatenate([answer[1] for answer in answers])
