"""Work done ahead: it is there when somebody asks, nothing that fails stops it for good, and it can be stopped."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import asking
from tests.execution import job_functions
from tests.execution.job_functions import Probe
from tests.ui.conftest import until
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.execution import tasks
from xai_core.execution.executors import ThreadExecutor
from xai_core.execution.jobs import Job
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import from_pixels
from xai_core.prefetch import Prefetcher
from xai_core.types import ImageInput
from xai_core.workbench import WARM_UP_EXPLAINERS, Workbench

SALIENCY = build_explainer("saliency", {})


def photo(seed: int) -> ImageInput:
    return from_pixels(np.random.default_rng(seed).integers(0, 256, (40, 50, 3), dtype=np.uint8), "rex")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    job_functions.began.clear()
    job_functions.go_on.clear()
    made = Workbench(tmp_path, load=job_functions.load, specs=job_functions.specs, executor=ThreadExecutor())
    yield made
    job_functions.go_on.set()
    made.close()


def test_what_is_likely_to_be_asked_is_stored_and_the_speed_measured(bench: Workbench) -> None:
    """Catches a first visitor who waits for the sample's maps, and one who is told no times."""
    photos = [photo(0), photo(1)]
    ahead = Prefetcher(bench, [NetworkRef("fake")], [lambda image=image: image for image in photos], [SALIENCY])
    ahead.start()
    ahead.join()
    for image in photos:
        prediction = bench.stored(asking.prediction("fake", image))
        assert prediction is not None
        target = prediction.top(1)[0]
        assert bench.submit(asking.explanation("fake", image, target, SALIENCY), [image]).result(0) is not None
    assert bench.seconds(asking.explanation("fake", photo(0), 0, SALIENCY)) is not None


def test_further_jobs_are_done_one_after_the_other(bench: Workbench) -> None:
    """Catches jobs that are asked for before the one that they need is done, and those never asked for."""
    seen = []

    def more(workbench: Workbench) -> Iterator[Job]:
        for seed in (1, 2):
            job = workbench.submit(asking.explanation("fake", photo(seed), 0, SALIENCY), [photo(seed)], idle=True)
            yield job
            seen.append(job.state)

    ahead = Prefetcher(bench, [NetworkRef("fake")], [lambda: photo(0)], [SALIENCY], more)
    ahead.start()
    ahead.join()
    assert seen == ["done", "done"]
    assert bench.stored(asking.explanation("fake", photo(2), 0, SALIENCY)) is not None


def test_what_fails_is_left_out_and_the_rest_done(bench: Workbench) -> None:
    """Catches one failing method that ends all prefetching."""
    image = photo(0)
    ahead = Prefetcher(bench, [NetworkRef("fake")], [lambda: image], [Probe(act="crash"), SALIENCY])
    ahead.start()
    ahead.join()
    prediction = bench.stored(asking.prediction("fake", image))
    assert prediction is not None
    assert bench.stored(asking.explanation("fake", image, prediction.top(1)[0], SALIENCY)) is not None


def test_it_can_be_stopped_in_the_middle_of_a_job(bench: Workbench) -> None:
    """Catches an app that cannot be closed while it prefetches, and half a job that is stored."""
    ahead = Prefetcher(bench, [NetworkRef("fake")], [lambda: photo(0)], [Probe(act="wait"), SALIENCY])
    ahead.start()
    until(job_functions.began.is_set)
    ahead.stop()
    prediction = bench.stored(asking.prediction("fake", photo(0)))
    assert prediction is not None
    assert bench.stored(asking.explanation("fake", photo(0), prediction.top(1)[0], SALIENCY)) is None


def test_the_first_questions_are_those_of_the_panels_and_few() -> None:
    """Catches a warm-up that leaves a panel's first map slow, or that takes as long as the maps themselves."""
    network = job_functions.load(NetworkRef.parse("fake"))
    asked = [one.pass_counts(network.spec) for one in WARM_UP_EXPLAINERS]
    assert {one.info.key for one in WARM_UP_EXPLAINERS} == {
        "grad_cam",
        "lime",
        "integrated_gradients",
        "expected_gradients",
    }
    assert sum(one.forward + one.backward for one in asked) < 60  # as many as the references of SHAP need


def test_a_network_that_ships_can_be_warmed_up() -> None:
    """Catches a first question that what is asked instead of a photo cannot answer, and a pace that nobody measures."""
    timing = tasks.warm_up(registry.load, NetworkRef("inception_v3"), WARM_UP_EXPLAINERS, True)
    assert set(timing.seconds) == {"forward", "backward", "low-precision forward", "low-precision backward"}
