"""The language as a visitor chooses it: by their browser, by the switch, from page to page."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.states import PATIENCE, wait_for_address
from tests.browser.test_explain import QUICK, address


def heading(page: Page, text: str) -> None:
    """Wait for the heading: it is what tells the languages apart."""
    expect(page.get_by_role("heading", name=text, exact=True)).to_be_visible(timeout=PATIENCE)


def switch(page: Page, name: str) -> None:
    page.locator(".st-key-language button").filter(has_text=name).click()
    wait_for_address(page, f"lang={name.lower()}")
    expect(page.locator("html")).to_have_attribute("lang", name.lower(), timeout=PATIENCE)


def test_the_browser_speaks_first_then_the_switch_on_every_page(browser: Browser, server: str) -> None:
    """Catches a French browser met in English, a choice lost on the way, and a value lost with its French name."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
    try:
        page = context.new_page()
        page.goto(f"{server}/?{QUICK}")
        heading(page, "Qu’a vu le réseau\u00a0?")
        expect(page.locator("html")).to_have_attribute("lang", "fr", timeout=PATIENCE)
        assert "lang" not in address(page)  # a link to this page opens in the language of who follows it

        switch(page, "EN")
        heading(page, "What did the network see?")
        page.locator(".st-key-mode").get_by_role("radio", name="Map alone").click()
        wait_for_address(page, "view=map")
        before = address(page)

        switch(page, "FR")
        heading(page, "Qu’a vu le réseau\u00a0?")
        page.locator(".st-key-as-seen label").click()
        expect(page.locator('img[alt*="ramenée à un carré"]')).to_be_visible(timeout=PATIENCE)
        assert address(page) == {**before, "lang": "fr"}  # no English text was taken for a choice

        page.get_by_role("link", name="Méthodes").click()
        wait_for_address(page, "/methods.*lang=fr")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page).to_have_title(re.compile("^Méthodes"))
    finally:
        context.close()
