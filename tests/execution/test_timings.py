"""Timings: estimates come from measurements of this machine, or there are none."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import asking, fakes
from tests.execution import job_functions
from xai_core.execution import timings
from xai_core.execution.batched import BatchedClassifier
from xai_core.execution.executors import ThreadExecutor
from xai_core.execution.timings import Timing, TimingsFile
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import from_pixels
from xai_core.studies import pooled
from xai_core.studies.base import Study
from xai_core.studies.block_maps import BlockMaps
from xai_core.studies.feature_visualisation import FeatureVisualisation
from xai_core.studies.first_kernels import FirstKernels
from xai_core.studies.integrated_path import IntegratedPath
from xai_core.studies.layer_maps import LayerMaps
from xai_core.studies.noise_sweep import NoiseSweep
from xai_core.studies.projections import Projections
from xai_core.studies.robustness import Robustness
from xai_core.studies.tcav import Tcav
from xai_core.types import PassCounts
from xai_core.workbench import Workbench

BOTH = Timing("engine", {"forward": 0.25, "backward": 0.5})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "speeds.json"


def test_timings_are_read_again_after_a_restart(path: Path) -> None:
    """Catches a start that measures everything anew."""
    TimingsFile(path).record("vgg16", BOTH)
    file = TimingsFile(path)
    assert file.seconds("vgg16", PassCounts(forward=4, backward=2)) == 2.0
    assert file.engine("vgg16") == "engine"


def test_there_is_no_estimate_before_a_measurement(path: Path) -> None:
    """Catches a guess that is shown as if it had been measured."""
    file = TimingsFile(path)
    assert file.seconds("vgg16", PassCounts(forward=1)) is None
    file.record("vgg16", Timing("engine", {"forward": 0.25}))
    assert file.seconds("vgg16", PassCounts(forward=2)) == 0.5
    assert file.seconds("vgg16", PassCounts(forward=2, backward=1)) is None
    assert file.seconds("inception_v3", PassCounts(forward=1)) is None
    file.record("inception_v3", Timing("engine", {}))
    assert file.engine("inception_v3") is None


def test_low_precision_passes_count_with_their_own_time_where_it_was_measured(path: Path) -> None:
    """Catches estimates for LIME that are those of exact passes, or none at all before low precision was measured."""
    file = TimingsFile(path)
    file.record("vgg16", BOTH)
    assert file.seconds("vgg16", PassCounts(forward=4, low_precision=True)) == 1.0
    file.record("vgg16", Timing("engine", {"low-precision forward": 0.125}))
    assert file.seconds("vgg16", PassCounts(forward=4, backward=1, low_precision=True)) == 1.0
    assert file.seconds("vgg16", PassCounts(forward=4)) == 1.0


def test_a_new_measurement_moves_the_old_one_but_another_engine_replaces_it(path: Path) -> None:
    """Catches one slow job that replaces many measurements, and times of an engine that is no longer used."""
    file = TimingsFile(path)
    file.record("vgg16", BOTH)
    file.record("vgg16", Timing("engine", {"forward": 0.5}))
    moved = file.seconds("vgg16", PassCounts(forward=1))
    assert moved is not None and 0.25 < moved < 0.5
    assert file.seconds("vgg16", PassCounts(backward=1)) == 0.5
    file.record("vgg16", Timing("other", {"forward": 0.1}))
    assert file.seconds("vgg16", PassCounts(forward=1)) == 0.1
    assert file.seconds("vgg16", PassCounts(backward=1)) is None


def _file(seconds: object, format: int = 2) -> bytes:
    """Return a file with one entry for this machine, in which a photo takes `seconds`."""
    entry = {"engine": "engine", "seconds": seconds}
    return json.dumps({"format": format, "machines": {timings.machine(): {"vgg16": entry}}}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'{"format": 2}',
        b'{"format": 2, "machines": []}',
        _file({"forward": 0.25}, format=99),
        _file({"forward": -1}),
        _file({"forward": "fast"}),
        _file({"forward": float("nan")}),
        _file({"forward": float("inf")}),
        _file({"up": 1.0}),
        _file({"forward": True}),
        _file(3),
    ],
)
def test_a_damaged_file_is_measured_anew_and_replaced(path: Path, content: bytes) -> None:
    """Catches a start that fails, or an estimate from nonsense, because of a damaged file."""
    path.parent.mkdir()
    path.write_bytes(content)
    file = TimingsFile(path)
    assert file.seconds("vgg16", PassCounts(forward=1)) is None
    file.record("vgg16", BOTH)
    assert TimingsFile(path).seconds("vgg16", PassCounts(forward=4)) == 1.0
    assert [entry.name for entry in path.parent.iterdir()] == ["speeds.json"]


def test_a_file_of_an_earlier_version_is_replaced_without_a_warning(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Catches an update after which the log calls a sound file damaged, or whose times have other kinds of pass."""
    path.parent.mkdir()
    entry = {"engine": "engine", "speeds": {"forward": 0.25, "draft forward": 0.125}}
    path.write_text(json.dumps({"format": 1, "machines": {timings.machine(): {"vgg16": entry}}}))
    file = TimingsFile(path)
    assert file.engine("vgg16") is None and caplog.text == ""
    file.record("vgg16", BOTH)
    assert TimingsFile(path).seconds("vgg16", PassCounts(forward=4)) == 1.0


def test_without_a_writable_folder_timings_last_until_the_end_of_the_process(tmp_path: Path) -> None:
    """Catches a job that fails because its time cannot be stored."""
    (tmp_path / "file").write_bytes(b"")
    file = TimingsFile(tmp_path / "file" / "speeds.json")
    file.record("vgg16", BOTH)
    assert file.seconds("vgg16", PassCounts(forward=4)) == 1.0


def test_other_machines_keep_their_entries(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches machines with a common home folder that overwrite or use each other's times."""
    TimingsFile(path).record("vgg16", BOTH)
    monkeypatch.setattr(timings, "machine", lambda: "another one")
    other = TimingsFile(path)
    assert other.seconds("vgg16", PassCounts(forward=1)) is None
    other.record("vgg16", Timing("engine", {"forward": 2.0}))
    monkeypatch.undo()
    assert TimingsFile(path).seconds("vgg16", PassCounts(forward=4)) == 1.0


_WRITER = """
import sys
from pathlib import Path
from xai_core.execution.timings import Timing, TimingsFile
file = TimingsFile(Path(sys.argv[1]))
for _ in range(200):
    file.record(sys.argv[2], Timing("engine", {"forward": 0.25}))
print("done", flush=True)
sys.stdin.read()
file.record(sys.argv[2], Timing("engine", {"forward": 0.25}))
"""


def test_two_processes_that_write_at_once_leave_a_whole_file_with_both(path: Path) -> None:
    """Catches a file torn by two writers, and one process that erases what another has measured."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in ("first", "second")
    ]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline().strip() == b"done"
        assert json.loads(path.read_text())["format"] == 2
    for writer in writers:  # one after the other: each adds to what the other has written
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    file = TimingsFile(path)
    assert [file.seconds(name, PassCounts(forward=4)) for name in ("first", "second")] == [1.0, 1.0]


def test_lone_photos_and_passes_up_to_a_layer_are_not_timed() -> None:
    """Catches an estimate that follows from the slow first pass, or from half a pass."""
    batched = BatchedClassifier(fakes.Complete(), batch=4)
    photos = np.repeat(fakes.photo()[np.newaxis], 12, axis=0)
    batched.logits(photos[:8])
    batched.logits(photos[:1])
    batched.layer_gradients(photos, "block1_conv1", 0)
    batched.gradients(photos, 0, rule="guided")
    assert batched.seconds_per_photo() == {}
    batched.logits(photos[:4])
    batched.gradients(photos, 0, low_precision=True)
    assert set(batched.seconds_per_photo()) == {"forward", "low-precision backward"}
    assert all(seconds > 0 for seconds in batched.seconds_per_photo().values())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    workbench = Workbench(tmp_path, load=job_functions.load, specs=job_functions.specs, executor=ThreadExecutor())
    yield workbench
    workbench.close()


@pytest.mark.parametrize("submitted", [True, False])
def test_a_job_is_timed_and_estimates_follow_the_settings(bench: Workbench, submitted: bool) -> None:
    """Catches jobs that measure nothing, and an estimate that stays the same for twice the samples."""
    image = from_pixels(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8), "rex")
    rise = build_explainer("rise", {"samples": 40})
    assert bench.seconds(asking.explanation("fake", image, 0, rise)) is None
    if submitted:
        bench.submit(asking.explanation("fake", image, 0, rise), [image]).result(20)
    else:
        asking.explain(bench, "fake", image, 0, rise)
    once, twice = (
        bench.seconds(asking.explanation("fake", image, 0, explainer))
        for explainer in (rise, build_explainer("rise", {"samples": 80}))
    )
    assert once is not None and once > 0
    assert twice == pytest.approx(once * 81 / 41)
    grad_cam = build_explainer("grad_cam", {})
    assert bench.seconds(asking.explanation("fake", image, 0, grad_cam)) is None  # no gradients were computed yet


_STUDIES: list[Study] = [
    BlockMaps(),
    FeatureVisualisation(steps=12),
    FeatureVisualisation(steps=3, layer="block1", channel=1),
    FirstKernels(),
    IntegratedPath(steps=6),
    IntegratedPath(steps=20),
    LayerMaps(count=3),
    NoiseSweep(samples=4),
    Projections(count=3),
    Projections(channel=1),
    Robustness(steps=5),
    Tcav(photos=10, random=20, splits=10),
    Tcav(photos=10, random=20, splits=10, own=10),
]


@pytest.mark.parametrize("study", _STUDIES, ids=lambda study: f"{type(study).__name__}")
def test_a_study_declares_the_passes_that_it_makes(study: Study) -> None:
    """Catches an estimate that a changed study has made wrong."""
    network = fakes.Complete()
    own = study.own if isinstance(study, Tcav) else 0
    photos = np.stack([fakes.photo(seed=seed) for seed in range(2 + own)])
    target = int(network.logits(photos[1:2])[0].argmin())  # no other photo is predicted as the target
    pooled.forget()
    declared, batched = study.pass_counts(network.spec, len(photos)), BatchedClassifier(network)
    study.run(batched, photos, target)
    assert batched.passes["forward"] == declared.forward
    assert batched.passes["backward"] == declared.backward
