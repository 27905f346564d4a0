"""The page Perturb on the real app: real networks, a real browser."""

import re

from playwright.sync_api import Locator, Page, expect

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def slider(tab: Page, name: str) -> Locator:
    return tab.locator(f".st-key-linked-{name}").get_by_role("slider")


def test_a_walk_through_the_three_parts(tab: Page, server: str) -> None:
    tab.goto(f"{server}/perturb?network=inception_v3&steps=11")
    said = tab.get_by_text("With this part hidden")
    expect(said).to_be_visible(timeout=_SLOW)
    first = said.inner_text()
    expect(tab.locator(".seespot-classes")).to_be_visible(timeout=_SLOW)
    assert "linked" not in tab.url and "target=" not in tab.url  # nothing was chosen but what the link says

    slider(tab, "size").press("End")
    tab.wait_for_url(re.compile("size=100"), timeout=_SOON)
    expect(said).not_to_have_text(first, timeout=_SLOW)

    tab.get_by_role("radio", name="Turn, move, light").click()
    tab.wait_for_url(re.compile("part=change"), timeout=_SOON)
    expect(tab.get_by_text("is the first choice in")).to_be_visible(timeout=_SLOW)
    expect(tab.locator('[data-testid="stPlotlyChart"]')).to_have_count(2, timeout=_SOON)
    slider(tab, "step").press("Home")
    tab.wait_for_url(re.compile("step=0"), timeout=_SOON)
    expect(tab.get_by_text("The same map, changed back: agreement 1.00")).to_be_visible(timeout=_SOON)

    tab.get_by_role("radio", name="Without its background").click()
    tab.wait_for_url(re.compile("part=cut"), timeout=_SOON)
    expect(tab.get_by_text("Without the dog the probability")).to_be_visible(timeout=_SLOW)
    expect(tab.locator('[data-testid="stImage"] img[alt*=": what speaks for "]')).to_have_count(3, timeout=_SLOW)

    tab.reload()
    expect(tab.get_by_text("Without the dog the probability")).to_be_visible(timeout=_SLOW)


def test_nothing_sticks_out_of_a_narrow_window(tab: Page, server: str) -> None:
    """Catches curves and pictures that make a phone scroll sideways."""
    tab.set_viewport_size({"width": 400, "height": 800})
    for part, sign in (("change", "is the first choice in"), ("cut", "Without the dog the probability")):
        tab.goto(f"{server}/perturb?network=inception_v3&steps=11&part={part}")
        expect(tab.get_by_text(sign)).to_be_visible(timeout=_SLOW)
        wide = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= 400
