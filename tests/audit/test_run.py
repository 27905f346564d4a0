"""An audit that is stopped, killed and taken up again: nothing is asked twice, nothing is lost, nobody waits for it."""

import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import asking, dogs
from tests.audit.bench import Bench, explainers, fill, plan_of
from xai_core.audit import journal as journals
from xai_core.audit.places import LeftOut
from xai_core.audit.plan import Contested, Copy, Listed, Plan, UnknownFolder
from xai_core.audit.planning import with_network
from xai_core.audit.run import AuditRun, Audits, audits_folder
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import ImageError, StoreError
from xai_core.execution.executors import JobFuture, ThreadExecutor
from xai_core.i18n.catalogues import LazyText
from xai_core.photos.cropping import cropped, parse_box
from xai_core.photos.decoding import load_photo
from xai_core.requests import PredictionRequest
from xai_core.storage.store import Store
from xai_core.types import ImageInput
from xai_core.workbench import Workbench


def photo_of(folder: Path, bench: Bench) -> tuple[Plan, Callable[[Listed], ImageInput]]:
    plan, source, numbers = plan_of(folder, bench.network.spec)
    places = source.places()
    return plan, lambda listed: load_photo(source.read(places[numbers[listed.digest]]), listed.name)


def audit(bench: Bench, folder: Path) -> AuditRun:
    plan, photo = photo_of(folder, bench)
    return AuditRun(bench.workbench, journals.begin(audits_folder(bench.workbench), plan), photo)


def test_each_photo_is_evaluated_once_and_its_row_holds_the_answer(tmp_path: Path) -> None:
    """Catches a photo that is evaluated twice, and a row of another photo."""
    bench = Bench(tmp_path / "store")
    run = audit(bench, fill(tmp_path / "set"))
    assert run.state == "stopped" and run.done == 0
    run.start()
    assert run.wait(60) and run.state == "done" and run.error is None
    # Both methods ask for the gradient.
    assert {(question, times) for (question, _), times in bench.network.asked.items()} == {
        ("predict", 1),
        ("gradients", 2),
    }
    assert len(bench.network.asked) == 12
    rows = run.journal.rows()
    # Sorted by folder: three beagles, of which the last is red, then three Afghan hounds.
    assert [rows[number].answer for number in range(6)] == [1, 1, 0, 0, 0, 0]
    assert [run.plan.photos[number].truth for number in range(6)] == [1, 1, 1, 0, 0, 0]
    image = load_photo((tmp_path / "set" / "BEAGLE" / "0.png").read_bytes())
    prediction = asking.predict(bench.workbench, "fake", image)
    assert rows[0].probability == pytest.approx(float(prediction.probabilities.max()))
    assert set(rows[0].maps) == {"saliency", "gradient_x_input"} and rows[0].agreement is not None


@pytest.mark.parametrize("fails_after", [0, 1, 4, 9])
def test_a_killed_run_is_resumed_without_evaluating_anything_twice(tmp_path: Path, fails_after: int) -> None:
    """Catches answers that are kept only at the end, and a journal that is not believed."""
    folder = fill(tmp_path / "set")
    first = Bench(tmp_path / "store")
    first.network.fails_after = fails_after
    run = audit(first, folder)
    run.start()
    assert run.wait(60)
    answered = first.network.asked
    assert sum(answered.values()) == fails_after and run.failures

    second = Bench(tmp_path / "store")
    again = audit(second, folder)
    assert set(again.journal.rows()) == set(run.journal.rows())
    again.start()
    assert again.wait(60) and again.state == "done"
    whole = Bench(tmp_path / "other")
    fresh = audit(whole, folder)
    fresh.start()
    assert fresh.wait(60)
    assert answered + second.network.asked == whole.network.asked
    assert again.journal.rows() == fresh.journal.rows()


def test_a_truncated_line_costs_one_photo_only(tmp_path: Path) -> None:
    """Catches a damaged line of the journal that ends the audit or hides the rows after it."""
    bench = Bench(tmp_path / "store")
    run = audit(bench, fill(tmp_path / "set"))
    run.start()
    assert run.wait(60)
    path = audits_folder(bench.workbench) / run.plan.id / "rows.jsonl"
    path.write_bytes(path.read_bytes()[:-40] + b"\nnot json\n[1]\n")
    again = audit(Bench(tmp_path / "store"), tmp_path / "set")
    assert len(again.journal.rows()) == 5
    again.start()
    assert again.wait(60) and again.journal.rows() == run.journal.rows()


def test_a_stopped_audit_keeps_its_rows_and_can_be_finished(tmp_path: Path) -> None:
    """Catches finished photos that are lost by stopping, and an audit that cannot be started again."""
    bench = Bench(tmp_path / "store")
    run = audit(bench, fill(tmp_path / "set", 8))
    run.start()
    while not run.journal.rows():
        time.sleep(0.01)
    run.stop()
    assert run.wait(60) and run.state == "stopped" and run.error is None
    done = len(run.journal.rows())
    assert 0 < done < 16
    run.start()
    assert run.wait(60) and run.state == "done" and len(run.journal.rows()) == 16


def test_a_missing_photo_does_not_stop_the_others(tmp_path: Path) -> None:
    """Catches one unreadable file that ends the audit or is not listed as a failure."""
    bench = Bench(tmp_path / "store")
    run = audit(bench, fill(tmp_path / "set"))
    (tmp_path / "set" / "BEAGLE" / "1.png").unlink()
    run.start()
    assert run.wait(60) and run.state == "done"
    assert set(run.failures) == {1} and isinstance(run.failures[1], ImageError)
    assert set(run.journal.rows()) == {0, 2, 3, 4, 5}


def test_repeated_failures_end_the_audit_with_their_error(tmp_path: Path) -> None:
    """Catches an audit of hundreds of photos that goes on although the network is broken."""
    bench = Bench(tmp_path / "store")
    bench.network.predict = lambda rgb: (rgb.mean(axis=(1, 2)) * np.nan, np.zeros(len(rgb)), np.zeros(len(rgb), bool))  # type: ignore[method-assign]
    run = audit(bench, fill(tmp_path / "set", 6))
    run.start()
    assert run.wait(60) and run.state == "failed" and "no usable numbers" in str(run.error)
    assert len(run.failures) < 12


def test_audits_are_found_by_their_id_and_pin_their_photos(tmp_path: Path) -> None:
    """Catches uploads of others that push out photos which an audit has yet to look at."""
    bench = Bench(tmp_path / "store")
    folder = fill(tmp_path / "set")
    plan, source, _ = plan_of(folder, bench.network.spec)
    told = LeftOut("a.gif", "“{name}” is {kind}.", {"name": "a.gif", "kind": LazyText("a GIF")})
    plan = dataclasses.replace(plan, left_out=(told,))
    for place in source.places():
        bench.workbench.keep_photo(source.read(place), place.name)
    audits = Audits(bench.workbench)
    run = audits.begin(plan)
    assert run.wait(60) and audits.find(plan.id) is run and run.state == "done"
    later = Audits(Bench(tmp_path / "store").workbench).find(plan.id)
    assert later.state == "done" and later.plan == plan and isinstance(later.plan.left_out[0].values["kind"], LazyText)
    assert later.journal.rows() == run.journal.rows()
    for unknown in ("0" * 32, "../" + plan.id, "", "rows"):
        with pytest.raises(StoreError, match="not stored here"):
            audits.find(unknown)


def test_a_plan_is_stored_whole_and_one_of_an_older_form_is_not_resumed(tmp_path: Path) -> None:
    """Catches copies or folders that a reload forgets, and rows that older rules made under an id that is still valid."""
    label = Bench(tmp_path).network.spec.labels[0]
    plan = dataclasses.replace(
        plan_of(fill(tmp_path / "set"), Bench(tmp_path).network.spec)[0],
        copies=(Copy(0, "a/b.png", True),),
        contested=(Contested(1, (label, label)),),
        unknown_folders=(UnknownFolder("c", (1, 2), label), UnknownFolder("d", (3,), None)),
        others=1,
        system=2,
        beyond=3,
    )
    path = tmp_path / "plan.json"
    plan.save(path)
    assert Plan.load(path) == plan
    path.write_bytes(path.read_bytes().replace(b'"format":2', b'"format":1'))
    with pytest.raises(StoreError, match="not stored here"):
        Plan.load(path)


def test_pinned_entries_are_evicted_last_within_three_times_the_limit(tmp_path: Path) -> None:
    """Catches photos of a running audit that are evicted, and pins that let the store grow without bound."""
    keys = [f"{number:064x}" for number in range(40)]
    store = Store(tmp_path, limit_bytes=10_000, memory_bytes=0)
    for key in keys[:8]:
        store.put(key, bytes(1000))
    store.pin("audit-1", keys[:8])
    for key in keys[8:20]:
        store.put(key, bytes(1000))
    assert all(Store(tmp_path).get(key) for key in keys[:8])
    store.unpin("audit-1")
    store.put(keys[20], bytes(1000))
    assert sum(Store(tmp_path).get(key) is not None for key in keys[:8]) < 8
    store.pin("audit-2", keys)
    for key in keys:
        store.put(key, bytes(1000))
    assert store.size() <= 3 * 10_000 + 1100


def test_equal_plans_have_equal_ids(tmp_path: Path) -> None:
    """Catches an id that ignores the methods or the true breeds, or that changes between runs."""
    bench = Bench(tmp_path / "store")
    folder = fill(tmp_path / "set")
    plan, _, _ = plan_of(folder, bench.network.spec)
    assert plan_of(folder, bench.network.spec)[0].id == plan.id
    assert plan_of(folder, bench.network.spec, "saliency")[0].id != plan.id
    (folder / "BEAGLE").rename(folder / "dogs")
    assert plan_of(folder, bench.network.spec)[0].id != plan.id


def test_a_plan_is_transferred_to_another_network(tmp_path: Path) -> None:
    """Catches truths that are positions in the first network's list of breeds."""
    spec = Bench(tmp_path / "store").network.spec
    plan, _, _ = plan_of(fill(tmp_path / "set"), spec)
    other = dataclasses.replace(spec, key="other", weights_digest="1" * 64, labels=spec.labels[::-1][:2])
    again = with_network(plan, spec, other, explainers("saliency"), cropped=False)
    assert [photo.truth for photo in plan.photos] == [1] * 3 + [0] * 3
    assert [photo.truth for photo in again.photos] == [1] * 3 + [None] * 3
    assert again.classifier == "other" and again.id != plan.id


class Watched(ThreadExecutor):
    """An executor that notes whose jobs it is given, and the most photos that one visitor had with it at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.visitors: set[str] = set()
        self.most = 0
        self._present: list[Future[Any]] = []

    def start(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> JobFuture:
        future = super().start(function, *arguments, **named)
        self.visitors.add(named["priority"].visitor)
        self._present = [one for one in self._present if not one.done()] + [future]
        self.most = max(self.most, len(self._present))
        return future


def test_an_audit_submits_a_few_jobs_at_a_time_as_its_own_visitor(tmp_path: Path) -> None:
    """Catches an audit that fills the queue, behind which everybody else would wait."""
    bench = Bench(tmp_path / "store")
    executor = Watched()
    bench.workbench = Workbench(tmp_path / "store", load=bench.load, specs=bench.specs, executor=executor)
    run = audit(bench, fill(tmp_path / "set", 10))
    run.start()
    assert run.wait(60) and run.state == "done"
    assert executor.visitors == {f"audit-{run.plan.id}"}
    assert executor.most <= 2 * 4  # two photos, each with its prediction, outline and two maps


def test_photos_are_cropped_to_the_dog_where_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a row whose answer is about the whole photo, and a part that its link does not open."""
    monkeypatch.setattr(dogs, "BOX", (0.4, 0.3, 0.7, 0.7))
    bench = Bench(tmp_path / "store")
    folder = fill(tmp_path / "set", 1)
    plan, source, numbers = plan_of(folder, bench.network.spec, "saliency")
    asked = dataclasses.replace(plan, cropped=True)
    assert asked.id != plan.id
    places = source.places()
    images = {
        listed.digest: load_photo(source.read(places[numbers[listed.digest]]), listed.name) for listed in plan.photos
    }
    audit = AuditRun(
        bench.workbench, journals.begin(audits_folder(bench.workbench), asked), lambda listed: images[listed.digest]
    )
    audit.start()
    assert audit.wait(60) and audit.error is None and not audit.failures
    for number, row in audit.journal.rows().items():
        assert row.crop is not None
        part = cropped(images[plan.photos[number].digest], parse_box(row.crop))
        request = PredictionRequest(NetworkRef("fake"), part.digest)
        prediction = bench.workbench.stored(request)
        assert prediction is not None and row.answer == prediction.top(1)[0]


def test_rows_that_cannot_be_kept_count_where_they_are_not_needed_on_disk(tmp_path: Path) -> None:
    """Catches an audit on the command line that ends, or loses rows, where the folder cannot be written or fills up."""
    bench = Bench(tmp_path / "store")
    plan, photo = photo_of(fill(tmp_path / "set", 1), bench)
    (tmp_path / "file").touch()
    never = journals.begin(tmp_path / "file", plan, needed=False)
    assert never.problem is not None
    full = journals.begin(tmp_path / "audits", plan, needed=False)
    assert full.problem is None
    (tmp_path / "audits" / plan.id / "rows.jsonl").mkdir()  # nothing can be written there
    for journal in (never, full):
        run = AuditRun(bench.workbench, journal, photo)
        run.start()
        assert run.wait(60) and run.state == "done" and not run.failures
        assert len(journal.rows()) == 2 and journal.problem is not None
