"""Folders and zips put together at random from everything that goes wrong with them, compared with what is in them."""

import dataclasses
import io
import unicodedata
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.audit.archives import Entry, archive
from tests.audit.bench import Bench, explainers, photo
from tests.audit.test_breeds import LABELS, MEANT, MEANT_BY_NOBODY
from xai_core.audit.folder import Folder
from xai_core.audit.places import Source
from xai_core.audit.plan import Plan
from xai_core.audit.planning import make_plan
from xai_core.audit.remarks import remarks
from xai_core.audit.zips import Zip
from xai_core.photos.decoding import load_photo

VARIANTS = 120
NAMES = (
    "1.jpg",
    "IMG (2).JPG",
    "été.png",
    "photo de l’été.jpeg",
    "download.jfif",
    "no ending",
    "a b.webp",
    "Größe.pjpeg",
)
SYSTEM = (
    *(
        "@eaDir/1.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "@eaDir/2.jpg/small.jpg",
        "#recycle/old.jpg",
        "$RECYCLE.BIN/$R1.jpg",
        ".Trashes/501/x.jpg",
    ),
    *("System Volume Information/IndexerVolumeGuid", "Thumbs.db", "desktop.ini", "__MACOSX/._1.jpg", ".DS_Store"),
    *("@Recently-Snapshot/a.jpg", "lost+found/1", ".picasaoriginals/1.jpg", "Library Previews.lrdata/1.jpg", "._1.jpg"),
)
#: What a file holds that is no photo, and what is said about it.
BAD = {
    "zeros": (bytes(1_500_000), "damaged|does not hold a picture"),
    "text": (b"no picture", "does not hold a picture"),
    "empty": (b"", "empty"),
    "truncated": (photo(0, 999)[:2000], "damaged"),
    "page": (b"<html><body>not found</body></html>", "web page"),
}
#: How a zip's names are written; those that only hold some letters are used where these suffice.
ENCODINGS: dict[str, Callable[[str], Entry]] = {
    "utf-8 with flag": lambda name: Entry(name.encode(), b"", flag=True),
    "utf-8 without": lambda name: Entry(name.encode(), b""),
    "a Mac's": lambda name: Entry(unicodedata.normalize("NFD", name).encode(), b""),
    "packed twice": lambda name: Entry(name.encode().decode("cp437").encode(), b"", flag=True),
    "extra field": lambda name: Entry(name.encode("ascii", "replace"), b"", unicode_path=name),
    "cp437": lambda name: Entry(name.replace("’", "'").encode("cp437"), b""),
    "cp850": lambda name: Entry(name.replace("’", "'").encode("cp850"), b""),
    "windows": lambda name: Entry(name.replace("/", "\\").encode(), b""),
}


@dataclasses.dataclass
class Expected:
    """What a source holds: the files of each photo with the breed that they are said to show, and what is left out."""

    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    photos: dict[int, dict[str, str | None]] = dataclasses.field(default_factory=dict)
    unknown: set[str] = dataclasses.field(default_factory=set)  # folders without a breed
    bad: dict[str, str] = dataclasses.field(default_factory=dict)
    others: int = 0
    system: int = 0
    special: dict[str, Callable[[Entry], Entry]] = dataclasses.field(default_factory=dict)


@cache
def versions(number: int) -> tuple[bytes, ...]:
    """Return files of one photo: itself, packed otherwise, saved as a JPEG, cropped and brightened."""
    coarse = np.random.default_rng(number).integers(0, 230, (9, 9, 3), dtype=np.uint8)
    original = Image.fromarray(coarse).resize((104, 96), Image.Resampling.BICUBIC)
    first, packed, saved, changed = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    original.save(first, "PNG")
    original.save(packed, "PNG", compress_level=0)
    original.save(saved, "JPEG", quality=85)
    original.crop((1, 1, 103, 95)).point(lambda value: min(255, value * 11 // 10)).save(changed, "JPEG", quality=90)
    return first.getvalue(), packed.getvalue(), saved.getvalue(), changed.getvalue()


def expected(generator: np.random.Generator) -> Expected:
    """Make up a source."""
    made, spellings = Expected(), list(MEANT)
    nameless = [name for name in MEANT_BY_NOBODY if name not in ("", "..")]
    for number in range(generator.integers(2, 8)):
        made.photos[number] = {}
        copies = 1 + generator.integers(0, 4) * (generator.random() < 0.4)
        for data in (*versions(number)[:1], *generator.choice(np.array(versions(number), object), copies - 1)):
            known = generator.random() < 0.7
            folder = str(generator.choice(spellings if known else nameless))
            folder = unicodedata.normalize("NFC", str(generator.choice(("", "Mes photos/", "set 1/"))) + folder)
            path = f"{folder}/{len(made.files)} {generator.choice(NAMES)}"
            made.files[path] = data
            made.photos[number][path] = MEANT[_original(folder)] if known else None
    for kind in generator.choice(list(BAD), generator.integers(0, 3), replace=False):
        path = f"Beagle/{kind}.jpg"
        made.files[path], made.bad[path] = BAD[kind]
    for name in generator.choice(SYSTEM, generator.integers(0, 5), replace=False):
        made.files[f"Boxer/{name}"] = versions(0)[0]
        made.system += 1
    for number in range(generator.integers(0, 3)):
        made.files[f"notes {number}.txt"] = b"words"
        made.others += 1
    return made


def _original(folder: str) -> str:
    last = folder.rpartition("/")[2]
    return next(name for name in MEANT if unicodedata.normalize("NFC", name) == last)


def zipped(made: Expected, generator: np.random.Generator) -> Zip:
    """Return the source as a zip of some program, with entries in any order that this program cannot have read."""
    encoding = str(generator.choice(list(ENCODINGS)))
    write = ENCODINGS[encoding]
    if encoding in ("cp437", "cp850"):
        made_names = {name: name.replace("’", "'") for name in made.files}
        _rename(made, made_names)
    entries = [dataclasses.replace(write(name), data=data) for name, data in made.files.items()]
    folders = {name.rpartition("/")[0] for name in made.files if "/" in name}
    entries += [dataclasses.replace(write(f"{folder}/"), data=b"") for folder in sorted(folders)]
    if generator.random() < 0.5:
        entries.append(dataclasses.replace(write("Beagle/locked.jpg"), data=versions(20)[0], encrypted=True))
        made.bad["Beagle/locked.jpg"] = "protected by a password"
    if generator.random() < 0.5:
        entries.append(dataclasses.replace(write("Beagle/odd.jpg"), data=versions(21)[0], method=zipfile.ZIP_BZIP2))
        made.bad["Beagle/odd.jpg"] = "unusual way"
    order = generator.permutation(len(entries))
    return Zip(io.BytesIO(archive(entries[place] for place in order)))


def _rename(made: Expected, names: dict[str, str]) -> None:
    made.files = {names[name]: data for name, data in made.files.items()}
    made.photos = {
        number: {names[path]: breed for path, breed in paths.items()} for number, paths in made.photos.items()
    }


def unpacked(made: Expected, generator: np.random.Generator, root: Path) -> Folder:
    """Return the source as a folder, with links that lead round and out."""
    form = str(generator.choice(("NFC", "NFD")))
    for name, data in made.files.items():
        path = root / "photos" / unicodedata.normalize(form, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if generator.random() < 0.5:
        (root / "photos" / "Pug").symlink_to(root / "photos", target_is_directory=True)
    if generator.random() < 0.5:
        (root / "elsewhere").mkdir()
        (root / "elsewhere" / "private.png").write_bytes(versions(30)[0])
        (root / "photos" / "Boxer, all").symlink_to(root / "elsewhere", target_is_directory=True)
        made.bad["Boxer, all"] = "out of the folder"
    if generator.random() < 0.5:
        (root / "photos" / "gone.jpg").symlink_to(root / "nothing.jpg")
        made.bad["gone.jpg"] = "cannot be read"
    return Folder(root / "photos")


def _alphabetical(path: str) -> list[str]:
    *folders, name = path.split("/")
    return [*folders, Path(name).stem]


def check(made: Expected, plan: Plan) -> None:
    """Compare a plan with what its source holds."""
    first = {number: min(paths, key=_alphabetical) for number, paths in made.photos.items()}
    said = {number: {breed for breed in paths.values() if breed} for number, paths in made.photos.items()}
    truths = {first[number]: next(iter(said[number])) if len(said[number]) == 1 else None for number in first}
    assert {one.path: None if one.truth is None else LABELS[one.truth].english for one in plan.photos} == truths
    copies = {path: first[number] for number, paths in made.photos.items() for path in paths if path != first[number]}
    assert {copy.path: plan.photos[copy.number].path for copy in plan.copies} == copies
    assert {plan.photos[one.number].path: {breed.english for breed in one.breeds} for one in plan.contested} == {
        first[number]: said[number] for number in first if len(said[number]) > 1
    }
    unknown = {first[number].rpartition("/")[0] for number in first if not said[number]}
    assert {one.path for one in plan.unknown_folders} == unknown
    assert {one.path for one in plan.left_out} == set(made.bad)
    for one in plan.left_out:
        assert f"“{one.path}”" in one.why and any(reason in one.why for reason in made.bad[one.path].split("|")), (
            one.why
        )
    assert (plan.others, plan.system, plan.beyond) == (made.others, made.system, 0)
    told = "\n".join(remarks(plan))
    for path in (*copies, *unknown, *made.bad):
        assert f"“{path}”" in told


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_whatever_is_put_together_is_sorted_out(kind: str, tmp_path: Path) -> None:
    """Catches a photo that counts twice, under a wrong breed or name, or is lost without a word, in any mixture of faults."""
    spec = dataclasses.replace(Bench(tmp_path / "store").network.spec, labels=tuple(LABELS))
    for variant in range(VARIANTS // 2):
        generator = np.random.default_rng((variant, kind == "zip"))
        made = expected(generator)
        source: Source = (
            zipped(made, generator) if kind == "zip" else unpacked(made, generator, tmp_path / str(variant))
        )
        check(made, make_plan(source, spec, explainers("saliency"), load_photo)[0])
