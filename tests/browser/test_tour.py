"""The tour on the real app, presented: a real network, a real browser, and nothing but the keyboard."""

import re

from playwright.sync_api import Page, expect

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def test_a_walk_by_arrow_keys(tab: Page, server: str) -> None:
    """Would catch keys that do nothing, and a presented page that needs scrolling or still shows its controls."""
    tab.goto(f"{server}/tour?present=yes")
    expect(tab.get_by_text(re.compile("First comes .+ with .+, then "))).to_be_visible(timeout=_SLOW)
    expect(tab.get_by_test_id("stHeader")).to_be_hidden()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_url(re.compile("stop=2"), timeout=_SOON)
    expect(tab.get_by_role("heading", name="One dog, two networks")).to_be_visible(timeout=_SOON)
    tab.keyboard.press("ArrowRight")
    tab.wait_for_url(re.compile("stop=3"), timeout=_SOON)
    expect(tab.get_by_text(re.compile("The strongest fifth of the photo holds"))).to_be_visible(timeout=_SLOW)
    assert tab.evaluate(
        "(main => main.scrollHeight <= main.clientHeight)(document.querySelector('[data-testid=stMain]'))"
    )
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_url(re.compile("stop=2"), timeout=_SOON)
    tab.keyboard.press("Escape")
    expect(tab.get_by_test_id("stHeader")).to_be_visible(timeout=_SOON)
    assert "present" not in tab.url
