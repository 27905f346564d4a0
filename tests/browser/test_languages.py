"""The language as a visitor chooses it: by their browser, by the switch, from page to page."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_explain import QUICK, address, wait_for_address

_SOON = 60_000


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", name=text, exact=True)).to_be_visible(timeout=_SOON)


def speak(page: Page, name: str) -> None:
    page.locator(".st-key-language button").filter(has_text=name).click()
    wait_for_address(page, f"lang={name.lower()}")
    expect(page.locator("html")).to_have_attribute("lang", name.lower(), timeout=_SOON)


def test_the_browser_speaks_first_then_the_switch_on_every_page(browser: Browser, server: str) -> None:
    """Would catch a French browser met in English, a choice lost on the way, and a value lost with its French name."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
    try:
        page = context.new_page()
        page.goto(f"{server}/?{QUICK}")
        heading(page, "Qu’a vu le réseau\u00a0?")
        expect(page.locator("html")).to_have_attribute("lang", "fr", timeout=_SOON)
        assert "lang" not in address(page)  # a link to this page opens in the language of who follows it

        speak(page, "EN")
        heading(page, "What did the network see?")
        page.get_by_role("radio", name="Map alone").or_(page.get_by_role("button", name="Map alone")).click()
        wait_for_address(page, "view=map")
        before = address(page)

        speak(page, "FR")
        heading(page, "Qu’a vu le réseau\u00a0?")
        page.get_by_text("Comme le réseau la voit").click()
        expect(page.locator('img[alt*="ramenée à un carré"]')).to_be_visible(timeout=_SOON)
        assert address(page) == {**before, "lang": "fr"}  # no English text was taken for a choice

        page.get_by_role("link", name="Méthodes").click()
        wait_for_address(page, "/methods.*lang=fr")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page).to_have_title(re.compile("^Méthodes"))
    finally:
        context.close()
