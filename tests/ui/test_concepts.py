"""The page Concepts as a visitor meets it, on NumPy networks."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import sklearn.linear_model  # noqa: F401 - jobs are threads here, and two threads that import pandas at once collide
from streamlit.testing.v1 import AppTest

from pages.components.shell import session
from tests.studies.networks import SIZE, Striped
from tests.ui.conftest import directly, opened, requested, settle, shown
from tests.ui.networks import Bench
from xai_core.execution.executors import ThreadExecutor
from xai_core.photos.decoding import to_png
from xai_core.photos.samples import samples
from xai_core.photos.synthetic import random_photos
from xai_core.photos.textures import texture_photos
from xai_core.requests import StudyRequest
from xai_core.workbench import Workbench

Visit = Callable[..., AppTest]
STRIPE_BREED_ID = "n00000000"


class StripedOnPages(Striped):
    """The network that knows stripes, with the predictions that the workbench needs."""

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return logits, familiarity and whether that is enough."""
        return self.logits(rgb), np.full(len(rgb), 0.5, np.float32), np.ones(len(rgb), bool)


@pytest.fixture
def striped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A workbench with a network that knows stripes in the place of the real ones."""
    network = StripedOnPages()
    workbench = Workbench(
        tmp_path, load=lambda key: network, specs=lambda: {network.spec.key: network.spec}, executor=ThreadExecutor(4)
    )
    monkeypatch.setattr(session, "workbench", lambda: workbench)
    yield
    workbench.close()


def visit(**address: str) -> AppTest:
    """Open the page directly, as a link does, with the given words in its address, and wait for its answers."""
    return opened(directly("concepts"), address)


def bars(page: AppTest) -> str:
    """Return what the chart of scores says to screen readers."""
    charts = [chart.proto.alt for chart in page.get("plotly_chart")]
    return next((text for text in charts if text.startswith("TCAV scores: ")), "")


def sentences(page: AppTest) -> list[str]:
    """Return the sentences of the concepts that passed."""
    return [text.value for text in page.markdown if "Pushing what this layer holds" in text.value]


def files(photos: np.ndarray, stem: str = "photo") -> list[tuple[str, bytes, str]]:
    pixels = np.rint(255 * photos).astype(np.uint8)
    return [(f"{stem}-{number}.png", to_png(photo), "image/png") for number, photo in enumerate(pixels)]


def upload(page: AppTest, photos: Sequence[tuple[str, bytes, str]]) -> AppTest:
    page.file_uploader[0].set_value(list(photos)).run()
    return settle(page)


def test_a_cold_visit_shows_the_textures_and_tests_three_of_them(striped: None) -> None:
    """Catches a first screen that waits for clicks."""
    page = visit()
    assert not page.exception and not page.error
    assert [box.label for box in page.checkbox] == ["Stripes", "Dots", "Checks", "Fur", "Grass", "Plain colours"]
    assert [box.label for box in page.checkbox if box.value] == ["Stripes", "Fur", "Grass"]
    assert [part.split()[0] for part in bars(page).removeprefix("TCAV scores: ").split("; ")] == [
        "Stripes",
        "Fur",
        "Grass",
    ]


def test_a_finished_result_says_for_which_breed_the_planted_concept_speaks(striped: None) -> None:
    """Catches bars or sentences on the wrong side."""
    page = visit(concepts="stripes", target=STRIPE_BREED_ID)
    assert bars(page) == "TCAV scores: Stripes 100\u00a0%"
    assert sentences(page)[0].startswith(
        "**Stripes: for Breed 0.** Pushing what this layer holds towards stripes raises"
    )
    assert "in 100\u00a0% of the cases" in sentences(page)[0]
    page = visit(concepts="stripes", target="n00000002")
    assert bars(page) == "TCAV scores: Stripes 0\u00a0%"
    assert sentences(page)[0].startswith(
        "**Stripes: against Breed 2.** Pushing what this layer holds towards stripes lowers"
    )


def test_a_failed_test_stands_in_the_place_of_the_score(bench: Bench) -> None:
    """Catches a score that is shown although it is chance: this network's layer is the same for every photo."""
    page = visit(concepts="stripes,plain")
    assert bars(page) == (
        "TCAV scores: Stripes no different from random photos; Plain colours no different from random photos"
    )
    assert sentences(page) == []
    assert [warning.value.partition(".")[0] for warning in page.warning] == [
        "**Stripes**: no score",
        "**Plain colours**: no score",
    ]
    assert "it hardly knows stripes" in page.warning[0].value


def test_a_concept_is_one_click_and_goes_into_the_address(striped: None) -> None:
    """Catches a choice that a link would lose, and an empty choice that falls back to the usual three."""
    page = visit(concepts="stripes")
    settle(page.checkbox(key="use-plain").check().run())
    assert shown(page, "concepts") == "stripes,plain"
    assert "Plain colours" in bars(page)
    settle(page.checkbox(key="use-stripes").uncheck().run())
    settle(page.checkbox(key="use-plain").uncheck().run())
    assert shown(page, "concepts") == "none"
    assert bars(page) == ""
    assert "Choose at least one concept" in page.info[0].value


def test_own_photos_become_a_concept_and_unreadable_ones_are_listed(striped: None) -> None:
    """Catches one bad file that spoils the others, or that is left out silently."""
    page = visit(concepts="none", target=STRIPE_BREED_ID)
    good = files(texture_photos("stripes", 11, SIZE, seed=8), "zebra")
    upload(page, [*good[:5], ("diary.jpg", b"dear diary", "image/jpeg"), *good[5:]])
    assert len((shown(page, "own") or "").split(",")) == 11
    assert next(warning.value for warning in page.warning if "diary.jpg" in warning.value).startswith("Left out: ")
    assert bars(page) == "TCAV scores: Your photos 100\u00a0%"
    settle(page.text_input(key="own-name-field").set_value("zebras").run())
    assert bars(page) == "TCAV scores: zebras 100\u00a0%"
    again = visit(
        **{"concepts": "none", "target": STRIPE_BREED_ID, "own": shown(page, "own") or "", "own-name": "zebras"}
    )
    assert bars(again) == "TCAV scores: zebras 100\u00a0%"
    settle(page.button(key="own-remove").click().run())
    assert shown(page, "own") is None and bars(page) == ""


def test_too_few_photos_are_one_sentence_and_more_can_follow(striped: None) -> None:
    """Catches a test with too few photos, and the same photo counted twice."""
    page = visit(concepts="plain", target=STRIPE_BREED_ID)
    photos = files(random_photos(12, SIZE, 5, np.empty((0, *SIZE, 3), np.float32)))
    upload(page, photos[:6])
    assert [error.value for error in page.error] == [
        "6 photos can be used so far, and a concept needs at least 10; please add 4 more."
    ]
    assert "Your photos" not in bars(page)
    upload(page, photos[4:])  # two of them for the second time
    assert not page.error
    assert len((shown(page, "own") or "").split(",")) == 12
    assert "Your photos" in bars(page)


def test_what_was_compared_is_shown(striped: None) -> None:
    """Catches photos of one set under the other one's title."""
    page = visit(concepts="plain", target=STRIPE_BREED_ID)
    text = " ".join(entry.value for entry in page.markdown)
    assert "eight small changes of your photo" in text
    assert "Random photos" in text and "no different" not in text.split("**With care**")[1]
    pictures = [len(image.proto.imgs) for image in page.image]
    assert 12 in pictures and {8, 16} & set(pictures)


@pytest.mark.parametrize(
    ("address", "words"),
    [({"concepts": "stripes,plaid"}, "“plaid”"), ({"layer": "mixed7", "concepts": "stripes"}, "“mixed7”")],
)
def test_a_wrong_address_is_reported_and_the_rest_is_shown(striped: None, address: dict[str, str], words: str) -> None:
    """Catches a broken link that breaks the page."""
    page = visit(**address, target=STRIPE_BREED_ID)
    assert words in page.warning[0].value
    assert bars(page) == "TCAV scores: Stripes 100\u00a0%"


def test_the_photos_of_a_test_are_named_by_their_digests(striped: None) -> None:
    """Catches a stored result that would be found again although a sample is another photo by now."""
    [request] = requested(visit(concepts="stripes", target=STRIPE_BREED_ID), StudyRequest)
    assert set(request.photos) == {sample.load().digest for sample in samples().values()}


def test_photos_that_are_no_longer_stored_are_left_out(striped: None) -> None:
    """Catches a link to deleted photos that breaks the page."""
    page = visit(concepts="stripes", own=",".join(f"{number:064}" for number in range(12)), target=STRIPE_BREED_ID)
    assert not page.exception and not page.error
    assert bars(page) == "TCAV scores: Stripes 100\u00a0%"


def test_the_breed_s_own_picture_is_drawn_on_request(bench: Bench) -> None:
    """Catches a minute of work that nobody requested."""
    page = visit(concepts="none")
    assert not [image for image in page.image if image.proto.imgs[0].alt.startswith("A picture for")]
    settle(page.button(key="draw-breed").click().run())
    assert shown(page, "drawn") == "yes"
    [picture] = [image for image in page.image if image.proto.imgs[0].alt.startswith("A picture for")]
    assert "the score of Breed" in picture.proto.imgs[0].alt
    assert any("steps, in" in caption.value for caption in page.caption)
