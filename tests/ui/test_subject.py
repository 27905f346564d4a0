"""What a page is about stays the same for a whole run of the page."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from pages.components.inputs import subject
from pages.components.shell import session
from tests import asking
from tests.ui.networks import Bench
from xai_core.photos.samples import samples


def test_a_prediction_that_comes_in_the_middle_of_a_run_waits_for_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Catches a page that has a prediction without a breed to explain, which showed people that something went wrong."""
    bench = Bench(tmp_path)
    photo = session.drawable(next(iter(samples().values())).load())
    prediction = asking.predict(bench.workbench, "first", photo.image)
    job = SimpleNamespace(state="running", result=lambda: prediction)
    monkeypatch.setattr(subject.session, "workbench", lambda: bench.workbench)
    monkeypatch.setattr(subject.session, "ask", lambda request, photos: job)
    monkeypatch.setattr(subject.address, "query", lambda: {})
    monkeypatch.setattr(subject.photo_picker, "photo", lambda address: (photo, None))
    running = subject.read()
    job.state = "done"
    assert running.prediction is None and running.target is None
    finished = subject.read()
    assert finished.prediction is prediction and finished.target == prediction.top(1)[0]
