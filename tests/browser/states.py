"""What the walks wait for: states of a page, and the catalogues' texts in whatever language the walk is in."""

import os
import re
import string
from functools import cache

from playwright.sync_api import Locator, Page, expect

from tests.i18n.test_catalogues import catalogue_entries, forms
from xai_core.i18n import catalogues

#: The language of the walks, a key of `catalogues.LANGUAGES`: every one of them must pass in each.
LANGUAGE = os.environ.get("SEESPOT_TEST_LANGUAGE", catalogues.ENGLISH)
#: How long a walk waits for a state, in ms. Beside a busy core a network's first answer takes minutes.
PATIENCE = 300_000
NARROW = {"width": 400, "height": 800}

# Streamlit names the state of the script and marks what a run has not drawn yet as stale. A button that cancels stands on
# the page as long as something is computed for it, and the sidebar's button is the last thing that a run draws.
_SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]')
    const waiting = '[class*="st-key-cancel-"], .st-key-audit-stop, [data-testid="stProgress"], [data-stale="true"]'
    return app?.dataset.testScriptState === 'notRunning' && !app.querySelector(waiting)
}"""


def settle(tab: Page) -> None:
    """Wait until everything that the page asks for is computed and drawn."""
    tab.wait_for_function(_SETTLED, timeout=PATIENCE)


def visit(tab: Page, address: str) -> None:
    """Open the address and wait until the page has settled."""
    tab.goto(address)
    settle(tab)


def wait_for_address(tab: Page, pattern: str) -> None:
    """Wait until the page's address matches, which it does as soon as the page knows of a choice."""
    tab.wait_for_url(re.compile(pattern), timeout=PATIENCE)


def linked(tab: Page, name: str) -> Locator:
    """Return the widget that the address's parameter `name` holds."""
    return tab.locator(f".st-key-linked-{name}, .st-key-linked-{name}-{LANGUAGE}")


def slider(tab: Page, name: str) -> Locator:
    """Return the handle of the slider that the address's parameter `name` holds."""
    return linked(tab, name).get_by_role("slider")


def pick(tab: Page, name: str, title: str) -> None:
    """Choose one of the titles beside each other that the address's parameter `name` holds; `title` is in English."""
    linked(tab, name).get_by_role("radio", name=re.compile(rf"^\s*({text(title).pattern})\s*$")).click()


def choose(tab: Page, key: str, words: str) -> None:
    """Choose from a list by typing, as a visitor does."""
    box = tab.locator(f'[class*="st-key-{key}"] input').first
    box.click()
    box.fill(words)
    tab.get_by_role("option").filter(has_text=words).first.click()


def maps(tab: Page) -> Locator:
    """Return the finished maps, by the texts that screen readers are given."""
    return tab.get_by_alt_text(text("{what}: what speaks for {breed}."))


def text(part: str, **values: object) -> re.Pattern[str]:
    """Return the pattern, in the language of the walk, of the text whose English is `part`, or of all that have it in them.

    `values` stand for the placeholders of these names, anything for others.
    """
    found = _texts(part)
    assert found, f"no text has “{part}”"
    return re.compile("|".join(sorted({_pattern(one, values) for one in found})))


@cache
def _texts(part: str) -> tuple[str, ...]:
    other = next(key for key in catalogues.LANGUAGES if key != catalogues.ENGLISH)
    whole: list[str] = []
    longer: list[str] = []
    for _path, message in catalogue_entries(other if LANGUAGE == catalogues.ENGLISH else LANGUAGE):
        found = forms(message.id if LANGUAGE == catalogues.ENGLISH else message.string)
        if part in forms(message.id):
            whole += found
        elif any(part in form for form in forms(message.id)):
            longer += found
    return tuple(whole or longer)


def _pattern(translated: str, values: dict[str, object]) -> str:
    pieces = []
    for literal, name, _spec, _conversion in string.Formatter().parse(translated.replace("**", "")):
        pieces.append(_escaped(literal))
        if name is not None:
            pieces.append(_escaped(str(values[name])) if name in values else ".+?")
    return "".join(pieces)


def _escaped(words: str) -> str:
    """Return the pattern of these words; where they are drawn, a space may be another kind of space."""
    return re.sub(r"(\\?\s)+", r"\\s+", re.escape(words))


def narrow(tab: Page) -> None:
    """Make the window as narrow as a phone's, and reload the page as a phone would open it."""
    tab.set_viewport_size(NARROW)
    tab.reload()
    settle(tab)


def expect_no_sideways_scroll(tab: Page) -> None:
    """Catches charts and pictures that make a phone scroll sideways."""
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= NARROW["width"]
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def appear(element: Locator, count: int | None = None) -> None:
    """Wait until the element is visible, or until there are so many of them."""
    if count is None:
        expect(element).to_be_visible(timeout=PATIENCE)
    else:
        expect(element).to_have_count(count, timeout=PATIENCE)
