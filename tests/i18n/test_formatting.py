"""Numbers, durations and breed names as text, in every language."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from xai_core.i18n import catalogues, formatting
from xai_core.types import Label


@contextmanager
def language(key: str) -> Iterator[None]:
    catalogues.set_language(key)
    try:
        yield
    finally:
        catalogues.set_language(catalogues.ENGLISH)


@pytest.mark.parametrize(
    ("seconds", "text"),
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
def test_estimated_times_are_rounded_coarsely(seconds: float, text: str) -> None:
    """Catches an estimate that claims more precision than it has, and "60 s" or "1 min 0 s"."""
    assert formatting.about(seconds).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("key", "texts"),
    [
        ("en", ["1,234.5", "-0.25", "+0.250", "12.3 %", "100 %", "0 %", "under 0.1 %", "0.4 s", "2 min 5 s"]),
        ("fr", ["1\u202f234,5", "-0,25", "+0,250", "12,3 %", "100 %", "0 %", "moins de 0,1 %", "0,4 s", "2 min 5 s"]),
    ],
)
def test_numbers_use_the_separators_of_the_language(key: str, texts: list[str]) -> None:
    """Catches a French page with "12.3 %", and "1,234" that reads as one and a bit."""
    with language(key):
        formatted = [formatting.number(1234.5, 1), formatting.number(-0.25, 2), formatting.number(0.25, 3, signed=True)]
        formatted += [formatting.share(part) for part in (0.1234, 1, 0, 0.0004)]
        formatted += [formatting.duration(seconds) for seconds in (0.4, 125)]
        assert [text.replace("\u00a0", " ") for text in formatted] == texts
        point, comma = tuple(formatting.separators())
        assert formatting.number(1234.5, 1) == f"1{comma}234{point}5"


def test_breed_names_are_translated_and_unique() -> None:
    """Catches two entries of the same name where only the French names coincide."""
    labels = [Label("n1", "Pug", "Carlin"), Label("n2", "Crane", "Grue"), Label("n3", "Crane bird", "Grue")]
    assert formatting.breed_names(labels) == ["Pug", "Crane", "Crane bird"]
    with language("fr"):
        assert formatting.breed(labels[0]) == "Carlin"
        assert formatting.breed_names(labels) == ["Carlin", "Grue (n2)", "Grue (n3)"]


@pytest.mark.parametrize(
    ("key", "texts"),
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
def test_remaining_time_is_a_whole_sentence(key: str, texts: list[str]) -> None:
    """Catches "About 0 s left", and a sentence put together from parts that another language orders differently."""
    with language(key):
        formatted = [formatting.time_left(seconds) for seconds in (0.5, 1.2, 12)]
        formatted += [formatting.takes(12), formatting.time_left(None)]
        assert [text.replace("\u00a0", " ") for text in formatted] == texts


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2.675, 2, "2.67"),
        (0.125, 2, "0.12"),
        (np.float32(34.497425), 5, "34.49742"),
        (1e15, 0, "1,000,000,000,000,000"),
    ],
)
def test_numbers_are_rounded_as_python_rounds_them(value: float, decimals: int, text: str) -> None:
    """Catches Babel's own rounding, which works on the shortest decimal form: then page, JSON and CSV would disagree."""
    assert formatting.number(value, decimals) == text


def test_what_is_no_number_stays_as_python_writes_it() -> None:
    """Catches "NaN,00", which Babel makes of a score that could not be computed."""
    assert [formatting.number(value, 2) for value in (math.nan, math.inf, -math.inf)] == ["nan", "inf", "-inf"]


def test_zero_has_no_minus_sign() -> None:
    """Catches "-0.000" for a change that rounds to nothing, which would look like a decrease."""
    assert formatting.number(-0.0004, 3, signed=True) == "+0.000"
    assert formatting.number(-0.0004, 3) == "0.000"
