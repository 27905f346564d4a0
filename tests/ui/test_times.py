"""The time is told before anything starts, and nothing is told before it was measured."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import directly, opened, until
from tests.ui.networks import Bench, Dials
from xai_core.execution.timings import Timing, TimingsFile
from xai_core.explainers.registry import build_explainer
from xai_core.i18n import formatting

Visit = Callable[..., AppTest]


@pytest.fixture
def measured(tmp_path: Path) -> None:
    """A machine on which the first network was measured before: half a second forward, one second with gradients."""
    timing = Timing(Dials.__name__, {"forward": 0.5, "backward": 1.0})
    TimingsFile(tmp_path / "speeds.json").record("first", timing)


def _held_up(bench: Bench, visit: Visit) -> AppTest:
    """Return the page while its third map is being computed."""
    bench.networks["first"].gate.clear()
    page = visit(wait=False, **{"panel3.rule": "midpoint", "panel3.steps": "30"})
    until(lambda: "cancel-3" in {button.key for button in page.run().button})
    return page


def _captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.caption).replace("\u00a0", " ")


def test_settings_tell_their_time_and_what_others_would_take(
    measured: None, bench: Bench, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a told time that does not follow the settings in the address."""
    network = bench.networks["first"]
    network.gate.clear()
    answer = network.logits

    def held_up(rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        if low_precision:  # LIME's, or it would be done and its time measured before this looks
            network.gate.wait(20)
        return answer(rgb, low_precision=low_precision)

    monkeypatch.setattr(network, "logits", held_up)
    page = visit(wait=False, **{"panel3.rule": "midpoint", "panel3.steps": "30", "panel1.samples": "100"})
    told = _captions(page)
    assert "These settings take at most about 31 s on this computer" in told
    assert "Steps 15: about 16 s; 60: about 1 min." in told
    assert "These settings take at most about 50 s on this computer" in told


def test_a_waiting_panel_tells_the_time_before_its_progress_does(measured: None, bench: Bench, visit: Visit) -> None:
    """Catches a panel that says no more than "Working" while everything is known."""
    page = _held_up(bench, visit)
    assert [bar for bar in page.get("progress") if "left" in bar.proto.text and "About" in bar.proto.text]


def test_before_anything_was_measured_nothing_is_told(bench: Bench, visit: Visit) -> None:
    """Catches a time that was made up."""
    bench.networks["first"].gate.clear()
    page = visit(
        wait=False, panel1="saliency", panel2="gradient_x_input"
    )  # like the other two held up, not yet measured
    assert "on this computer" not in _captions(page)
    assert "about" not in " ".join(bar.proto.text for bar in page.get("progress")).casefold()


def test_a_stopped_map_tells_what_another_try_takes(measured: None, bench: Bench, visit: Visit) -> None:
    """Catches a second try offered without its time."""
    page = _held_up(bench, visit)
    page.button(key="cancel-3").click().run()
    bench.networks["first"].gate.set()
    assert "It takes about 31 s." in _captions(page)


def test_the_catalogue_tells_the_time_beside_its_buttons(measured: None, bench: Bench) -> None:
    """Catches a time that does not follow from the method's number of passes."""
    page = opened(directly("methods"), {})
    told = _captions(page)
    assert "so it starts when you want it" in told
    rise = build_explainer("rise", {}).pass_counts(bench.networks["first"].spec)
    assert f"It takes {formatting.about(0.5 * rise.forward)}, so".replace("\u00a0", " ") in told
