"""The tour on the real app, presented: a real network, a real browser, and nothing but the keyboard."""

import re

from playwright.sync_api import Page, TimeoutError, expect

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def press(tab: Page, key: str, address: str) -> None:
    """Press a key until the address is as expected: a page listens to keys a moment after its words can be read."""
    for _ in range(5):
        tab.wait_for_timeout(500)
        tab.keyboard.press(key)
        try:
            return tab.wait_for_url(re.compile(address), timeout=_SOON / 5)
        except TimeoutError:
            continue
    raise AssertionError(f"{key} leads nowhere")


def test_a_walk_by_arrow_keys(tab: Page, server: str) -> None:
    """Would catch keys that do nothing, and a presented page that needs scrolling or still shows its controls."""
    tab.goto(f"{server}/tour?present=yes")
    expect(tab.get_by_text(re.compile("First comes .+ with .+, then "))).to_be_visible(timeout=_SLOW)
    expect(tab.get_by_test_id("stHeader")).to_be_hidden()
    press(tab, "ArrowRight", "stop=2")
    expect(tab.get_by_role("heading", name="One dog, two networks")).to_be_visible(timeout=_SOON)
    press(tab, "ArrowRight", "stop=3")
    expect(tab.get_by_text(re.compile("The strongest fifth of the photo holds"))).to_be_visible(timeout=_SLOW)
    # What the station before left is taken away a moment after the new words stand there.
    tab.wait_for_function(
        "(main => main.scrollHeight <= main.clientHeight)(document.querySelector('[data-testid=stMain]'))",
        timeout=_SOON,
    )
    press(tab, "ArrowLeft", "stop=2")
    press(tab, "Escape", "^(?!.*present)")
    expect(tab.get_by_test_id("stHeader")).to_be_visible(timeout=_SOON)
    assert "present" not in tab.url
