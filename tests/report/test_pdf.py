"""The PDF of a report on paper: what stays on one page, and names in any script."""

import dataclasses
import io
import unicodedata

import pytest
from pypdf import PdfReader

from tests.report.conftest import DAY, photo
from xai_core.i18n import catalogues
from xai_core.report import pdf_table, pdf_text
from xai_core.report.blocks import Bullets, Paragraph, Section, Table
from xai_core.report.contents import Report
from xai_core.report.pdf import _Writer, to_pdf
from xai_core.report.pdf_page import MARGIN, WIDTH

LATIN = frozenset(range(32, 256))


def pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def named(report: Report, name: str) -> bytes:
    return to_pdf(dataclasses.replace(report, image=dataclasses.replace(photo(), name=name)))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("我的狗.png", "WoDeGou.png"),
        ("कुत्ता.png", "kutta.png"),
        ("\N{DOG FACE}\N{VARIATION SELECTOR-16}.png", ":dog:.png"),
        ("\ue000.png", "U+E000.png"),
    ],
)
def test_characters_that_the_font_lacks_are_written_in_others_and_that_is_told(
    telling: Report, name: str, written: str
) -> None:
    """Catches boxes in the place of letters, and a name that passes for the photo's own."""
    data = named(telling, name)
    first = pages(data)[0]
    assert written in first.replace("\N{VARIATION SELECTOR-16}", "") and "lacks some of these characters" in first
    assert name in str(PdfReader(io.BytesIO(data)).metadata.title)  # which readers show in a font of their own


@pytest.mark.parametrize("name", ["собака σκύλος chó ở nhà Épagneul «é» œ.png"])
def test_names_that_the_font_holds_stay_as_they_are(telling: Report, name: str) -> None:
    """Catches letters that are replaced for nothing, and accents apart from their letters as macOS writes them."""
    for form in (name, unicodedata.normalize("NFD", name)):
        first = pages(named(telling, form))[0]
        assert name in first.replace("\n", " ") and "lacks" not in first


@pytest.mark.parametrize("name", ["كلبي.png", "כלב.png"])
def test_writing_from_right_to_left_is_joined_and_ordered(telling: Report, name: str) -> None:
    """Catches single letters in the order in which they are typed."""
    data = named(telling, name)
    assert "lacks" not in pages(data)[0]
    assert pdf_text.needs_shaping(name) and not pdf_text.needs_shaping("Wäller «é» 12 %")
    # Joined letters are other glyphs: with the same letters apart the file would hold other ones.
    apart = named(telling, "\N{ZERO WIDTH NON-JOINER}".join(name[:-4]) + ".png")
    assert data != apart


def test_every_character_ends_up_in_the_font() -> None:
    """Catches a character for which there is no way out."""
    everything = "".join(map(chr, range(32, 0x3000, 7))) + "犬개\U0001f436\ufe0f\U00013000\ue000\U000f0000"
    assert set(map(ord, pdf_text.writable(everything, LATIN))) <= LATIN
    assert pdf_text.writable("a\nb é", LATIN) == "a\nb é"


def table(rows: int, columns: int = 3) -> Table:
    head = ("Head", *(f"H{one}" for one in range(columns - 1)))
    return Table(head, tuple((f"Row {row} end", *["-0.09"] * (columns - 1)) for row in range(rows)))


def written(*blocks: object, lines_before: int = 0) -> list[str]:
    """Return the pages that a section gets below so many lines."""
    writer = _Writer("title", DAY)
    writer.pdf.ln(6.0 * lines_before)
    writer.section(Section("anchor", "The heading", blocks))
    return pages(bytes(writer.pdf.output()))


@pytest.mark.parametrize("lines_before", [0, 20, 28, 36, 42])
def test_a_table_stays_on_one_page_with_its_heading_and_what_leads_to_it(lines_before: int) -> None:
    """Catches a table in two parts, and a heading or a sentence alone at the end of a page."""
    [*_empty, page] = written(Paragraph("What leads to it."), table(12), lines_before=lines_before)
    assert all(part in page for part in ("The heading", "What leads to it.", "Head", "Row 0 end", "Row 11 end"))


def test_a_table_longer_than_a_page_is_split_and_says_its_head_again() -> None:
    """Catches an empty page before what fits on none, and rows that are lost."""
    found = written(table(120))
    assert len(found) > 1 and all("Head" in page for page in found) and "The heading" in found[0]
    assert all(f"Row {row} end" in "".join(found) for row in range(120))


@pytest.mark.parametrize("lines_before", [34, 38, 40, 42])
def test_a_heading_is_never_alone(lines_before: int) -> None:
    """Catches a title at the end of a page whose first sentence stands on the next one."""
    for block in (Bullets(("The first sentence. " * 9,)), Paragraph("The first sentence. " * 9)):
        found = written(block, lines_before=lines_before)
        assert "The heading" in next(page for page in found if "The first sentence" in page)


@pytest.mark.parametrize("columns", [2, 4, 15])
def test_numbers_of_a_table_are_not_broken(columns: int) -> None:
    """Catches the last digit of a number on a line of its own where there are many columns."""
    writer = _Writer("title", DAY)
    wide = table(1, columns)
    top = writer.pdf.get_y()
    pdf_table.write(writer, wide)
    size = pdf_table._layout(writer, wide).size
    assert writer.pdf.get_y() - top == pytest.approx(pdf_table.height(writer, wide), abs=0.2)
    assert pdf_table.height(writer, wide) == pytest.approx(2 * (size * 0.3528 * 1.4 + 1), abs=0.2)


def test_nothing_stands_beyond_the_margins(telling: Report) -> None:
    """Catches a long name, or a wide table, that runs off the page."""
    catalogues.set_language("fr")
    try:
        data = named(telling, "W" * 80)
    finally:
        catalogues.set_language(catalogues.ENGLISH)
    points = 72 / 25.4
    beyond = []

    def look(text: str, _matrix: object, matrix: list[float], *_font: object) -> None:
        if text.strip() and not (MARGIN - 1) * points < matrix[4] < (MARGIN + WIDTH) * points:
            beyond.append(text)

    for page in PdfReader(io.BytesIO(data)).pages:
        page.extract_text(visitor_text=look)
    assert not beyond
