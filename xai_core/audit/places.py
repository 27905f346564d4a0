"""What a source of photos offers: the places of its pictures, and what is left out of it, with the reason."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol

from xai_core.errors import ImageError

#: Photos of an audit.
MOST_PHOTOS = 500
_LONGEST_PART, _LONGEST_PATH = 120, 300


@dataclass(frozen=True)
class Place:
    """The position of a photo in its source."""

    number: int  # among the source's pictures
    path: str  # inside the source, unique; shown to people, never used as a path
    folders: tuple[str, ...]  # outermost first

    @property
    def name(self) -> str:
        """The file's own name."""
        return last_part(self.path)


@dataclass(frozen=True)
class LeftOut:
    """A file or folder that cannot be used, and the sentence why, which is translated where it is shown."""

    path: str
    sentence: str
    values: Mapping[str, Any]  # of the sentence's placeholders, as in XaiError

    @property
    def why(self) -> str:
        """The sentence in the current language."""
        return str(ImageError(self.sentence, **self.values))


class Source(Protocol):
    """A source of photos. The other attributes are known once `places` has been called."""

    others: int  # files that are no pictures
    system: int  # files that systems and programs keep for themselves: thumbnails, bins, hidden files

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """What cannot even be listed."""
        ...

    def places(self) -> list[Place]:
        """Return all pictures in alphabetical order; of other files no more is read than tells what they are."""
        ...

    def read(self, place: Place) -> bytes:
        """Return a picture's bytes. Raises ImageError where it cannot be read."""
        ...


def left_out(path: str, error: ImageError) -> LeftOut:
    """Return an error about the file at `path`, which its sentence then names in place of the file's mere name."""
    values = {**error.values, "name": path} if "name" in error.values else error.values
    return LeftOut(path, str(error.args[0]), values)


def alphabetical(parts: Sequence[str]) -> tuple[str, ...]:
    """Return what paths are sorted by: a photo comes before copies that are named after it, "1.jpg" before "1 (2).jpg"."""
    name = PurePath(parts[-1])
    return (*parts[:-1], name.stem, name.suffix)


def last_part(path: str) -> str:
    """Return the file's own name at the end of a shown path."""
    return path.rsplit("/", 1)[-1]


def shown_path(parts: Sequence[str]) -> str:
    """Return the parts of a path as they can be shown anywhere: without invisible characters, cut in the middle if long."""
    return _shortened("/".join(_shortened(_visible(part), _LONGEST_PART) for part in parts), _LONGEST_PATH)


def shown_paths(paths: Sequence[Sequence[str]]) -> list[str]:
    """Return all paths as `shown_path`, each of them different: a zip may hold two entries of one name."""
    seen: set[str] = set()
    shown = []
    for parts in paths:
        path, count = shown_path(parts), 1
        while path in seen:
            count += 1
            path = f"{shown_path(parts)} ({count})"
        seen.add(path)
        shown.append(path)
    return shown


def _visible(part: str) -> str:
    # Category C holds control characters and the invisible ones that turn the direction of writing.
    return "".join(one for one in part if not unicodedata.category(one).startswith("C")).strip() or "?"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}…{text[1 - most // 2 :]}"
