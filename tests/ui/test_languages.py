"""The same page in another language: every sentence is said in it, and nothing but the sentences changes."""

import re
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from pages.components.shell import language_switch
from tests.i18n.test_catalogues import catalogue_entries, forms
from tests.ui.conftest import directly, opened, settle, shown
from tests.ui.networks import Bench
from xai_core.i18n import catalogues

Visit = Callable[..., AppTest]
_LONG = 12  # characters: shorter texts are looked for as a whole, and not where something else stands in them


def texts(part: Any) -> Iterator[str]:
    """Yield every text in the page: of all elements and of the blocks around them, charts and alternative texts included."""
    if getattr(part, "proto", None) is not None:
        yield from _strings(part.proto)
    for child in getattr(part, "children", {}).values():
        yield from texts(child)


def _strings(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        for one in value if field.is_repeated else (value,):
            if isinstance(one, Message):
                yield from _strings(one)
            elif isinstance(one, str):
                yield one


def english_on(page: AppTest, key: str) -> list[tuple[str, str]]:
    """Return what the page says in English though the catalogues of language `key` have words for it."""
    shown_texts = {text for text in texts(page._tree) if text}
    found = []
    for _path, message in catalogue_entries(key):
        for form in set(forms(message.id)) - set(forms(message.string)):
            pieces = [
                (literal, name is not None) for literal, name, _spec, _conversion in string.Formatter().parse(form)
            ]
            longest = max((literal for literal, _place in pieces), key=len)
            if len(longest) >= _LONG:
                pattern = "".join(re.escape(literal) + (".+?" if place else "") for literal, place in pieces)
                # Few texts hold the longest literal, and searching a pattern takes a thousand times as long.
                found += [(form, text) for text in shown_texts if longest in text and re.search(pattern, text)]
            elif not any(place for _literal, place in pieces):
                found += [(form, text) for text in shown_texts if form == text]
    return found


def values(page: AppTest, key: str) -> dict[str, Any]:
    """Return what the page's widgets hold; those whose choices are texts have a key of their own in each language."""
    widgets = [widget for kind in ("slider", "selectbox", "toggle") for widget in page.get(kind)]
    return {widget.key.removesuffix(f"-{key}"): widget.value for widget in widgets}


@pytest.mark.parametrize("key", [key for key in catalogues.LANGUAGES if key != catalogues.ENGLISH])
def test_the_switch_changes_every_sentence_and_no_value(visit: Visit, key: str) -> None:
    """Catches a sentence without its mark, one frozen by a cache, and a widget that loses its value with its label."""
    page = visit(sample="owl", opacity="85", strongest="40", view="map", **{"panel4": "saliency"})
    assert english_on(page, key)  # the search finds English where it is
    before = values(page, catalogues.ENGLISH)
    asked = set(page.session_state["jobs"])
    settle(page.segmented_control(key="language").set_value(key).run())
    assert not page.exception and not page.error
    found = english_on(page, key)
    assert found == [], "\n".join(map(repr, found))
    assert shown(page, "lang") == key
    assert values(page, key) == before
    assert set(page.session_state["jobs"]) == asked  # no map is computed again
    assert [shown(page, name) for name in ("sample", "opacity", "strongest", "view")] == ["owl", "85", "40", "map"]
    settle(page.segmented_control(key="language").set_value("en").run())
    assert page.title[0].value == "What did the network see?"


def test_the_language_goes_with_the_visitor_to_other_pages(bench: Bench) -> None:
    """Catches a page that falls back into English because its own address says nothing."""
    page = opened(directly("pixels"), {"lang": "fr"}, wait=False)
    page.query_params.clear()  # as a link of the row of pages does
    page.switch_page("pages/layers.py").run()
    assert shown(page, "lang") == "fr"
    assert page.segmented_control(key="language").value == "fr"


def test_a_language_that_does_not_exist_is_english(visit: Visit) -> None:
    """Catches an unknown language in a link that fails the page."""
    page = visit(lang="tlh", wait=False)
    assert not page.exception and page.title[0].value == "What did the network see?"


def test_threads_that_draw_nothing_have_no_visitor() -> None:
    """Catches a job's thread that fails, or takes the language of somebody's page."""
    assert language_switch.current() is None
