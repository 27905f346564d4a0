"""Numbers, times and names in words, in every language."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from xai_core.i18n import catalogues, formatting
from xai_core.types import Label


@contextmanager
def spoken(key: str) -> Iterator[None]:
    catalogues.set_language(key)
    try:
        yield
    finally:
        catalogues.set_language(catalogues.ENGLISH)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.01, "about a second"),
        (1.4, "about a second"),
        (1.6, "about 2 s"),
        (59.4, "about 59 s"),
        (59.7, "about 1 min"),
        (71, "about 1 min 10 s"),
        (3599, "about 60 min"),
    ],
)
def test_times_are_told_as_roughly_as_they_are_known(seconds: float, said: str) -> None:
    assert formatting.about(seconds).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("en", ["1,234.5", "-0.25", "+0.250", "12.3 %", "100 %", "0 %", "under 0.1 %", "0.4 s", "2 min 5 s"]),
        ("fr", ["1\u202f234,5", "-0,25", "+0,250", "12,3 %", "100 %", "0 %", "moins de 0,1 %", "0,4 s", "2 min 5 s"]),
    ],
)
def test_numbers_have_the_marks_of_their_language(key: str, said: list[str]) -> None:
    """Would catch a French page that says 12.3 %, and "1,234" read as one and a bit."""
    with spoken(key):
        told = [formatting.number(1234.5, 1), formatting.number(-0.25, 2), formatting.number(0.25, 3, signed=True)]
        told += [formatting.share(part) for part in (0.1234, 1, 0, 0.0004)]
        told += [formatting.duration(seconds) for seconds in (0.4, 125)]
        assert [one.replace("\u00a0", " ") for one in told] == said
        point, comma = formatting.separators()
        assert formatting.number(1234.5, 1) == f"1{comma}234{point}5"


def test_breeds_have_their_names_in_each_language_and_can_be_told_apart() -> None:
    """Would catch two lines of one name where only the French names are the same."""
    labels = [Label("n1", "Pug", "Carlin"), Label("n2", "Crane", "Grue"), Label("n3", "Crane bird", "Grue")]
    assert formatting.breed_names(labels) == ["Pug", "Crane", "Crane bird"]
    with spoken("fr"):
        assert formatting.breed(labels[0]) == "Carlin"
        assert formatting.breed_names(labels) == ["Carlin", "Grue (n2)", "Grue (n3)"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("en", ["Almost done", "About a second left", "About 12 s left", "It takes about 12 s.", "Working"]),
        (
            "fr",
            [
                "Presque terminé",
                "Encore une seconde environ",
                "Encore 12 s environ",
                "Durée : environ 12 s.",
                "En cours",
            ],
        ),
    ],
)
def test_waiting_is_told_in_whole_sentences(key: str, said: list[str]) -> None:
    with spoken(key):
        told = [formatting.time_left(seconds) for seconds in (0.5, 1.2, 12)]
        told += [formatting.takes(12), formatting.time_left(None)]
        assert [one.replace("\u00a0", " ") for one in told] == said


def test_what_a_map_says_of_itself_in_both_languages() -> None:
    """Would catch a count without its plural, and advice that appears where nothing is wrong."""
    fit = {"fit": 0.4, "superpixels": 38.0}
    delta = {"convergence_delta": -0.0123, "relative_delta": 0.01}
    [said] = formatting.diagnostics(fit)
    assert said.replace("\u00a0", " ") == (
        "Fit: a simple sum over 38 patches accounts for 40 % of how the score changes; read it with care."
    )
    assert "Convergence delta -0.012: " in formatting.diagnostics(delta)[0]
    assert "more steps" not in formatting.diagnostics(delta)[0]
    with spoken("fr"):
        assert (
            "38 morceaux" in formatting.diagnostics(fit)[0].replace("\u00a0", " ")
            and "prudence" in formatting.diagnostics(fit)[0]
        )
        assert "-0,012" in formatting.diagnostics(delta)[0]


def test_what_rounds_to_nothing_is_no_loss() -> None:
    assert formatting.number(-0.0004, 3, signed=True) == "+0.000"
    assert formatting.number(-0.0004, 3) == "0.000"
