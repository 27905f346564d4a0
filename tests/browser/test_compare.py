"""The page Compare on the real app: a real network, a real browser."""

import re

from playwright.sync_api import Page, expect

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def test_a_walk_over_the_grid(tab: Page, server: str) -> None:
    tab.goto(f"{server}/compare?networks=inception_v3&methods=grad_cam,saliency&network=inception_v3")
    maps = tab.locator('[data-testid="stImage"] img[alt*=": what speaks for "]')
    expect(maps).to_have_count(2, timeout=_SLOW)
    expect(tab.get_by_text(re.compile(r"^Deletion 0\.\d+ \(\d\.\d+\) · insertion"))).to_have_count(2, timeout=_SLOW)
    expect(tab.get_by_text("Not checked yet")).to_have_count(2, timeout=_SOON)
    expect(tab.get_by_text("Two of these 2 maps agree to")).to_be_visible(timeout=_SOON)
    assert "linked" not in tab.url and "target=" not in tab.url  # nothing was chosen but what the link says

    tab.get_by_role("button", name="Enlarge").first.click()
    tab.wait_for_url(re.compile("cell=inception_v3.grad_cam"), timeout=_SOON)
    expect(tab.locator(".st-key-curves")).to_be_visible(timeout=_SOON)
    enlarged = tab.locator('img[alt$=", enlarged"]')
    expect(enlarged).to_be_visible(timeout=_SOON)
    tab.get_by_role("radio", name="Photo", exact=True).click()
    expect(enlarged).to_have_count(0, timeout=_SOON)

    tab.set_viewport_size({"width": 400, "height": 800})
    tab.reload()
    expect(maps).to_have_count(2, timeout=_SLOW)
    expect(tab.get_by_text("Two of these 2 maps agree to")).to_be_visible(timeout=_SLOW)
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 400
