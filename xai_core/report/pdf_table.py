"""Tables of a PDF: widths of columns, size of type, and the height that has to be free for all rows to stay together."""

from dataclasses import dataclass, replace

from xai_core.report.blocks import Table
from xai_core.report.pdf_page import INK, TABLE, WIDTH, Page, line_height

_SMALLEST = 4.0  # points
_STEP = 0.5
_MANY = 8  # columns, of numbers then


@dataclass(frozen=True)
class _Layout:
    """How a table is drawn; widths and gaps in mm."""

    size: float  # points
    first: float  # width of the first column
    other: float  # width of each other one
    gap: float  # to the right of each cell

    @property
    def widths(self) -> tuple[float, float]:
        """What text may take in the first column and in the others."""
        return self.first - self.gap, self.other - self.gap


def height(page: Page, table: Table) -> float:
    """Return the height in mm of a table, its header included."""
    layout = _layout(page, table)
    return sum(_row_height(page, row, layout, row is table.head) for row in _rows(table))


def write(page: Page, table: Table) -> None:
    """Write a table at the current position."""
    layout = _layout(page, table)
    rows = [[page.writable(cell) for cell in row] for row in _rows(table)]
    page.font(layout.size)
    page.pdf.set_text_color(*INK)
    page.pdf.set_draw_color(222, 226, 231)
    page.pdf.set_fill_color(255, 255, 255)  # the library fills cells with what was drawn last
    with (
        page.shaping("".join(cell for row in rows for cell in row)),
        page.pdf.table(
            rows,
            align="LEFT",
            borders_layout="HORIZONTAL_LINES",
            col_widths=(layout.first, *[layout.other] * (len(table.head) - 1)),
            first_row_as_headings=any(table.head),
            line_height=line_height(layout.size),
            padding=(0, layout.gap, 1, 0),
            text_align="LEFT",
            v_align="TOP",
        ),
    ):
        pass


def _rows(table: Table) -> list[tuple[str, ...]]:
    return [table.head, *table.rows] if any(table.head) else list(table.rows)


def _layout(page: Page, table: Table) -> _Layout:
    """Return a layout in which no number is broken: the more columns, the smaller the type."""
    columns = len(table.head)
    first = 55.0 if columns > 3 else 48.0
    if columns <= _MANY:
        return _Layout(TABLE, first, (WIDTH - first) / (columns - 1), 2.0)
    first = 44.0
    layout = _Layout(TABLE, first, (WIDTH - first) / (columns - 1), 0.6)
    while layout.size > _SMALLEST and _widest(page, table, layout.size) > layout.widths[1]:
        layout = replace(layout, size=layout.size - _STEP)
    return layout


def _widest(page: Page, table: Table, size: float) -> float:
    page.font(size, bold=True)
    return max(page.pdf.get_string_width(cell) for row in _rows(table) for cell in row[1:])


def _row_height(page: Page, row: tuple[str, ...], layout: _Layout, bold: bool) -> float:
    first, other = layout.widths
    cells = (page.height(cell, other if number else first, layout.size, bold=bold) for number, cell in enumerate(row))
    return max(cells) + 1
