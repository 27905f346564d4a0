"""The workbench: each question is computed once, stored answers need no network, failures are never stored."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import asking, fakes
from tests.execution import job_functions
from tests.execution.job_functions import Probe
from xai_core.classifiers.base import softmax
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import (
    ComputationError,
    ImageError,
    ParameterError,
    UnknownNameError,
    WorkerLostError,
    XaiError,
)
from xai_core.execution.executors import ThreadExecutor
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import squeeze, to_png
from xai_core.types import ImageInput
from xai_core.workbench import Workbench


def _png(seed: int = 0) -> bytes:
    return to_png(np.random.default_rng(seed).integers(0, 256, (40, 50, 3), dtype=np.uint8))


def _bench(folder: Path) -> Workbench:
    """Return a workbench that computes in threads of this process, as after a restart: only the folder is shared."""
    return Workbench(folder, load=job_functions.load, specs=job_functions.specs, executor=ThreadExecutor())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    job_functions.calls.clear()
    job_functions.began.clear()
    job_functions.go_on.clear()
    bench = _bench(tmp_path)
    yield bench
    job_functions.go_on.set()
    bench.close()


@pytest.fixture
def image(bench: Workbench) -> ImageInput:
    return bench.keep_photo(_png(), "rex.png")


def test_an_explanation_is_the_methods_answer_with_everything_needed_to_read_it(
    bench: Workbench, image: ImageInput
) -> None:
    """Catches a map changed on its way through the workbench, and settings that do not travel with it."""
    explanation = asking.explain(bench, "fake", image, 2, Probe())
    rgb = squeeze(image.pixels, fakes.SIZE)
    assert np.array_equal(
        explanation.values, job_functions.load(NetworkRef.parse("fake")).gradients(rgb[np.newaxis], 2)[0]
    )
    assert (explanation.method, explanation.classifier, explanation.target) == ("probe", "fake", 2)
    assert (explanation.params, explanation.signed, explanation.evaluations) == ({"act": "gradient"}, True, 1)


def test_after_a_restart_the_answer_comes_from_disk(bench: Workbench, image: ImageInput, tmp_path: Path) -> None:
    """Catches a stored answer that is computed again, or differs from the first one."""
    first = asking.explain(bench, "fake", image, 2, Probe())
    prediction = asking.predict(bench, "fake", image)
    job_functions.calls.clear()
    restarted = _bench(tmp_path)
    for again in (
        asking.explain(restarted, "fake", image, 2, Probe()),
        restarted.stored(asking.explanation("fake", image, 2, Probe())),
        restarted.submit(asking.explanation("fake", image, 2, Probe()), [image]).result(0),
    ):
        assert again is not None and np.array_equal(again.values, first.values) and again.seconds == first.seconds
    for known in (
        restarted.stored(asking.prediction("fake", image)),
        restarted.submit(asking.prediction("fake", image), [image]).result(0),
        asking.predict(restarted, "fake", image),
    ):
        assert known is not None and np.array_equal(known.probabilities, prediction.probabilities)
    assert job_functions.calls == []


def test_what_was_not_asked_is_not_stored(bench: Workbench, image: ImageInput) -> None:
    """Catches a key that leaves out the target, the photo or the kind of request."""
    asking.explain(bench, "fake", image, 2, Probe())
    assert bench.stored(asking.explanation("fake", image, 1, Probe())) is None
    assert bench.stored(asking.explanation("fake", bench.keep_photo(_png(1), "max.png"), 2, Probe())) is None
    assert bench.stored(asking.prediction("fake", image)) is None


def test_a_submitted_answer_equals_the_direct_one_and_is_stored_before_the_job_ends(
    bench: Workbench, image: ImageInput, tmp_path: Path
) -> None:
    """Catches a job that ends before its answer is stored, and a worker that answers differently."""
    submitted = bench.submit(asking.explanation("fake", image, 0, Probe()), [image]).result(10)
    stored = bench.stored(asking.explanation("fake", image, 0, Probe()))
    direct = asking.explain(_bench(tmp_path / "other"), "fake", image, 0, Probe())
    assert stored is not None
    assert np.array_equal(submitted.values, stored.values) and np.array_equal(submitted.values, direct.values)
    assert not submitted.values.flags.writeable


@pytest.mark.parametrize(
    ("act", "error"), [("fail", ParameterError), ("crash", ComputationError), ("nan", ComputationError)]
)
def test_a_failure_is_never_stored(bench: Workbench, image: ImageInput, act: str, error: type[XaiError]) -> None:
    """Catches a failed computation that is taken for an answer next time."""
    probe = Probe(act=act)
    with pytest.raises(error):
        asking.explain(bench, "fake", image, 0, probe)
    with pytest.raises(error):
        bench.submit(asking.explanation("fake", image, 0, probe), [image]).result(10)
    assert bench.stored(asking.explanation("fake", image, 0, probe)) is None and bench.results.size() == 0
    assert job_functions.calls == [act, act]


def test_two_sessions_that_ask_the_same_are_computed_once_and_differently_named_layers_are_the_same(
    bench: Workbench, image: ImageInput
) -> None:
    """Catches equal requests that are computed twice, and layers whose short name makes another key."""
    jobs = [bench.submit(asking.explanation("fake", image, 0, Probe(act="wait")), [image]) for _ in range(2)]
    job_functions.go_on.set()
    first, second = (job.result(10) for job in jobs)
    assert first is second and job_functions.calls == ["wait"]
    asking.explain(bench, "fake", image, 0, build_explainer("grad_cam", {"layer": ""}))
    same = bench.stored(asking.explanation("fake", image, 0, build_explainer("grad_cam", {"layer": "block1"})))
    assert same is not None and same.params["layer"] == "block1_conv1"


def test_a_damaged_entry_is_computed_again(bench: Workbench, image: ImageInput, tmp_path: Path) -> None:
    """Catches half a file that is read as an answer, or that blocks the answer for good."""
    asking.explain(bench, "fake", image, 0, Probe())
    for entry in (tmp_path / "results").glob("*/*"):
        entry.write_bytes(entry.read_bytes()[:100])
    restarted = _bench(tmp_path)
    assert restarted.stored(asking.explanation("fake", image, 0, Probe())) is None
    assert np.isfinite(asking.explain(restarted, "fake", image, 0, Probe()).values).all()


def test_a_folder_that_cannot_be_used_still_answers_and_remembers(tmp_path: Path) -> None:
    """Catches answers and photos that are lost where the folder cannot be written."""
    (tmp_path / "file").write_text("")
    bench = _bench(tmp_path / "file")
    image = bench.keep_photo(_png(), "rex.png")
    asking.explain(bench, "fake", image, 0, Probe())
    assert bench.stored(asking.explanation("fake", image, 0, Probe())) is not None
    assert bench.photo(image.digest).name == "rex.png" and bench.results.problem and bench.photos.problem


def test_a_prediction_is_the_networks_answer_and_asked_for_once(bench: Workbench) -> None:
    """Catches an answer about another photo, and a photo that is passed through the network twice."""
    images = [bench.keep_photo(_png(seed), f"{seed}.png") for seed in range(3)]
    network = job_functions.load(NetworkRef.parse("fake"))
    for image in [*images, images[1]]:
        prediction = asking.predict(bench, "fake", image)
        rgb = squeeze(image.pixels, fakes.SIZE)
        np.testing.assert_allclose(prediction.logits, network.logits(rgb[np.newaxis])[0], rtol=1e-5)
        assert prediction.familiarity == pytest.approx(float(rgb.mean()), rel=1e-5)
    assert job_functions.calls == [1, 1, 1]


def test_softmax_of_large_logits_stays_exact() -> None:
    """Catches exponentials that overflow."""
    # exp(1000) overflows in any precision; the known answer is 1 / (1 + e^-1).
    known = [[0.73105858, 0.26894142], [0.5, 0.5]]
    np.testing.assert_allclose(softmax(np.float32([[1000, 999], [-1000, -1000]])), known, rtol=1e-6)


def test_names_that_do_not_exist_are_said_at_once(bench: Workbench, image: ImageInput) -> None:
    """Catches a wrong name that is found out only after a network was loaded."""
    with pytest.raises(UnknownNameError, match="choose one of fake"):
        bench.submit(asking.explanation("resnet", image, 0, Probe()), [image])
    with pytest.raises(UnknownNameError, match="classes 0 to 2"):
        bench.submit(asking.explanation("fake", image, 3, Probe()), [image])
    with pytest.raises(UnknownNameError, match="block1_conv1"):
        bench.submit(asking.explanation("fake", image, 0, build_explainer("grad_cam", {"layer": "block9"})), [image])


def test_a_kept_photo_comes_back_after_a_restart_and_a_lost_one_is_said(bench: Workbench, tmp_path: Path) -> None:
    """Catches a link whose photo is gone or another one, and a digest that is used as a path."""
    kept = bench.keep_photo(_png(), "../évil\nname.png")
    again = _bench(tmp_path).photo(kept.digest)
    assert (again.name, again.digest) == (kept.name, kept.digest) and np.array_equal(again.pixels, kept.pixels)
    for digest in ("0" * 64, "", "../../etc/passwd"):
        with pytest.raises(ImageError, match="upload it again"):
            bench.photo(digest)


def test_a_network_is_asked_in_the_worker_process_and_a_lost_one_is_replaced(tmp_path: Path) -> None:
    """Catches a network that is loaded in the web process, and a worker that stays dead."""
    job_functions.calls.clear()
    bench = Workbench(tmp_path, load=job_functions.load, specs=job_functions.specs)
    try:
        image = bench.keep_photo(_png(), "rex.png")
        bench.load_networks([NetworkRef.parse("fake")]).result(30)
        prediction = bench.submit(asking.prediction("fake", image), [image]).result(30)
        assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-6)
        with pytest.raises(WorkerLostError):
            bench.submit(asking.explanation("fake", image, 0, Probe(act="die")), [image]).result(30)
        explanation = bench.submit(asking.explanation("fake", image, 0, Probe()), [image]).result(30)
        rgb = squeeze(image.pixels, fakes.SIZE)
        assert np.array_equal(
            explanation.values, job_functions.load(NetworkRef.parse("fake")).gradients(rgb[np.newaxis], 0)[0]
        )
        assert job_functions.calls == []  # nothing was computed here
    finally:
        bench.close()
