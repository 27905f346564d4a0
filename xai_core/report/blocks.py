"""What a report is made of, for HTML and PDF alike: titled sections of plain blocks."""

from dataclasses import dataclass

import numpy as np

from xai_core.types import Finding


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a "note" is emphasised, "small" is for details."""

    text: str
    look: str = "plain"  # "plain", "note" or "small"


@dataclass(frozen=True)
class Bullets:
    """Sentences as a list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class FindingList:
    """Findings, each with a link to its numbers."""

    items: tuple[Finding, ...]


@dataclass(frozen=True)
class Bars:
    """Shares in [0, 1] as a bar chart."""

    anchor: str
    title: str
    rows: tuple[tuple[str, float, str, bool], ...]  # name, share, its text, whether emphasised


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture u8[h,w,3] with its alternative text and the lines of its caption."""

    anchor: str
    title: str
    picture: np.ndarray
    alt: str
    lines: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Figures:
    """Pictures side by side."""

    items: tuple[Figure, ...]

    @property
    def columns(self) -> int:
        """The number of pictures in a row on paper, chosen so that the last row is full where possible."""
        return {1: 1, 2: 2, 4: 2}.get(len(self.items), 3)


@dataclass(frozen=True)
class Scale:
    """The colour scale of the maps, with the meaning of its ends."""

    stops: tuple[tuple[float, str], ...]
    against: str
    speaks_for: str


@dataclass(frozen=True)
class Table:
    """Rows of text; an empty `head` means no header row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Bullets | FindingList | Bars | Figures | Scale | Table


@dataclass(frozen=True, eq=False)
class Section:
    """A titled part of the report; links lead to its `anchor`."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, eq=False)
class Outline:
    """The whole report in reading order."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
