"""The pages beside Explain in French: no text of the catalogues is left in English on them."""

from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import directly, opened, shown
from tests.ui.networks import Bench
from xai_core.i18n import catalogues

_VIEWS = [
    ("layers", {"both": "yes"}),
    ("pixels", {}),
    ("pixels", {"part": "trained"}),
    ("pixels", {"part": "path"}),
    ("pixels", {"part": "noise"}),
    ("pixels", {"part": "saturation"}),
    ("perturb", {}),
    ("perturb", {"part": "change", "steps": "11"}),
    ("perturb", {"part": "cut"}),
    ("concepts", {}),
    ("compare", {"cell": "first.grad_cam"}),
    ("methods", {}),
]
#: Words that stand in names and addresses too, where they are no English.
_LEAST_WORDS = 3


@pytest.fixture(scope="module")
def english() -> list[str]:
    """The English texts whose French differs, without places and long enough to be no name."""
    found = []
    for path in sorted((catalogues.CATALOGUES / "fr").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="fr"):
                ids = (message.id,) if isinstance(message.id, str) else message.id
                strings = (message.string,) if isinstance(message.string, str) else message.string
                found += [
                    one for one, other in zip(ids, strings, strict=False) if one and one != other and "{" not in one
                ]
    return found


def said(page: AppTest) -> Iterator[str]:
    """Yield all texts that the browser is given."""
    for block in (page.main, page.sidebar):
        yield from _texts(block)


def _texts(node: object) -> Iterator[str]:
    children = getattr(node, "children", {})
    for child in children.values():
        yield from _texts(child)
    proto = getattr(node, "proto", None)
    if proto is not None:
        yield from _strings(proto)


def _strings(message: Any) -> Iterator[str]:
    for _field, value in message.ListFields():
        single = isinstance(value, str | bytes | int | float) or hasattr(value, "ListFields")
        for one in (value,) if single else value:
            if isinstance(one, str):
                yield one
            elif hasattr(one, "ListFields"):
                yield from _strings(one)


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    """Let this thread speak French too: Streamlit's tests ask in it how an option is called."""
    catalogues.set_language("fr")
    yield
    catalogues.set_language(catalogues.ENGLISH)


@pytest.mark.parametrize(("page", "address"), _VIEWS)
def test_a_page_in_french_says_nothing_in_english(
    page: str, address: dict[str, str], bench: Bench, english: list[str]
) -> None:
    """Catches a text that is marked and never looked up, and one that a cache keeps in another language."""
    drawn = opened(directly(page), {**address, "lang": "fr"})
    assert not drawn.exception and not [one.value for one in drawn.error]
    assert shown(drawn, "lang") == "fr"
    texts = set(said(drawn))
    assert any("race" in text for text in texts)  # the page is there and speaks French
    whole = "\n".join(texts)
    assert not [one for one in english if one in texts or (len(one.split()) >= _LEAST_WORDS and one in whole)]
