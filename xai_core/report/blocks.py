"""What a report is made of, for HTML and PDF alike: titled sections of plain blocks."""

from dataclasses import dataclass

import numpy as np

from xai_core.types import Finding


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a `note` is set apart as worth reading first, `small` is for what is looked up."""

    text: str
    look: str = "plain"  # "plain", "note" or "small"


@dataclass(frozen=True)
class Bullets:
    """Sentences, each about something of its own."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class FindingList:
    """Findings, each with the place where its numbers stand."""

    items: tuple[Finding, ...]


@dataclass(frozen=True)
class Bars:
    """Shares in [0, 1] as bars, with their names and figures."""

    place: str
    title: str
    rows: tuple[tuple[str, float, str, bool], ...]  # name, share, figure, whether it is the one meant


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture u8[h,w,3], its text for those who do not see it, and what stands below."""

    place: str
    title: str
    picture: np.ndarray
    alt: str
    lines: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Figures:
    """Pictures beside each other."""

    items: tuple[Figure, ...]

    @property
    def columns(self) -> int:
        """How many stand in a row on paper, so that none is left alone in the last one where that can be."""
        return {1: 1, 2: 2, 4: 2}.get(len(self.items), 3)


@dataclass(frozen=True)
class Scale:
    """What the colours of the maps mean."""

    stops: tuple[tuple[float, str], ...]
    against: str
    speaks_for: str


@dataclass(frozen=True)
class Table:
    """Rows of text under a head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Bullets | FindingList | Bars | Figures | Scale | Table


@dataclass(frozen=True, eq=False)
class Section:
    """A part of the report; `place` is where links lead."""

    place: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, eq=False)
class Outline:
    """The whole report in the order in which it is read."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
