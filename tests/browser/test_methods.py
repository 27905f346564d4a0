"""The catalogue on the real app: real networks, a real browser."""

from playwright.sync_api import Page, expect

from tests.browser.states import PATIENCE, appear, settle, text, visit, wait_for_address


def test_find_a_method_see_it_and_open_it_in_explain(tab: Page, server: str) -> None:
    """Catches filters that the browser's way back loses, a card without its map, and a link to another photo or method."""
    visit(tab, f"{server}/methods?sample=owl&network=inception_v3&family=gradients")
    finished = text("{what}: what speaks for {breed}.")
    appear(tab.locator(".st-key-catalogue-saliency").get_by_alt_text(finished))  # by itself: it takes a moment only
    other_family = tab.locator(".st-key-catalogue-grad_cam")
    appear(other_family, 0)

    tab.locator('[class*="st-key-methods-family"]').get_by_role("radio").first.click()
    appear(other_family)
    settle(tab)
    tab.go_back()
    appear(other_family, 0)
    assert "family=gradients" in tab.url
    tab.go_forward()
    appear(other_family)
    search = tab.locator(".st-key-methods-find input")
    search.fill("chattopadhay")
    search.press("Enter")
    wait_for_address(tab, r"find=chattopadhay")
    card = tab.locator(".st-key-catalogue-grad_cam_plus_plus")
    appear(tab.locator('[class*="st-key-catalogue-"]'), 1)
    appear(card.get_by_alt_text(finished))
    box = card.bounding_box()
    assert box is not None and box["x"] + box["width"] <= 1366

    card.get_by_role("link", name=text("Open in Explain")).click()
    wait_for_address(tab, r"/\?.*panel1=grad_cam_plus_plus")
    assert "sample=owl" in tab.url and "network=inception_v3" in tab.url and "/explain" not in tab.url
    expect(tab.locator('[class*="st-key-method-1"] input')).to_have_value("Grad-CAM++", timeout=PATIENCE)
    appear(tab.locator(".st-key-panel-1").get_by_alt_text(finished))
