"""A classifier as a running job sees it: evaluated in small batches under a lock, counted, timed and cancellable."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Literal, TypeVar

import numpy as np

from xai_core.classifiers.base import PATH_STEPS, Classifier, Rule
from xai_core.execution.fair_lock import NETWORK_LOCK, FairLock

Result = TypeVar("Result")

#: The kinds of pass that differ in cost: by direction, precision (see Classifier), and whether only the part of the
#: network that a patch changes has to be computed.
PassKind = Literal["forward", "backward", "low-precision forward", "low-precision backward", "patched"]


#: Photos in one pass: enough to keep the cores busy, few enough that a cancel or another visitor waits for seconds only.
BATCH = 16

#: Photos in one pass of idle work: a visitor's first request waits for one such pass at most.
_IDLE_BATCH = 2

#: A pass is timed by the median of at least so many batches of at least so many photos: the first batch also builds the
#: graph, and a lone photo takes longer.
_FEWEST_BATCHES = 3
_FEWEST_PHOTOS = 4


class BatchedClassifier(Classifier):
    """A Classifier that evaluates another one in batches of at most `batch` photos.

    Each batch acquires `lock` and calls `check`, which raises CancelledError to end the job. `evaluations` counts photos,
    the same for passes with and without gradients; `passes` counts the passes of each kind as PassCounts does. An idle
    job's batches are smaller, unless `whole_batches`.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        check: Callable[[], None] = lambda: None,
        batch: int = BATCH,
        whole_batches: bool = False,
        lock: FairLock = NETWORK_LOCK,
    ) -> None:
        self.spec = classifier.spec
        self.evaluations = 0
        self.passes: Counter[PassKind] = Counter()
        self._seconds: defaultdict[PassKind, list[float]] = defaultdict(list)
        self._classifier = classifier
        self._check = check
        self._batch = batch
        self._idle_batch = batch if whole_batches else min(batch, _IDLE_BATCH)
        self._lock = lock

    def seconds_per_photo(self) -> dict[PassKind, float]:
        """Return the median seconds of one photo in a batch, without waiting for the lock, by kind of pass.

        Only passes through the whole network are timed, those of a layer depend on the layer; a kind with too few batches
        is left out.
        """
        return {kind: median(seconds) for kind, seconds in self._seconds.items() if len(seconds) >= _FEWEST_BATCHES}

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (logits f32[N,C], familiarity f32[N] in [0, 1], familiar bool[N]), as Classifier.predict.

        Every batch goes before the next batch of other jobs: a prediction is short, and a page shows nothing without it.
        """
        results = []
        for start in range(0, len(rgb), self._batch):
            part = rgb[start : start + self._batch]
            results.append(self._locked(partial(self._classifier.predict, part), urgent=True)[0])
            self.evaluations += len(part)
        logits, familiarity, familiar = zip(*results, strict=True)
        return np.concatenate(logits), np.concatenate(familiarity), np.concatenate(familiar)

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        """Return f32[N,C], as Classifier.logits."""
        kind: PassKind = "low-precision forward" if low_precision else "forward"
        function = partial(self._classifier.logits, low_precision=low_precision)
        return np.concatenate(self._batches(kind, function, rgb, timed=True))

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        """Return f32[N,C], as Classifier.patched_logits."""
        function = partial(self._classifier.patched_logits, rgb)
        return np.concatenate(self._batches("patched", function, patches, corners, timed=True))

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        """Return d logit / d rgb f32[N,h,w,3], as Classifier.gradients."""
        plain = rule == "plain"
        kind: PassKind = "low-precision backward" if low_precision and plain else "backward"

        def function(part: np.ndarray) -> np.ndarray:
            return self._classifier.gradients(part, target, rule=rule, low_precision=low_precision)

        return np.concatenate(self._batches(kind, function, rgb, timed=plain))

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (a f32[N], da / d rgb f32[N,h,w,3]), as Classifier.channel_gradients."""

        def function(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return self._classifier.channel_gradients(part, layer, channel, rule=rule, strongest=strongest)

        return _joined(self._batches("backward", function, rgb))

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        """Return f32[N,h,w,3], as Classifier.multipliers."""

        def function(part: np.ndarray, references: np.ndarray) -> np.ndarray:
            return self._classifier.multipliers(part, references, target)

        return np.concatenate(self._batches("backward", function, rgb, reference, passes=2))

    def path_multipliers(self, path: np.ndarray, target: int) -> np.ndarray:
        """Return f32[N,h,w,3], as Classifier.path_multipliers."""
        steps = max(self._batch // PATH_STEPS, 1) * PATH_STEPS
        # Each part begins with the photo that the one before it ended with.
        parts = [path[start : start + steps + 1] for start in range(0, len(path) - 1, steps)]
        function = self._classifier.path_multipliers
        return np.concatenate([self._pass("backward", len(part), partial(function, part, target)) for part in parts])

    def first_kernels(self) -> np.ndarray:
        """Return f32[K,k,k,3], as Classifier.first_kernels."""
        return self._classifier.first_kernels()

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        """Return f32[N,u,v,K], as Classifier.activations."""
        return np.concatenate(self._batches("forward", lambda part: self._classifier.activations(part, layer), rgb))

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (A, d logit / d A), both f32[N,u,v,K], as Classifier.layer_gradients."""
        return _joined(
            self._batches("backward", lambda part: self._classifier.layer_gradients(part, layer, target), rgb)
        )

    def block_gradients(self, rgb: np.ndarray, target: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return (A, d logit / d A) for each of the CAM layers, as Classifier.block_gradients."""
        results = self._batches("backward", lambda part: self._classifier.block_gradients(part, target), rgb)
        return {layer: _joined([result[layer] for result in results]) for layer in results[0]}

    def background(self) -> np.ndarray:
        """Return the reference images f32[M,h,w,3], as Classifier.background."""
        return self._classifier.background()

    def background_logits(self, chosen: np.ndarray) -> np.ndarray:
        """Return f32[n,C], as Classifier.background_logits; not counted, as the classifier keeps them for the next job."""
        return np.concatenate(self._batches(None, self._classifier.background_logits, chosen))

    def alone(self, function: Callable[[], Result]) -> Result:
        """Return `function()`, computed while no network is asked anything else; not counted."""
        return self._locked(function, urgent=True)[0]

    def _batches(
        self,
        kind: PassKind | None,
        function: Callable[..., Result],
        *arrays: np.ndarray,
        passes: int = 1,
        timed: bool = False,
    ) -> list[Result]:
        """Return the results of `function` on equal parts of the arrays; the other parameters are those of `_pass`."""
        results: list[Result] = []
        start = 0
        while start < len(arrays[0]):
            # Asked before each batch: a visitor may have come, or gone, since the last one.
            stop = start + (self._idle_batch if self._lock.is_idle() else self._batch)
            parts = [array[start:stop] for array in arrays]
            results.append(self._pass(kind, len(parts[0]), partial(function, *parts), passes=passes, timed=timed))
            start = stop
        return results

    def _pass(
        self,
        kind: PassKind | None,
        photos: int,
        function: Callable[[], Result],
        *,
        passes: int = 1,
        timed: bool = False,
    ) -> Result:
        """Return `function()`, computed under the lock and counted as so many passes a photo; not counted without a kind."""
        result, seconds = self._locked(function)
        if kind is not None:
            self.evaluations += photos
            self.passes[kind] += passes * photos
            if timed and photos >= _FEWEST_PHOTOS:
                self._seconds[kind].append(seconds / photos)
        return result

    def _locked(self, function: Callable[[], Result], *, urgent: bool = False) -> tuple[Result, float]:
        """Return `function()`, computed under the lock, and the seconds it took."""
        with self._lock.acquire(urgent=urgent):
            self._check()  # under the lock: a job cancelled while it waited must not compute one more batch
            began = time.perf_counter()
            result = function()
            return result, time.perf_counter() - began


def _joined(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])
