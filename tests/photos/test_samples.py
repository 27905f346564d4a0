"""The sample photos open, are small, and none is without a licence and a title."""

import json
import re
from pathlib import Path

import pytest

from xai_core.i18n import catalogues
from xai_core.photos.decoding import load_photo
from xai_core.photos.samples import samples
from xai_core.resources import SAMPLES

PHOTOS = sorted(path for path in SAMPLES.iterdir() if path.suffix not in {".md", ".json"})
ENTRIES = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
OTHERS = [key for key in catalogues.LANGUAGES if key != catalogues.ENGLISH]


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.name)
def test_every_sample_opens_and_is_small(path: Path) -> None:
    """Catches a damaged file, one of a kind that uploads refuse, and one that would bloat every clone."""
    photo = load_photo(path.read_bytes(), path.name)
    assert min(photo.pixels.shape[:2]) >= 224, "smaller than what the networks look at"
    assert path.stat().st_size < 400_000


def test_samples_json_lists_exactly_the_files_there_are() -> None:
    """Catches a sample without a title, and a button that leads to no file."""
    assert sorted(entry["file"] for entry in ENTRIES) == [path.name for path in PHOTOS]
    for entry in ENTRIES:
        assert entry.keys() == {"file", "title", "interest", "target", *OTHERS}
        assert entry["title"] and entry["interest"] and entry["target"] is None


@pytest.mark.parametrize("key", OTHERS)
def test_samples_are_told_of_in_every_language(key: str) -> None:
    """Catches a sample that stays English on a French page."""
    for entry in ENTRIES:
        assert entry[key].keys() == {"title", "interest"}
        assert entry[key]["title"] and entry[key]["interest"] != entry["interest"]
    catalogues.set_language(key)
    try:
        assert [sample.interest for sample in samples().values()] == [entry[key]["interest"] for entry in ENTRIES]
    finally:
        catalogues.set_language(catalogues.ENGLISH)


def test_readme_names_author_licence_and_origin_of_exactly_the_files_there_are() -> None:
    """Catches a photo that is shipped without its licence, and a credit for a photo that is gone."""
    rows = re.findall(r"^\| `([^`]+)` \|(.+)\|$", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == [path.name for path in PHOTOS]
    for name, row in rows:
        _, author, licence, origin = (cell.strip() for cell in row.split(" | "))
        assert author and origin, name
        assert licence.startswith(("Public Domain", "CC0", "MIT")), name


def test_there_are_dogs_and_animals_that_are_not_dogs() -> None:
    """Catches a set that could not show the notice for unfamiliar photos."""
    strangers = [entry for entry in ENTRIES if "not a dog" in entry["title"]]
    assert len(strangers) >= 2
    assert len(ENTRIES) - len(strangers) >= 2
