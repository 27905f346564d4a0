"""Folders and zips as people and attackers make them: breeds from names, bombs, path tricks, litter, damage."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from tests.audit.bench import Bench, explainers, fill, photo
from xai_core.audit import sources
from xai_core.audit.breeds import Breeds
from xai_core.audit.plan import make_plan
from xai_core.audit.sources import Folder, Zip, open_source
from xai_core.errors import ImageError, ParameterError
from xai_core.photos.decoding import load_photo
from xai_core.types import Label


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("folders", "found"),
    [
        (("n02088094-Afghan_hound",), 0),
        (("n02088364",), 1),
        (("AFGHAN-HOUND",), 0),
        (("afghanhound",), 0),
        (("epagneul breton",), 2),
        (("Épagneul Breton",), 2),
        (("E\u0301pagneul_Breton",), 2),  # as a Mac writes it
        (("beagle", "2024-05", "good ones"), 1),
        (("beagle", "n02088094-x"), 0),  # the innermost counts
        (("n01494475_hammerhead",), None),
        (("",), None),
        (("..", "..", "etc"), None),
        ((), None),
    ],
)
def test_breeds_are_known_however_folders_spell_them(folders: tuple[str, ...], found: int | None) -> None:
    labels = [
        Label("n02088094", "Afghan hound", "Lévrier afghan"),
        Label("n02088364", "Beagle", "Beagle"),
        Label("n02101388", "Brittany spaniel", "Épagneul breton"),
    ]
    assert Breeds(labels).named(folders) == found


def test_a_folder_is_searched_to_the_bottom_and_its_own_name_counts(tmp_path: Path) -> None:
    folder = fill(tmp_path / "set")
    (folder / "notes.txt").write_text("no photo")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "BEAGLE" / "Thumbs.db").write_bytes(b"x")
    (folder / "BEAGLE" / "loop").symlink_to(folder, target_is_directory=True)
    source = Folder(folder)
    assert [place.folders[-1] for place in source.places()] == ["BEAGLE"] * 3 + ["n02088094-Afghan_hound"] * 3
    assert source.others == 1
    assert [place.folders for place in Folder(folder / "BEAGLE").places()] == [("BEAGLE",)] * 3


def test_names_in_a_zip_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a zip that writes outside of where it is unpacked, or at all."""
    monkeypatch.chdir(tmp_path)
    names = ["../../evil.png", "/etc/beagle/absolute.png", "C:\\windows\\beagle\\x.png", "beagle/../n02088094/y.png"]
    source = Zip(zipped({name: photo(0) for name in names}))
    places = source.places()
    assert {place.name for place in places} == {"evil.png", "absolute.png", "x.png", "y.png"}
    assert all(load_photo(source.read(place), place.name).name == place.name for place in places)
    assert list(tmp_path.iterdir()) == []


def test_litter_is_left_out_silently_and_zips_in_zips_are_not_opened() -> None:
    inner = zipped({"a.png": photo(0)}).getvalue()
    entries = {"__MACOSX/beagle/._a.png": b"x", ".DS_Store": b"x", "beagle/a.png": photo(1), "more.zip": inner}
    source = Zip(zipped({**entries, "folder/": b""}))
    for _again in range(2):
        assert [place.name for place in source.places()] == ["a.png"] and source.others == 1


def test_a_bomb_is_found_while_it_unpacks() -> None:
    """Its header claims ten bytes: whoever believes headers unpacks 15 MB of zeros."""
    data = bytearray(zipped({"a.png": bytes(15 * 1024**2)}).getvalue())
    central = data.index(b"PK\x01\x02")
    for start in (22, central + 24):
        struct.pack_into("<L", data, start, 10)
    source = Zip(io.BytesIO(data))
    with pytest.raises((ParameterError, ImageError)):
        source.read(source.places()[0])
    honest = Zip(zipped({"a.png": bytes(15 * 1024**2)}))
    with pytest.raises(ParameterError, match="far more than photos do"):
        honest.read(honest.places()[0])


def test_the_sum_of_what_is_unpacked_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_UNPACKED", 40_000)
    entries = {f"{number}.png": photo(0, number) for number in range(9)}
    source = Zip(zipped(entries))
    places = source.places()
    for _again in range(20):
        source.read(places[0])  # reading one twice is not more
    with pytest.raises(ParameterError, match="more than 0 MB"):
        for place in places:
            source.read(place)


def test_one_entry_is_read_no_further_than_a_photo_may_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAXIMUM_BYTES", 100_000)
    source = Zip(zipped({"a.png": photo(0) * 100}, zipfile.ZIP_STORED))
    assert 100_000 < len(source.read(source.places()[0])) <= 200_000


def test_a_list_of_entries_made_to_hurt_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {f"{number}.txt": b"" for number in range(300)}
    monkeypatch.setattr(sources, "MOST_ENTRIES", 200)
    with pytest.raises(ParameterError, match="more than 200 entries"):
        Zip(zipped(entries))
    monkeypatch.setattr(sources, "MOST_ENTRIES", 20_000)
    monkeypatch.setattr(sources, "_LONGEST_PIECE", 1000)
    with pytest.raises(ParameterError, match="entries"):
        Zip(zipped(entries))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packers_without_a_bound_are_not_asked(method: int) -> None:
    source = Zip(zipped({"a.png": bytes(1000)}, method))
    with pytest.raises(ImageError, match="unusual way"):
        source.read(source.places()[0])


def locked(entries: dict[str, bytes]) -> io.BytesIO:
    """Return a zip whose entries all claim to be encrypted."""
    data = bytearray(zipped(entries).getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + offset] |= 1
            start = data.find(mark, start + 4)
    return io.BytesIO(data)


def test_a_password_is_told() -> None:
    with pytest.raises(ParameterError, match="protected by a password"):
        Zip(locked({"a.png": photo(0)})).places()


@pytest.mark.parametrize("data", [b"", b"not a zip", photo(0), zipped({"a.png": photo(0)}).getvalue()[:-30]])
def test_what_is_no_zip_is_told(data: bytes) -> None:
    with pytest.raises(ParameterError, match="not a zip"):
        Zip(io.BytesIO(data))


def test_what_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="does not exist"):
        open_source(tmp_path / "nothing")


def test_damaged_photos_are_listed_and_the_others_kept(tmp_path: Path) -> None:
    whole = photo(0)
    broken = bytearray(zipped({"beagle/a.png": whole, "beagle/b.png": photo(1)}).getvalue())
    place = broken.index(b"beagle/b.png") + len("beagle/b.png") + 200
    broken[place : place + 20] = bytes(20)
    spec = Bench(tmp_path).network.spec
    plan, _ = make_plan(Zip(io.BytesIO(broken)), spec, explainers(), load_photo)
    assert [listed.name for listed in plan.photos] == ["a.png"] and [one.name for one in plan.left_out] == ["b.png"]
    assert "damaged" in plan.left_out[0].why
    half = make_plan(
        Zip(zipped({"a.png": whole, "b.jpg": whole[:2000], "c.png": b"text"})), spec, explainers(), load_photo
    )
    assert len(half[0].photos) == 1 and len(half[0].left_out) == 2


def test_no_photo_and_no_usable_photo_are_one_sentence_each(tmp_path: Path) -> None:
    spec = Bench(tmp_path / "store").network.spec
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match="no photo in there"):
        make_plan(Folder(tmp_path / "empty"), spec, explainers(), load_photo)
    with pytest.raises(ParameterError, match="None of the 1 pictures"):
        make_plan(Zip(zipped({"a.png": b"x"})), spec, explainers(), load_photo)
    with pytest.raises(ParameterError, match="at least one method"):
        make_plan(Zip(zipped({"a.png": photo(0)})), spec, [], load_photo)


def test_of_too_many_photos_the_first_are_taken_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_core.audit.plan.MOST_PHOTOS", 4)
    plan, _ = make_plan(Folder(fill(tmp_path / "set")), Bench(tmp_path).network.spec, explainers(), load_photo)
    assert len(plan.photos) == 4 and plan.beyond == 2
