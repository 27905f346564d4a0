"""A report as PDF on A4, with its manifest attached. The text can be searched and read aloud."""

import datetime
import io
import logging
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from xai_core.i18n.catalogues import _, current_language
from xai_core.photos.decoding import to_screen
from xai_core.report import manifest
from xai_core.report.blocks import (
    Bars,
    Block,
    Bullets,
    Figure,
    Figures,
    FindingList,
    Outline,
    Paragraph,
    Scale,
    Section,
    Table,
)
from xai_core.report.contents import Report
from xai_core.report.outline import outline

if TYPE_CHECKING:
    from fpdf import FPDF

#: The manifest's name among the PDF's attachments.
ATTACHMENT = "manifest.json"

_FONT = "DejaVu"
_MARGIN = 16.0  # mm
_WIDTH = 210 - 2 * _MARGIN
_GAP = 5.0
_LINE = 1.4  # of the size of the letters
_POINT = 0.3528  # mm
_TEXT, _SMALL = 10.0, 8.5  # points
_INK, _GREY = (34, 38, 43), (85, 92, 101)
_BAR, _MEANT = (169, 179, 192), (60, 115, 200)
_NOTE, _NOTE_EDGE = (253, 243, 231), (225, 88, 16)
_WIDEST = 84.0  # mm of a picture
_PICTURE_HEIGHT = 95.0  # mm at most, so that an upright photo leaves room for its text


def to_pdf(report: Report) -> bytes:
    """Return the report as PDF in the language spoken now. Equal reports give equal bytes."""
    content = outline(report)
    writer = _Writer(content, report.made)
    for section in content.sections:
        writer.section(section)
    data = manifest.as_text(manifest.describe(report)).encode()
    writer.pdf.embed_file(
        bytes=data, basename=ATTACHMENT, mime_type="application/json", modification_date=_midnight(report.made)
    )
    return bytes(writer.pdf.output())


class _Writer:
    """The page that is being written, and where on it."""

    def __init__(self, content: Outline, made: datetime.date) -> None:
        self.pdf = _blank(made)
        self.pdf.set_title(content.title)
        self.pdf.set_lang(current_language())
        self._links: dict[str, int] = {}
        self.pdf.add_page()
        self._text(content.title, 18, bold=True)
        self._text(content.subtitle, _SMALL, colour=_GREY)

    def section(self, section: Section) -> None:
        """Write a section; its title stays with what follows."""
        self._room(30 + max((self._first_row(block) for block in section.blocks[:2]), default=0.0))
        self.pdf.ln(4)
        self._arrive(section.place)
        self._text(section.title, 13, bold=True)
        self.pdf.ln(1)
        draw: dict[type, Callable[[Any], None]] = {
            Paragraph: self._paragraph,
            Bullets: self._bullets,
            FindingList: self._findings,
            Bars: self._bars,
            Figures: self._figures,
            Scale: self._scale,
            Table: self._table,
        }
        for block in section.blocks:
            draw[type(block)](block)
            self.pdf.ln(1.5)

    def _first_row(self, block: Block) -> float:
        """Return how much a block of pictures needs for its first row; others go on from page to page."""
        if not isinstance(block, Figures):
            return 0.0
        return max(self._figure_height(one, _figure_width(block)) for one in block.items[: block.columns])

    def _paragraph(self, block: Paragraph) -> None:
        if block.look == "note":
            self._note(block.text)
        else:
            small = block.look == "small"
            self._text(block.text, _SMALL if small else _TEXT, colour=_GREY if small else _INK)

    def _note(self, text: str) -> None:
        self._font(_TEXT, bold=True)
        inner = _WIDTH - 8
        height = self._height(text, inner, _TEXT, bold=True) + 4
        self._room(height)
        x, y = self.pdf.get_x(), self.pdf.get_y()
        self.pdf.set_fill_color(*_NOTE)
        self.pdf.rect(x, y, _WIDTH, height, "F")
        self.pdf.set_fill_color(*_NOTE_EDGE)
        self.pdf.rect(x, y, 1.2, height, "F")
        self.pdf.set_xy(x + 4, y + 2)
        self._text(text, _TEXT, bold=True, width=inner)
        self.pdf.set_xy(x, y + height)

    def _bullets(self, block: Bullets) -> None:
        for item in block.items:
            self._bullet(item)

    def _findings(self, block: FindingList) -> None:
        for item in block.items:
            self._bullet(item.text, self._link(item.about))

    def _bullet(self, text: str, link: int | None = None) -> None:
        self._room(self._height(text, _WIDTH - 5, _TEXT))
        self._font(_TEXT)
        self.pdf.set_text_color(*_INK)
        self.pdf.cell(5, _TEXT * _POINT * _LINE, "•")
        self._text(text, _TEXT, width=_WIDTH - 5, link=link)
        self.pdf.ln(0.8)

    def _bars(self, block: Bars) -> None:
        step = 5.2
        self._room(8 + step * len(block.rows))
        self._arrive(block.place)
        self._text(block.title, _TEXT, bold=True)
        for name, share, figure, meant in block.rows:
            y = self.pdf.get_y()
            self._font(_TEXT - 1, bold=meant)
            self.pdf.cell(62, step, self._cut(name, 60), align="R")
            self.pdf.set_fill_color(*(_MEANT if meant else _BAR))
            long = max(0.4, 85 * share)
            self.pdf.rect(_MARGIN + 64, y + 1, long, step - 2, "F")
            self.pdf.set_xy(_MARGIN + 66 + long, y)
            self.pdf.cell(25, step, figure)
            self.pdf.set_xy(_MARGIN, y + step)

    def _scale(self, block: Scale) -> None:
        self._room(12)
        x, y, wide = self.pdf.get_x(), self.pdf.get_y() + 1, 90.0
        steps = len(block.stops) - 1
        pieces = 180
        for piece in range(pieces):
            place = piece / (pieces - 1) * steps
            start = min(int(place), steps - 1)
            ends = [_rgb(colour) for _at, colour in block.stops[start : start + 2]]
            mixed = [round(a + (b - a) * (place - start)) for a, b in zip(*ends, strict=True)]
            self.pdf.set_fill_color(*mixed)
            # A little wider than its share: readers draw hairlines between pieces that only touch.
            self.pdf.rect(x + wide * piece / pieces, y, wide / pieces + (0.2 if piece < pieces - 1 else 0), 3, "F")
        self.pdf.set_xy(x, y + 3.5)
        self._font(_SMALL)
        self.pdf.cell(wide / 2, 4, block.against)
        self.pdf.cell(wide / 2, 4, self._cut(block.speaks_for, wide / 2), align="R")
        self.pdf.set_xy(x, y + 8)

    def _figures(self, block: Figures) -> None:
        columns, width = block.columns, _figure_width(block)
        for start in range(0, len(block.items), columns):
            row = block.items[start : start + columns]
            heights = [self._figure_height(one, width) for one in row]
            self._room(max(heights))
            top = self.pdf.get_y()
            for column, one in enumerate(row):
                self._figure(one, _MARGIN + column * (width + _GAP), top, width)
            self.pdf.set_xy(_MARGIN, top + max(heights) + 2)

    def _figure(self, one: Figure, left: float, top: float, width: float) -> None:
        self.pdf.set_xy(left, top)
        self._arrive(one.place)
        if one.title:
            self._text(one.title, _TEXT - 1, bold=True, width=width, left=left)
        wide, high = _picture_size(one, width)
        self.pdf.image(
            io.BytesIO(to_screen(one.picture)),
            left,
            self.pdf.get_y(),
            wide,
            high,
            alt_text=one.alt,
            title=one.title or None,
        )
        self.pdf.set_xy(left, self.pdf.get_y() + high + 1)
        for line in one.lines:
            self._text(line, _SMALL - 1, colour=_GREY, width=width, left=left)

    def _figure_height(self, one: Figure, width: float) -> float:
        title = self._height(one.title, width, _TEXT - 1, bold=True) if one.title else 0.0
        return (
            title + _picture_size(one, width)[1] + 1 + sum(self._height(line, width, _SMALL - 1) for line in one.lines)
        )

    def _table(self, block: Table) -> None:
        columns = len(block.head)
        first = 55.0 if columns > 3 else 48.0
        widths = [first, *[(_WIDTH - first) / (columns - 1)] * (columns - 1)]
        rows = [block.head, *block.rows] if any(block.head) else list(block.rows)
        for number, row in enumerate(rows):
            head = number == 0 and any(block.head)
            size = _SMALL - 0.5
            height = (
                max(self._height(cell, wide - 2, size, bold=head) for cell, wide in zip(row, widths, strict=True)) + 1
            )
            self._room(height)
            top, left = self.pdf.get_y(), _MARGIN
            for cell, wide in zip(row, widths, strict=True):
                self.pdf.set_xy(left, top)
                self._text(cell, size, bold=head, width=wide - 2, left=left)
                left += wide
            self.pdf.set_draw_color(222, 226, 231)
            self.pdf.line(_MARGIN, top + height - 0.3, _MARGIN + _WIDTH, top + height - 0.3)
            self.pdf.set_xy(_MARGIN, top + height)

    def _text(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = _INK,
        width: float = _WIDTH,
        left: float | None = None,
        link: int | None = None,
    ) -> None:
        """Write text from where the pen is, and leave it at the next line's start."""
        self._font(size, bold)
        self.pdf.set_text_color(*colour)
        self.pdf.multi_cell(
            width,
            size * _POINT * _LINE,
            text,
            align="L",
            new_x="LMARGIN",
            new_y="NEXT",
            link=link or "",
            wrapmode=_wrap(text),
        )
        if left is not None:
            self.pdf.set_x(left)

    def _height(self, text: str, width: float, size: float, *, bold: bool = False) -> float:
        from fpdf.enums import MethodReturnValue

        self._font(size, bold)
        lines = self.pdf.multi_cell(
            width,
            size * _POINT * _LINE,
            text,
            align="L",
            dry_run=True,
            output=MethodReturnValue.LINES,
            wrapmode=_wrap(text),
        )
        return size * _POINT * _LINE * len(cast(list[str], lines))

    def _cut(self, text: str, width: float) -> str:
        """Return as much of a line as fits."""
        while self.pdf.get_string_width(text) > width:
            text = text[:-2].rstrip() + "…"
        return text

    def _font(self, size: float, bold: bool = False) -> None:
        self.pdf.set_font(_FONT, "B" if bold else "", size)

    def _room(self, height: float) -> None:
        """Begin a new page where what follows would be cut."""
        if self.pdf.get_y() + height > self.pdf.h - self.pdf.b_margin and self.pdf.get_y() > _MARGIN + 1:
            self.pdf.add_page()

    def _link(self, place: str) -> int:
        if place not in self._links:
            self._links[place] = self.pdf.add_link()
        return self._links[place]

    def _arrive(self, place: str) -> None:
        self.pdf.set_link(self._link(place), y=self.pdf.get_y(), page=self.pdf.page_no())


def _blank(made: datetime.date) -> "FPDF":
    """Return an empty document with the fonts it needs and the date that it is said to be of."""
    from fpdf import FPDF

    # The library tells of every table of a font that it leaves out, and of letters that the font does not have.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    logging.getLogger("fpdf").setLevel(logging.ERROR)

    class Numbered(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(_FONT, "", 8)
            self.set_text_color(*_GREY)
            self.cell(0, 5, _("SeeSpot · page {number}").format(number=self.page_no()), align="C")

    pdf = Numbered(format="A4")
    pdf.set_margins(_MARGIN, _MARGIN, _MARGIN)
    pdf.set_auto_page_break(True, 18)
    pdf.c_margin = 0  # text begins where pictures do
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        pdf.add_font(_FONT, style, _fonts() / file)
    pdf.set_creator("SeeSpot")
    pdf.set_creation_date(_midnight(made))
    return pdf


@cache
def _fonts() -> Path:
    """Return the folder of the DejaVu fonts, which come with matplotlib; it is found without being imported."""
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None  # requirements.txt names it
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def _figure_width(block: Figures) -> float:
    return min(_WIDEST, (_WIDTH - (block.columns - 1) * _GAP) / block.columns)


def _picture_size(one: Figure, width: float) -> tuple[float, float]:
    height, length = one.picture.shape[:2]
    high = min(width * height / length, _PICTURE_HEIGHT)
    return high * length / height, high


def _wrap(text: str) -> Any:
    """Return how lines end: between letters where a word (a digest) is longer than a line may be."""
    from fpdf.enums import WrapMode

    return WrapMode.CHAR if any(len(word) > 40 for word in text.split()) and " " not in text else WrapMode.WORD


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
