"""A4 pages of a PDF: fonts, text, free space and links."""

import datetime
import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xai_core.i18n.catalogues import _, current_language
from xai_core.report import pdf_text

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

Colour = tuple[int, int, int]

_FONT = "DejaVu"
MARGIN = 16.0  # mm
WIDTH = 210 - 2 * MARGIN
_LINE = 1.4  # line height as a multiple of the font size
_POINT = 0.3528  # mm
TEXT, SMALL, TABLE = 10.0, 8.5, 8.0  # points
INK, GREY = (34, 38, 43), (85, 92, 101)


class Page:
    """The page that is being written; `pdf` holds the position on it."""

    def __init__(self, title: str, made: datetime.date) -> None:
        self.pdf = _empty_document(made)
        self.pdf.set_title(title)
        self.pdf.set_lang(current_language())
        self.pdf.add_page()
        self._links: dict[str, int] = {}
        self._known = frozenset.intersection(*(frozenset(cast("TTFFont", one).cmap) for one in self.pdf.fonts.values()))
        self.lacks_characters = False  # of what was written so far

    def text(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: Colour = INK,
        width: float = WIDTH,
        left: float | None = None,
        link: int | None = None,
    ) -> None:
        """Write text at the current position and move to the start of the next line."""
        text = self.writable(text)
        self.font(size, bold)
        self.pdf.set_text_color(*colour)
        with self.shaping(text):
            self.pdf.multi_cell(
                width,
                line_height(size),
                text,
                align="L",
                new_x="LMARGIN",
                new_y="NEXT",
                link=link or "",
            )
        if left is not None:
            self.pdf.set_x(left)

    def height(self, text: str, width: float, size: float, *, bold: bool = False) -> float:
        """Return the height in mm of text that is wrapped to a width."""
        from fpdf.enums import MethodReturnValue

        text = self.writable(text)
        self.font(size, bold)
        with self.shaping(text):
            lines = self.pdf.multi_cell(
                width,
                line_height(size),
                text,
                align="L",
                dry_run=True,
                output=MethodReturnValue.LINES,
            )
        return line_height(size) * len(cast(list[str], lines))

    def cut(self, text: str, width: float) -> str:
        """Return the part of a line that fits into `width` mm."""
        while self.pdf.get_string_width(text) > width:
            text = text[:-2].rstrip() + "…"
        return text

    def writable(self, text: str) -> str:
        """Return the text with characters that the fonts lack in Latin letters, see pdf_text."""
        written = pdf_text.writable(text, self._known)
        self.lacks_characters |= written != unicodedata.normalize("NFC", text)
        return written

    @contextmanager
    def shaping(self, text: str) -> Iterator[None]:
        """Join and order the letters of what is written in the block, where the script of `text` asks for it."""
        if not pdf_text.needs_shaping(text):
            yield
            return
        self.pdf.set_text_shaping(True, direction="ltr")  # of the line; a name inside keeps its own
        try:
            yield
        finally:
            self.pdf.set_text_shaping(False)

    def font(self, size: float, bold: bool = False) -> None:
        """Set the font of what is written next."""
        self.pdf.set_font(_FONT, "B" if bold else "", size)

    def reserve(self, height: float) -> None:
        """Start a new page where less than `height` mm are left on this one."""
        bottom = self.pdf.h - self.pdf.b_margin
        # What is higher than a page is split wherever it starts.
        if self.pdf.get_y() + height > bottom and self.pdf.get_y() > MARGIN + 1 and height <= bottom - MARGIN:
            self.pdf.add_page()

    def link(self, anchor: str) -> int:
        """Return the link to an anchor, which may be set later."""
        if anchor not in self._links:
            self._links[anchor] = self.pdf.add_link()
        return self._links[anchor]

    def set_anchor(self, anchor: str) -> None:
        """Let links to `anchor` lead to the current position."""
        self.pdf.set_link(self.link(anchor), y=self.pdf.get_y(), page=self.pdf.page_no())


def line_height(size: float) -> float:
    """Return the height in mm of a line of text of `size` points."""
    return size * _POINT * _LINE


def midnight(day: datetime.date) -> datetime.datetime:
    """Return the start of a day, UTC: the time of day is left out, so that equal reports are equal files."""
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)


def _empty_document(made: datetime.date) -> "FPDF":
    """Return an empty document with its fonts, its footer and the given creation date."""
    from fpdf import FPDF

    # Both libraries warn about each font table that is left out, and about characters that the font lacks.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    logging.getLogger("fpdf").setLevel(logging.ERROR)

    class Numbered(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(_FONT, "", 8)
            self.set_text_color(*GREY)
            self.cell(0, 5, _("SeeSpot · page {number}").format(number=self.page_no()), align="C")

    pdf = Numbered(format="A4")
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.set_auto_page_break(True, 18)
    pdf.c_margin = 0  # text is aligned with pictures
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        pdf.add_font(_FONT, style, _fonts() / file)
    pdf.set_creator("SeeSpot")
    pdf.set_creation_date(midnight(made))
    return pdf


@cache
def _fonts() -> Path:
    """Return the folder of the DejaVu fonts, which come with matplotlib; does not import it."""
    matplotlib = find_spec("matplotlib")
    assert matplotlib is not None and matplotlib.origin is not None  # a requirement of this package
    return Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf"
