"""The tour on the real app, presented: a real network, a real browser, and nothing but the keyboard."""

import re

from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.states import PATIENCE, appear, settle, text, visit

_TRIES = 5  # a page listens to keys a moment after it is drawn, which no state of it tells


def press(tab: Page, key: str, address: str) -> None:
    """Press a key until the address is as expected."""
    for _ in range(_TRIES):
        settle(tab)
        tab.keyboard.press(key)
        try:
            return tab.wait_for_url(re.compile(address), timeout=PATIENCE / _TRIES / 2)
        except TimeoutError:
            continue
    raise AssertionError(f"{key} leads nowhere")


def test_a_walk_by_arrow_keys(tab: Page, server: str) -> None:
    """Catches keys that do nothing, and a presented page that needs scrolling or still shows its controls."""
    visit(tab, f"{server}/tour?present=yes")
    appear(tab.get_by_text(text("First comes {breed} with {share}, then")))
    expect(tab.get_by_test_id("stHeader")).to_be_hidden()
    press(tab, "ArrowRight", "stop=2")
    appear(tab.get_by_role("heading", name=text("One dog, two networks")))
    press(tab, "ArrowRight", "stop=3")
    appear(tab.get_by_text(text("Orange marks the areas that raise the score")))
    # What the station before left is taken away a moment after the new one is drawn.
    tab.wait_for_function(
        "(main => main.scrollHeight <= main.clientHeight)(document.querySelector('[data-testid=stMain]'))",
        timeout=PATIENCE,
    )
    press(tab, "ArrowLeft", "stop=2")
    press(tab, "Escape", "^(?!.*present)")
    expect(tab.get_by_test_id("stHeader")).to_be_visible(timeout=PATIENCE)
    assert "present" not in tab.url
