"""The page Audit on the real app: a zip of one's own with a breed for a folder, at two widths, and one photo's full view."""

import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.states import PATIENCE, appear, expect_no_sideways_scroll, narrow, settle, text, wait_for_address
from xai_core.resources import SAMPLES


def test_a_walk_with_a_zip(tab: Page, server: str, tmp_path: Path) -> None:
    """Catches an audit that does not begin, takes in what is no photo, is lost with a reload, or leads to no full view."""
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(SAMPLES / "german_shepherd.webp", "German shepherd/one.webp")
        made.write(SAMPLES / "sheep.webp", "../../tricks/two.webp")
        made.writestr("German shepherd/broken.jpg", b"\xff\xd8\xffno photo")

    tab.goto(f"{server}/audit?network=inception_v3")
    samples = text("{done} of {count} photos. {left}", count=7), text("{count} photos are done.", count=7)
    appear(tab.get_by_text(samples[0]).or_(tab.get_by_text(samples[1])).first)
    tab.locator('input[type="file"]').set_input_files(str(archive))
    begin = tab.locator(".st-key-audit-begin").get_by_role("button")
    expect(begin).to_have_text(text("Look at {count} photos", count=3), timeout=PATIENCE)
    begin.click()
    wait_for_address(tab, "audit=[0-9a-f]{32}")
    done = tab.get_by_text(text("{count} photos are done.", count=2))
    appear(done)
    settle(tab)
    appear(tab.get_by_text(text("The true breed of {count} is known, and", count=1)))
    appear(
        tab.get_by_text(text("{count} remarks about the files", count=2))
    )  # the broken file, and a folder of no breed
    appear(tab.get_by_test_id("stDataFrame"))

    narrow(tab)
    appear(done)
    expect_no_sideways_scroll(tab)

    tab.get_by_role("link", name=text("Open in Explain")).first.click()
    wait_for_address(tab, "photo=[0-9a-f]{64}")
    appear(tab.locator(".st-key-panels"))
