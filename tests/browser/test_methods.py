"""The catalogue on the real app: real networks, a real browser."""

import re

from playwright.sync_api import Page, expect

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def test_find_a_method_see_it_and_open_it_in_explain(tab: Page, server: str) -> None:
    tab.goto(f"{server}/methods?sample=owl&network=inception_v3&family=gradients")
    quick = tab.locator('.st-key-catalogue-saliency img[alt*=": what speaks for "]')
    expect(quick).to_be_visible(timeout=_SLOW)  # unasked, because it takes a moment only
    expect(tab.locator(".st-key-catalogue-grad_cam")).to_have_count(0)

    tab.get_by_role("radio", name="All").click()
    expect(tab.locator(".st-key-catalogue-grad_cam")).to_be_visible(timeout=_SOON)
    tab.go_back()
    expect(tab.locator(".st-key-catalogue-grad_cam")).to_have_count(0, timeout=_SOON)
    assert "family=gradients" in tab.url
    tab.go_forward()
    expect(tab.locator(".st-key-catalogue-grad_cam")).to_be_visible(timeout=_SOON)
    tab.get_by_label("Search").fill("chattopadhay")
    tab.get_by_label("Search").press("Enter")
    tab.wait_for_url(re.compile(r"find=chattopadhay"), timeout=_SOON)
    card = tab.locator(".st-key-catalogue-grad_cam_plus_plus")
    expect(tab.locator('[class*="st-key-catalogue-"]')).to_have_count(1, timeout=_SOON)
    expect(card.get_by_text(re.compile("asked the network once"))).to_be_visible(timeout=_SLOW)
    box = card.bounding_box()
    assert box is not None and box["x"] + box["width"] <= 1366

    card.get_by_role("link", name="Open in Explain").click()
    tab.wait_for_url(re.compile(r"/\?.*panel1=grad_cam_plus_plus"), timeout=_SOON)
    assert "sample=owl" in tab.url and "network=inception_v3" in tab.url and "/explain" not in tab.url
    expect(tab.locator(".st-key-method-1 input")).to_have_value("Grad-CAM++", timeout=_SOON)
    expect(tab.locator('.st-key-panel-1 img[alt^="Grad-CAM++: what speaks for "]')).to_be_visible(timeout=_SLOW)
