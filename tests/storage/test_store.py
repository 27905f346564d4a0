"""The store: an entry is returned whole or is a miss, with several writers and with damaged files."""

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import fakes
from tests.execution.job_functions import Probe
from xai_core.classifiers.base import ModelSpec
from xai_core.errors import StoreError
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.storage import codec
from xai_core.storage.store import Store, default_folder
from xai_core.types import Explanation, Label, Prediction


def _key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def _file(store: Store, key: str) -> Path:
    return store.folder / key[:2] / key


def test_a_second_store_on_the_folder_reads_what_the_first_wrote(tmp_path: Path) -> None:
    """Catches answers that are computed again after a restart."""
    Store(tmp_path).put(_key(1), b"one")
    again = Store(tmp_path)
    assert _key(1) in again and again.get(_key(1)) == b"one"
    assert _key(2) not in again and again.get(_key(2)) is None


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "foreign"])
def test_a_damaged_file_is_a_miss_and_can_be_written_again(tmp_path: Path, damage: str) -> None:
    """Catches a damaged file that is read as an answer, or that stays in the way for ever."""
    Store(tmp_path).put(_key(1), b"x" * 1000)
    path = _file(Store(tmp_path), _key(1))
    whole = path.read_bytes()
    path.write_bytes(
        {"truncated": whole[:500], "flipped": whole[:-1] + b"y", "empty": b"", "foreign": b"GIF89a"}[damage]
    )
    store = Store(tmp_path)
    assert store.get(_key(1)) is None
    store.put(_key(1), b"new")
    assert Store(tmp_path).get(_key(1)) == b"new"


def test_the_least_recently_read_entries_are_evicted_from_disk_above_the_limit(tmp_path: Path) -> None:
    """Catches a folder that grows without bound, and eviction by the time of writing instead of reading."""
    store = Store(tmp_path, limit_bytes=5000, memory_bytes=0)
    for number in range(4):
        store.put(_key(number), bytes(1000))
        os.utime(_file(store, _key(number)), (number, number))
    store.get(_key(0))  # read last, so it outlives 1 although it was written first
    store.put(_key(4), bytes(1000))
    assert store.size() <= 5000
    left = [number for number in range(5) if Store(tmp_path).get(_key(number)) is not None]
    assert left == [0, 2, 3, 4]


def test_memory_is_bounded_in_bytes_and_drops_the_least_recently_used(tmp_path: Path) -> None:
    """Catches a memory that grows without bound, or in which reading does not count as use."""
    store = Store(tmp_path, memory_bytes=2500)
    for number in (0, 1):
        store.put(_key(number), bytes(1000))
    store.get(_key(0))
    store.put(_key(2), bytes(1000))
    for number in range(3):
        _file(store, _key(number)).unlink()
    assert [store.get(_key(number)) is not None for number in range(3)] == [True, False, True]


def test_without_a_folder_results_stay_in_memory_and_the_problem_is_reported(tmp_path: Path) -> None:
    """Catches an app that fails, or loses results, where it cannot create its folder."""
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file")
    assert store.problem is not None
    store.put(_key(1), b"precious")
    assert store.get(_key(1)) == b"precious" and store.size() == len(b"precious")
    assert store.problem.endswith(".") and str(tmp_path / "file") in store.problem


def test_a_result_that_cannot_be_written_stays_in_memory_until_writing_works_again(tmp_path: Path) -> None:
    """Catches a result lost because it alone is over the memory's bound, and a problem that is shown for ever."""
    store = Store(tmp_path, memory_bytes=10)
    in_the_way = tmp_path / _key(1)[:2]
    in_the_way.write_text("")
    store.put(_key(1), b"larger than the memory's bound, but it exists nowhere else")
    assert store.problem is not None and store.get(_key(1)) is not None
    in_the_way.unlink()
    store.put(_key(1), b"again")
    assert store.problem is None and Store(tmp_path).get(_key(1)) == b"again"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        refused = subprocess.run(command, capture_output=True, text=True).stderr
    except OSError as failure:
        refused = str(failure)
    if refused:
        pytest.skip(f"a disk that is full needs the right to mount one: {refused.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_results_stay_in_memory_and_the_problem_is_reported(small_disk: Path) -> None:
    """Catches a result that is lost, or half of one that is read as a whole one, when the disk runs full."""
    store = Store(small_disk / "store")
    store.put(_key(1), b"fits")
    assert store.problem is None
    precious = os.urandom(200_000)
    store.put(_key(2), precious)
    assert store.get(_key(2)) == precious
    assert store.problem is not None and "the disk is full" in store.problem and store.problem.count(". ") == 0
    again = Store(small_disk / "store")
    assert again.get(_key(1)) == b"fits" and again.get(_key(2)) is None
    assert not list(small_disk.rglob("*.tmp"))  # what was written of it is given back to the disk
    store.put(_key(3), b"fits too")
    assert store.problem is None


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from xai_core.storage.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
store = Store(Path(sys.argv[1]))
store.put("0" * 64, bytes(50_000))
print(store.get("0" * 64) == bytes(50_000), [path.name for path in store.folder.rglob("*") if path.is_file()])
print(store.problem)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only Unix limits the size of files")
def test_a_limit_on_file_sizes_loses_no_result(tmp_path: Path) -> None:
    """Catches a process that ends, or half a file that stays, where the system limits the size of files."""
    command = [sys.executable, "-c", _LIMITED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    kept, problem = done.stdout.splitlines()
    assert kept == "True []" and "cannot be written" in problem


def test_clear_empties_memory_and_disk(tmp_path: Path) -> None:
    """Catches a cleared store whose answers come back from memory or from disk."""
    store = Store(tmp_path)
    store.put(_key(1), b"one")
    store.clear()
    assert store.get(_key(1)) is None and store.size() == 0 and Store(tmp_path).get(_key(1)) is None


def test_a_key_from_a_link_cannot_leave_the_folder(tmp_path: Path) -> None:
    """Catches a link that makes the app read a file outside of the store."""
    with pytest.raises(ValueError):
        Store(tmp_path).get("../../etc/passwd")


_HAMMER = """
import hashlib, sys
from pathlib import Path
from xai_core.storage.store import Store
store = Store(Path(sys.argv[1]), limit_bytes=60_000, memory_bytes=2_000)
for round in range(60):
    for number in range(6):
        key = hashlib.sha256(str(number).encode()).hexdigest()
        data = store.get(key)
        assert data is None or (len(data) == 5000 and len(set(data)) == 1 and data[0] == number), "torn read"
        store.put(key, bytes([number]) * 5000)
assert store.problem is None, store.problem
"""


def test_two_processes_and_two_threads_never_read_half_an_entry(tmp_path: Path) -> None:
    """Catches a file that is read while it is written, and temporary files that stay."""
    command = [sys.executable, "-c", _HAMMER, str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    failures: list[BaseException] = []
    store = Store(tmp_path, limit_bytes=60_000, memory_bytes=2_000)

    def hammer() -> None:
        try:
            for _ in range(60):
                for number in range(6):
                    data = store.get(_key(number))
                    assert data is None or data == bytes([number]) * 5000
                    store.put(_key(number), bytes([number]) * 5000)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=hammer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]
    assert not failures and errors == ["", ""]
    assert not list(tmp_path.rglob("*.tmp"))


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catches an app that ignores SEESPOT_CACHE and writes to the user's home."""
    monkeypatch.setenv("SEESPOT_CACHE", str(tmp_path))
    assert default_folder() == tmp_path


def _explanation(segments: np.ndarray | None) -> Explanation:
    values = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    params = {"steps": 51, "noise": 0.2, "flag": True, "layer": "mixed7"}
    return Explanation("probe", "fake", 2, params, values, True, segments, {"delta": 1e-3}, 51, 2.5)


@pytest.mark.parametrize("segments", [None, np.arange(12, dtype=np.int32).reshape(3, 4)])
def test_an_explanation_survives_the_store_exactly(segments: np.ndarray | None) -> None:
    """Catches a field or a type that changes between a computed and a stored explanation."""
    before = _explanation(segments)
    after = codec.decode(codec.encode(before), Explanation)
    for name in ("method", "classifier", "target", "params", "signed", "diagnostics", "evaluations", "seconds"):
        assert getattr(after, name) == getattr(before, name)
    assert after.values.dtype == np.float32 and np.array_equal(after.values, before.values)
    assert (after.segments is None) == (segments is None)
    assert segments is None or (after.segments.dtype == np.int32 and np.array_equal(after.segments, segments))
    assert not after.values.flags.writeable


def test_a_prediction_survives_the_store_exactly() -> None:
    """Catches a field or a type that changes between a computed and a stored prediction."""
    labels = (Label("n1", "Otterhound", "Chien à loutre"), Label("n2", "Pug", "Carlin"))
    before = Prediction("fake", labels, np.float32([1, 2]), np.float32([0.27, 0.73]), 0.9, True)
    after = codec.decode(codec.encode(before), Prediction)
    assert after.labels == labels and after.familiarity == 0.9 and after.familiar is True
    assert np.array_equal(after.logits, before.logits) and np.array_equal(after.probabilities, before.probabilities)


def test_pickles_inside_an_entry_are_refused() -> None:
    """Catches a stored file that could run code."""
    buffer = io.BytesIO()
    np.savez(buffer, values=np.array([print], dtype=object), metadata=np.frombuffer(b"{}", np.uint8))
    for data in (buffer.getvalue(), b"", b"no archive"):
        with pytest.raises(StoreError):
            codec.decode(data, Explanation)


def test_everything_that_changes_the_answer_changes_the_key() -> None:
    """Catches an answer that is returned for other settings, another photo, network or version of a method."""
    spec = fakes.spec()

    class Newer(Probe):
        info = dataclasses.replace(Probe.info, version=2)

    plain = Probe()

    def key(photo: str = "a" * 64, target: int = 0, probe: Probe = plain, spec: ModelSpec = spec) -> str:
        return ExplanationRequest(spec.ref, photo, target, probe).key(spec)

    keys = {
        key(),
        key(photo="b" * 64),
        key(target=1),
        key(probe=Probe(act="nan")),
        key(probe=Newer()),
        key(spec=dataclasses.replace(spec, weights_digest="1" * 64)),
        key(spec=dataclasses.replace(spec, key="other")),
        key(spec=dataclasses.replace(spec, familiarity_digest="1" * 64)),
        key(spec=dataclasses.replace(spec, input_size=(9, 9))),
        key(spec=dataclasses.replace(spec, preprocessing=dataclasses.replace(spec.preprocessing, bgr=True))),
        PredictionRequest(spec.ref, "a" * 64).key(spec),
    }
    assert len(keys) == 11
    assert key() in keys  # nothing else changes it
