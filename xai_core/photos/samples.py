"""The sample photos that come with SeeSpot."""

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_core.i18n import catalogues
from xai_core.i18n.catalogues import _
from xai_core.photos.decoding import load_photo
from xai_core.resources import SAMPLES
from xai_core.types import ImageInput


@dataclass(frozen=True)
class Sample:
    """A sample photo: its file, its title and why it is worth looking at."""

    file: str
    title: str
    interest: str  # what to look for, one sentence

    @property
    def digest(self) -> str:
        """The photo's digest (see ImageInput), without decoding it."""
        return _digest(self.file)

    def load(self) -> ImageInput:
        """Return the photo."""
        return load_photo((SAMPLES / self.file).read_bytes(), self.file)


@functools.cache
def _digest(file: str) -> str:
    return hashlib.sha256((SAMPLES / file).read_bytes()).hexdigest()


@functools.cache
def _entries() -> list[dict[str, Any]]:
    return json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))


def samples() -> dict[str, Sample]:
    """Return the samples by their name in addresses, in display order, with texts in the current language."""
    result = {}
    for entry in _entries():
        # The entry itself holds the English texts, which further languages have in their catalogues.
        texts = entry.get(catalogues.current_language(), entry)
        result[Path(entry["file"]).stem] = Sample(
            entry["file"], *(_(text) for text in (texts["title"], texts["interest"]))
        )
    return result
