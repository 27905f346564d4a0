"""The page Audit on the real app: a zip of one's own with a breed for a folder, at two widths, and one photo's full view."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def test_a_walk_with_a_zip(tab: Page, server: str, tmp_path: Path) -> None:
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(ROOT / "assets" / "samples" / "german_shepherd.webp", "German shepherd/one.webp")
        made.write(ROOT / "assets" / "samples" / "sheep.webp", "../../tricks/two.webp")
        made.writestr("German shepherd/broken.jpg", b"\xff\xd8\xffno photo")

    tab.goto(f"{server}/audit?network=inception_v3")
    expect(tab.get_by_text(re.compile("of 7 photos|7 photos are done"))).to_be_visible(timeout=_SLOW)
    tab.locator('input[type="file"]').set_input_files(str(archive))
    tab.get_by_role("button", name="Look at 3 photos").click(timeout=_SOON)
    expect(tab.get_by_text("2 photos are done.")).to_be_visible(timeout=_SLOW)
    expect(tab.get_by_text("The true breed of 1 is known")).to_be_visible(timeout=_SOON)
    expect(tab.get_by_text("1 thing was left out")).to_be_visible(timeout=_SOON)
    expect(tab.get_by_test_id("stDataFrame")).to_be_visible(timeout=_SOON)
    assert re.search("audit=[0-9a-f]{32}", tab.url)

    tab.set_viewport_size({"width": 400, "height": 800})
    tab.reload()
    expect(tab.get_by_text("2 photos are done.")).to_be_visible(timeout=_SLOW)
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 400

    tab.get_by_role("link", name="Open in Explain").first.click()
    tab.wait_for_url(re.compile("photo=[0-9a-f]{64}"), timeout=_SOON)
    expect(tab.get_by_role("heading", name="What did the network see?")).to_be_visible(timeout=_SOON)
