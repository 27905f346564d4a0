"""Failures in the middle of a job: one sentence for those who wait, and a network that is free for the next job."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import asking, fakes
from tests.execution import job_functions
from tests.execution.job_functions import Probe
from tests.ui.conftest import until
from xai_core.classifiers.base import Rule
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import CancelledError, ComputationError, WorkerLostError
from xai_core.execution.batched import BatchedClassifier
from xai_core.execution.executors import ThreadExecutor
from xai_core.execution.fair_lock import FairLock
from xai_core.execution.jobs import Queue
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import from_pixels
from xai_core.prefetch import Prefetcher
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

PHOTOS = np.repeat(fakes.photo()[np.newaxis], 8, axis=0)


class Blocking(fakes.Complete):
    """A network that waits for `go_on` inside a batch of gradients, and that may run out of memory there."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.go_on = threading.Event(), threading.Event()
        self.short_of_memory = False
        self.batches = 0

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        self.batches += 1
        self.inside.set()
        assert self.go_on.wait(60)
        if self.short_of_memory:
            raise MemoryError
        return super().gradients(rgb, target, rule=rule)


class Gradients:
    """A job that computes gradients in several batches."""

    def __init__(self, network: Blocking, lock: FairLock) -> None:
        self._network, self._lock = network, lock

    def __call__(self, *, progress: Progress = ignore_progress) -> int:
        batched = BatchedClassifier(self._network, check=lambda: progress(0.5), batch=2, lock=self._lock)
        return len(batched.gradients(PHOTOS, 0))


@pytest.fixture
def blocking() -> Iterator[tuple[Blocking, Queue, Gradients]]:
    lock, network = FairLock(), Blocking()
    threads = ThreadExecutor(4, lock)
    yield network, Queue(threads), Gradients(network, lock)
    network.go_on.set()
    threads.shutdown()


def test_a_cancel_in_the_middle_of_a_batch_ends_the_job_after_it_and_the_next_one_gets_the_network(
    blocking: tuple[Blocking, Queue, Gradients],
) -> None:
    """Catches a cancelled job that keeps the network, and one whose next batches are computed for nobody."""
    network, queue, gradients = blocking
    first = queue.submit("first", gradients)
    assert network.inside.wait(20)
    second = queue.submit("second", gradients)
    first.cancel()
    with pytest.raises(CancelledError):
        first.result(1)
    assert network.batches == 1
    network.go_on.set()
    assert second.result(20) == len(PHOTOS)
    assert network.batches == 1 + len(PHOTOS) // 2


def test_too_little_memory_in_the_middle_of_a_batch_is_one_sentence_and_frees_the_network(
    blocking: tuple[Blocking, Queue, Gradients],
) -> None:
    """Catches a queue that hangs because a failed batch never released the lock."""
    network, queue, gradients = blocking
    network.short_of_memory = True
    network.go_on.set()
    with pytest.raises(ComputationError, match="more memory than there is; try fewer samples"):
        queue.submit("first", gradients).result(20)
    network.short_of_memory = False
    assert queue.submit("first", gradients).result(20) == len(PHOTOS)


@pytest.fixture
def image() -> ImageInput:
    return from_pixels(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8), "rex")


def test_a_worker_that_dies_while_loading_fails_those_who_wait_and_the_next_one_loads_again(
    tmp_path: Path, image: ImageInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a page that waits for ever for a network whose process has ended."""
    dies = tmp_path / "dies"
    dies.touch()
    monkeypatch.setenv("SEESPOT_TEST_DIES", str(dies))
    bench = Workbench(tmp_path / "store", load=job_functions.load_dying, specs=job_functions.specs)
    try:
        waiting = [
            bench.load_networks([NetworkRef.parse("fake")]),
            bench.submit(asking.prediction("fake", image), [image]),
            bench.submit(asking.explanation("fake", image, 0, Probe()), [image]),
        ]
        for job in waiting:
            with pytest.raises(WorkerLostError, match="please try again"):
                job.result(60)
        assert bench.submit(asking.explanation("fake", image, 0, Probe()), [image]).result(60).values.any()
        assert bench.submit(asking.prediction("fake", image), [image]).result(60).probabilities.sum() == pytest.approx(
            1
        )
    finally:
        bench.close()


def test_prefetching_ends_when_the_worker_was_lost(
    tmp_path: Path, image: ImageInput, caplog: pytest.LogCaptureFixture
) -> None:
    """Catches prefetching that kills one worker after the other where memory is short."""
    caplog.set_level(logging.INFO)
    bench = Workbench(tmp_path, load=job_functions.load, specs=job_functions.specs)
    try:
        saliency = build_explainer("saliency", {})
        prefetcher = Prefetcher(bench, [NetworkRef("fake")], [lambda: image], [Probe(act="die"), saliency])
        prefetcher.start()
        prefetcher.join()
        assert "prefetching ends" in caplog.text
        # A visitor gets a new worker all the same.
        prediction = bench.submit(asking.prediction("fake", image), [image]).result(60)
        assert bench.stored(asking.explanation("fake", image, prediction.top(1)[0], saliency)) is None
    finally:
        bench.close()


def test_a_cancelled_or_failed_job_leaves_no_map_in_the_store(
    tmp_path: Path, image: ImageInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches half a map that is read as a whole one next time."""
    job_functions.began.clear()
    job_functions.go_on.clear()
    bench = Workbench(tmp_path, load=job_functions.load, specs=job_functions.specs, executor=ThreadExecutor())
    try:
        job = bench.submit(asking.explanation("fake", image, 0, Probe(act="wait")), [image])
        until(lambda: job.partial is not None)
        job.cancel()
        job_functions.go_on.set()
    finally:
        bench.close()
    assert bench.stored(asking.explanation("fake", image, 0, Probe(act="wait"))) is None
    assert bench.results.size() == 0
