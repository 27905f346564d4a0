"""The page Audit: samples at once, a zip of one's own, stop and go on, filters, and sentences for what cannot be used."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.audit.bench import photo
from tests.ui.conftest import directly, opened, shown, until
from tests.ui.networks import Bench
from xai_core.audit.journal import open_journal
from xai_core.audit.run import audits_folder

Visit = Callable[..., AppTest]


@pytest.fixture
def visit(bench: Bench) -> Visit:
    """Open the page Audit directly, with the given words in its address; a quick method for fakes."""

    def open_page(**address: str) -> AppTest:
        return opened(directly("audit"), {"methods": "saliency", **address}, wait=False)

    return open_page


def settle(page: AppTest) -> AppTest:
    """Run the page until no audit is being computed."""

    def still() -> bool:
        page.run()
        return not page.get("progress") and any(button.key == "empty-store" for button in page.button)

    until(still)
    return page


def words(page: AppTest) -> str:
    return "\n".join(
        one.value for kind in (page.markdown, page.caption, page.info, page.error, page.warning) for one in kind
    )


def zipped(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def hand_in(page: AppTest, data: bytes) -> AppTest:
    page.file_uploader[0].upload("photos.zip", data, "application/zip").run()
    return page


def set_of(count: int = 6) -> dict[str, bytes]:
    return {f"Breed {number % 2}/{number}.png": photo(number % 3, number) for number in range(count)}


def test_the_samples_are_there_without_asking(visit: Visit) -> None:
    """Catches a first screen that waits for clicks, and true breeds or groups made up for photos that have none."""
    page = settle(visit())
    assert not page.exception and not page.error
    assert "7 photos are done." in words(page)
    assert len(page.dataframe[0].value) == 7
    assert "No folder names a breed" in words(page) and "too few maps" in words(page)


def test_a_zip_is_looked_at_and_its_address_brings_it_back(visit: Visit, bench: Bench) -> None:
    """Catches a broken file that ends the audit, wrong counts of right answers, and an audit that its address loses."""
    page = hand_in(settle(visit()), zipped({**set_of(), "broken.jpg": b"\xff\xd8\xffnothing", "notes.txt": b"x"}))
    page.button(key="audit-begin").click().run()
    audit = shown(page, "audit")
    settle(page)
    assert not page.exception and not page.error
    said = words(page)
    assert "6 photos are done." in said and "The true breed of 6 is known" in said
    assert any("broken.jpg" in one.value for one in page.text)
    table = page.dataframe[0].value
    assert audit is not None
    journal = open_journal(audits_folder(bench.workbench), audit)
    rows, photos = journal.rows(), journal.plan.photos
    assert sorted(table["path"]) == sorted(one.path for one in photos)
    right = sum(rows[number].answer == photos[number].truth for number in rows)
    assert list(table["right"]).count("✓") == right and list(table["right"])[: 6 - right] == ["✗"] * (6 - right)
    again = settle(visit(audit=audit))
    assert words(again).count("6 photos are done.") == 1 and not again.error


def test_rows_open_the_full_view(visit: Visit) -> None:
    """Catches a row whose link opens another network or another method."""
    page = settle(visit())
    link = page.dataframe[0].value["open"][0]
    assert link.startswith("./?photo=") and "network=first" in link and "panel1=saliency" in link


def test_an_audit_is_stopped_and_goes_on(visit: Visit, bench: Bench) -> None:
    """Catches a stop that does not stop, and a second start that begins from nothing."""
    bench.networks["first"].gate.clear()
    page = visit()
    page.run()
    page.button(key="audit-stop").click().run()
    until(lambda: any(button.key == "audit-go-on" for button in page.run().button))
    assert "nothing that was computed is lost" in words(page)
    bench.networks["first"].gate.set()
    page.button(key="audit-go-on").click().run()
    assert "7 photos are done." in words(settle(page))


def test_filters_keep_what_they_say(visit: Visit, bench: Bench) -> None:
    """Catches a filter that hides photos it should keep, and an unknown filter that hides all."""
    bench.networks["first"].familiar = False
    page = settle(visit(show="unfamiliar"))
    assert len(page.dataframe[0].value) == 7
    assert len(settle(visit(show="nonsense")).dataframe[0].value) == 7


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not a zip", "This is not a zip"),
        (zipped({"a.txt": b"x"}), "no photo in there"),
        (zipped({"a.jpg": b"x"}), "None of the 1 pictures"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(visit: Visit, data: bytes, said: str) -> None:
    """Catches a file without photos that begins an audit, or fails with anything but one sentence."""
    page = hand_in(settle(visit()), data)
    begin = [button for button in page.button if button.key == "audit-begin"]
    if begin:
        begin[0].click().run()
    assert [said in one.value for one in page.error] == [True] and "audit" not in page.query_params


def test_an_unknown_audit_and_no_method_are_said(visit: Visit) -> None:
    """Catches an address of another machine, or an empty choice of methods, that shows an empty page."""
    assert "not stored here" in words(visit(audit="0" * 32))
    assert "Choose at least one method." in words(visit(methods=""))


def test_names_are_not_markup(visit: Visit, tmp_path: Path) -> None:
    """Catches a file name that is taken for HTML or Markdown."""
    page = hand_in(settle(visit()), zipped({"Breed 0/<b>*x*.png": photo(0), "a.png": photo(1)}))
    page.button(key="audit-begin").click().run()
    settle(page)
    assert "<b>" not in words(page) and "Breed 0/<b>*x*.png" in list(page.dataframe[0].value["path"])
