"""A report as PDF on A4, with its manifest attached. The text can be searched and read aloud."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from xai_core.i18n.catalogues import N_, _
from xai_core.photos.decoding import to_screen
from xai_core.report import attachment, manifest, pdf_table
from xai_core.report.blocks import (
    Bars,
    Block,
    Bullets,
    Figure,
    Figures,
    FindingList,
    Paragraph,
    Scale,
    Section,
    Table,
)
from xai_core.report.contents import Report
from xai_core.report.outline import outline
from xai_core.report.pdf_page import GREY, INK, MARGIN, SMALL, TEXT, WIDTH, Page, line_height, midnight

_IN_OTHER_LETTERS = N_(
    "The font of this PDF lacks some of these characters, which are written in Latin letters. The attached data and the report "
    "as HTML hold them as they are."
)
_BAR, _TARGET_BAR = (169, 179, 192), (60, 115, 200)
_NOTE, _NOTE_EDGE = (253, 243, 231), (225, 88, 16)
_HEADING = 13.0  # points
_ABOVE, _BELOW = 4.0, 1.5  # mm above a section's title, and below a block
_BAR_STEP = 5.2  # mm from bar to bar
_SCALE_HEIGHT = 12.0  # mm
_GAP = 5.0  # mm between pictures
_WIDEST = 84.0  # mm of a picture
_PICTURE_HEIGHT = 95.0  # mm at most, so that an upright photo leaves room for its text


def to_pdf(report: Report) -> bytes:
    """Return the report as PDF in the current language. Equal reports give equal bytes."""
    content = outline(report)
    writer = _Writer(content.title, report.made)
    writer.text(content.title, 18, bold=True)
    writer.text(content.subtitle, SMALL, colour=GREY)
    if writer.lacks_characters:
        writer.text(_(_IN_OTHER_LETTERS), SMALL, colour=GREY)
    for section in content.sections:
        writer.section(section)
    data = manifest.as_text(manifest.describe(report)).encode()
    writer.pdf.embed_file(
        bytes=data, basename=attachment.NAME, mime_type="application/json", modification_date=midnight(report.made)
    )
    return bytes(writer.pdf.output())


class _Writer(Page):
    """Writes the blocks of a report onto pages, one below the other."""

    def section(self, section: Section) -> None:
        """Write a section; its title stays on one page with its first block, and what leads to a block with that."""
        self.reserve(
            _ABOVE + self.height(section.title, WIDTH, _HEADING, bold=True) + 1 + self._together(section.blocks)
        )
        self.pdf.ln(_ABOVE)
        self.set_anchor(section.anchor)
        self.text(section.title, _HEADING, bold=True)
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
        for number, block in enumerate(section.blocks):
            self.reserve(self._together(section.blocks[number:]))
            draw[type(block)](block)
            self.pdf.ln(_BELOW)

    def _together(self, blocks: Sequence[Block]) -> float:
        """Return the height of the first block that is not split, and of what it leads to."""
        first, *others = blocks
        height = self._unsplit(first) + _BELOW
        return height + (self._together(others) if others and _leads_on(first) else 0.0)

    def _unsplit(self, block: Block) -> float:
        """Return the height of a block, or of its first part where it may go on on the next page."""
        match block:
            case Paragraph():
                return self._paragraph_height(block)
            case Bullets(items):
                return self._bullet_height(items[0]) if items else 0.0
            case FindingList(findings):
                return self._bullet_height(findings[0].text) if findings else 0.0
            case Bars():
                return _bars_height(block)
            case Figures():
                width = _figure_width(block)
                return max(self._figure_height(one, width) for one in block.items[: block.columns]) + 2
            case Scale():
                return _SCALE_HEIGHT
            case Table():
                return pdf_table.height(self, block)

    def _paragraph(self, block: Paragraph) -> None:
        if block.look == "note":
            self._note(block)
        else:
            small = block.look == "small"
            self.text(block.text, SMALL if small else TEXT, colour=GREY if small else INK)

    def _paragraph_height(self, block: Paragraph) -> float:
        if block.look == "note":
            return self.height(block.text, WIDTH - 8, TEXT, bold=True) + 4
        return self.height(block.text, WIDTH, SMALL if block.look == "small" else TEXT)

    def _note(self, block: Paragraph) -> None:
        text, inner, height = block.text, WIDTH - 8, self._paragraph_height(block)
        x, y = self.pdf.get_x(), self.pdf.get_y()
        self.pdf.set_fill_color(*_NOTE)
        self.pdf.rect(x, y, WIDTH, height, "F")
        self.pdf.set_fill_color(*_NOTE_EDGE)
        self.pdf.rect(x, y, 1.2, height, "F")
        self.pdf.set_xy(x + 4, y + 2)
        self.text(text, TEXT, bold=True, width=inner)
        self.pdf.set_xy(x, y + height)

    def _bullets(self, block: Bullets) -> None:
        for item in block.items:
            self._bullet(item)

    def _findings(self, block: FindingList) -> None:
        for item in block.items:
            self._bullet(item.text, self.link(item.anchor))

    def _bullet(self, text: str, link: int | None = None) -> None:
        self.reserve(self._bullet_height(text))
        self.font(TEXT)
        self.pdf.set_text_color(*INK)
        self.pdf.cell(5, line_height(TEXT), "•")
        self.text(text, TEXT, width=WIDTH - 5, link=link)
        self.pdf.ln(0.8)

    def _bullet_height(self, text: str) -> float:
        return self.height(text, WIDTH - 5, TEXT)

    def _bars(self, block: Bars) -> None:
        step = _BAR_STEP
        self.set_anchor(block.anchor)
        self.text(block.title, TEXT, bold=True)
        for name, share, figure, meant in block.rows:
            y = self.pdf.get_y()
            self.font(TEXT - 1, bold=meant)
            self.pdf.cell(62, step, self.cut(self.writable(name), 60), align="R")
            self.pdf.set_fill_color(*(_TARGET_BAR if meant else _BAR))
            long = max(0.4, 85 * share)
            self.pdf.rect(MARGIN + 64, y + 1, long, step - 2, "F")
            self.pdf.set_xy(MARGIN + 66 + long, y)
            self.pdf.cell(25, step, figure)
            self.pdf.set_xy(MARGIN, y + step)

    def _scale(self, block: Scale) -> None:
        from fpdf.pattern import LinearGradient

        x, y, wide = self.pdf.get_x(), self.pdf.get_y() + 1, 90.0
        places, colours = zip(*block.stops, strict=True)
        gradient = LinearGradient(x, y, x + wide, y, colours, bounds=list(places[1:-1]))
        with self.pdf.use_pattern(gradient):
            self.pdf.rect(x, y, wide, 3, "F")
        self.pdf.set_xy(x, y + 3.5)
        self.font(SMALL)
        self.pdf.cell(wide / 2, 4, self.writable(block.against))
        self.pdf.cell(wide / 2, 4, self.cut(self.writable(block.speaks_for), wide / 2), align="R")
        self.pdf.set_xy(x, y + 8)

    def _figures(self, block: Figures) -> None:
        columns, width = block.columns, _figure_width(block)
        for start in range(0, len(block.items), columns):
            row = block.items[start : start + columns]
            heights = [self._figure_height(one, width) for one in row]
            self.reserve(max(heights))
            top = self.pdf.get_y()
            for column, one in enumerate(row):
                self._figure(one, MARGIN + column * (width + _GAP), top, width)
            self.pdf.set_xy(MARGIN, top + max(heights) + 2)

    def _figure(self, one: Figure, left: float, top: float, width: float) -> None:
        self.pdf.set_xy(left, top)
        self.set_anchor(one.anchor)
        if one.title:
            self.text(one.title, TEXT - 1, bold=True, width=width, left=left)
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
            self.text(line, SMALL - 1, colour=GREY, width=width, left=left)

    def _figure_height(self, one: Figure, width: float) -> float:
        title = self.height(one.title, width, TEXT - 1, bold=True) if one.title else 0.0
        return title + _picture_size(one, width)[1] + 1 + sum(self.height(line, width, SMALL - 1) for line in one.lines)

    def _table(self, block: Table) -> None:
        pdf_table.write(self, block)


def _leads_on(block: Block) -> bool:
    """Return whether a block is about the next one; small print is about what stands before it."""
    return isinstance(block, Scale) or (isinstance(block, Paragraph) and block.look != "small")


def _bars_height(block: Bars) -> float:
    return 8 + _BAR_STEP * len(block.rows)


def _figure_width(block: Figures) -> float:
    return min(_WIDEST, (WIDTH - (block.columns - 1) * _GAP) / block.columns)


def _picture_size(one: Figure, width: float) -> tuple[float, float]:
    height, length = one.picture.shape[:2]
    high = min(width * height / length, _PICTURE_HEIGHT)
    return high * length / height, high
