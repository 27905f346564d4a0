"""The report as HTML and PDF: whole in one file, escaped, readable without pictures, the same for the same report."""

import base64
import dataclasses
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from PIL import Image
from pypdf import PdfReader

from tests.report.conftest import HOSTILE, photo
from xai_core.i18n import catalogues
from xai_core.report import attachment, manifest
from xai_core.report.contents import Report
from xai_core.report.html import to_html
from xai_core.report.pdf import to_pdf


class Page(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def french() -> Iterator[None]:
    catalogues.set_language("fr")
    yield
    catalogues.set_language(catalogues.ENGLISH)


def test_the_page_is_self_contained_and_runs_no_script(asked: Report) -> None:
    """Catches a script, an event handler or a file from elsewhere in a report."""
    page = Page(to_html(asked))
    assert [one.get("type") for one in page.all("script")] == ["application/json"]
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "srcset", "action", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/jpeg;base64,", "#")), (tag, name, value[:60])
    style = to_html(asked).decode().partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style and "break-inside: avoid" in style and "size: A4" in style


def test_pictures_have_alternative_texts_and_their_size(asked: Report) -> None:
    """Catches an image without alt text, and one whose declared size differs from its own."""
    pictures = Page(to_html(asked)).all("img")
    assert len(pictures) == 1 + 6 + 2 + 1
    for picture in pictures:
        assert picture["alt"] and len(picture["alt"]) > 10
        with Image.open(io.BytesIO(base64.b64decode(str(picture["src"]).partition(",")[2]))) as image:
            assert (str(image.width), str(image.height)) == (picture["width"], picture["height"])


def test_a_hostile_name_stays_text(telling: Report) -> None:
    """Catches a template that does not escape, and JSON that ends the script element it stands in."""
    # Names are cut at a slash when a photo is read; here nothing protects the page but itself.
    report = dataclasses.replace(telling, image=dataclasses.replace(photo(), name=HOSTILE))
    data = to_html(report)
    page = Page(data)
    assert len(page.all("script")) == 1 and len(page.all("img")) == len(Page(to_html(telling)).all("img"))
    assert report.image.name in page.text and "{{ 7*7 }}" in page.text
    assert all("onerror" not in one for one in page.all("img"))
    assert manifest.read(data).image.digest == report.image.digest
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(to_pdf(report))).pages)
    assert "onerror=alert(2)" in text.replace("\n", "") and "«é»" in text


def test_equal_reports_are_equal_files(telling: Report) -> None:
    """Catches a time of day or a random id in the files."""
    again = dataclasses.replace(telling)
    assert to_html(again) == to_html(telling)
    assert to_pdf(again) == to_pdf(telling)


def test_html_and_pdf_hold_the_same_content(asked: Report) -> None:
    """Catches a block that one of the two leaves out: findings, settings, seeds, digests, limits."""
    html = Page(to_html(asked)).text
    pdf = " ".join("".join(one.extract_text() for one in PdfReader(io.BytesIO(to_pdf(asked))).pages).split())
    for needle in (
        "An explanation is evidence about the network, not proof about the dog.",
        asked.image.digest,
        asked.networks[0].spec.weights_digest,
        "Seed: 0",
        "SmoothGrad: ",
        "arxiv.org/abs/1610.02391",
        "The second network: the most probable breeds",
        *(finding.text for finding in asked.findings()),
    ):
        flat = "".join(needle.split())
        assert flat in "".join(html.split()) and flat in "".join(pdf.split()), needle


def test_the_pdf_holds_the_manifest(asked: Report) -> None:
    """Catches an attachment that is missing or differs from the manifest in the HTML."""
    document = PdfReader(io.BytesIO(to_pdf(asked)))
    [attached] = document.attachments[attachment.NAME]
    assert json.loads(attached) == json.loads(manifest.as_text(manifest.describe(asked)))
    assert manifest.read(attached).image.digest == asked.image.digest
    assert document.metadata is not None and "dog.png" in str(document.metadata.title)


def test_in_french_everything_is_french(asked: Report, french: None) -> None:
    """Catches a language attribute, a number or a quotation mark that stays English."""
    page = Page(to_html(asked))
    assert page.all("html")[0]["lang"] == "fr"
    assert "Une explication est un indice sur le réseau, pas une preuve sur le chien." in page.text
    assert re.search(r"\d,\d+\u00a0%", page.text) and "«\u00a0" in page.text
    document = PdfReader(io.BytesIO(to_pdf(asked)))
    text = "".join(one.extract_text() for one in document.pages)
    assert "Ce que disent les chiffres" in text and "«" in text and document.trailer["/Root"]["/Lang"] == "fr"
