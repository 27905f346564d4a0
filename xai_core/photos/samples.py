"""The photos that come with SeeSpot."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_core.i18n import catalogues
from xai_core.photos.decoding import load_photo
from xai_core.resources import SAMPLES
from xai_core.types import ImageInput


@dataclass(frozen=True)
class Sample:
    """A photo that comes with SeeSpot."""

    file: str
    title: str
    interest: str  # what to look for, one sentence

    def load(self) -> ImageInput:
        """Return the photo."""
        return load_photo((SAMPLES / self.file).read_bytes(), self.file)


@functools.cache
def _entries() -> list[dict[str, Any]]:
    return json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))


def samples() -> dict[str, Sample]:
    """Return the samples by the name they have in addresses, in the order in which they are shown, in the current language."""
    found = {}
    for entry in _entries():
        told = entry.get(catalogues.current_language(), entry)  # English stands in the entry itself
        found[Path(entry["file"]).stem] = Sample(entry["file"], told["title"], told["interest"])
    return found
