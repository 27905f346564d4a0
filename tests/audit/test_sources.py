"""Folders and zips as people and attackers make them: breeds from names, bombs, path tricks, litter, damage."""

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from tests.audit.archives import Entry, archive
from tests.audit.bench import Bench, explainers, fill, photo
from xai_core.audit import zips
from xai_core.audit.breeds import Breeds
from xai_core.audit.folder import Folder
from xai_core.audit.planning import make_plan
from xai_core.audit.sources import open_source
from xai_core.audit.zips import Zip
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
def test_breeds_are_recognised_in_all_spellings_of_folders(folders: tuple[str, ...], found: int | None) -> None:
    """Catches a true breed that is missed for its spelling, and one that is taken from a folder further out."""
    labels = [
        Label("n02088094", "Afghan hound", "Lévrier afghan"),
        Label("n02088364", "Beagle", "Beagle"),
        Label("n02101388", "Brittany spaniel", "Épagneul breton"),
    ]
    assert Breeds(labels).named(folders) == found


def test_a_folder_is_searched_recursively_and_its_own_name_counts(tmp_path: Path) -> None:
    """Catches an endless loop through a link, system files that count as files, and a breed folder that is opened itself."""
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


def test_system_files_are_skipped_and_nested_zips_are_not_opened() -> None:
    """Catches a Mac's second copies that are listed as damaged photos, and a zip bomb inside of a zip."""
    inner = zipped({"a.png": photo(0)}).getvalue()
    entries = {"__MACOSX/beagle/._a.png": b"x", ".DS_Store": b"x", "beagle/a.png": photo(1), "more.zip": inner}
    source = Zip(zipped({**entries, "folder/": b""}))
    for _again in range(2):
        assert [place.name for place in source.places()] == ["a.png"] and source.others == 1


def test_a_zip_bomb_is_detected_while_it_is_unpacked() -> None:
    """Its header claims ten bytes: whoever believes headers unpacks 15 MB of zeros."""
    data = bytearray(zipped({"a.png": bytes(15 * 1024**2)}).getvalue())
    central = data.index(b"PK\x01\x02")
    for start in (22, central + 24):
        struct.pack_into("<L", data, start, 10)
    for file in (io.BytesIO(data), zipped({"a.png": bytes(15 * 1024**2)})):
        source = Zip(file)
        with pytest.raises(ImageError, match=r"“a.png”.*damaged"):
            source.read(source.places()[0])


def test_the_unpacked_size_of_a_zip_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches many entries that together fill the memory, one that is counted each time it is read, and a silent end."""
    monkeypatch.setattr(zips, "MOST_UNPACKED", 40_000)
    source = Zip(zipped({f"{number}.png": photo(0, number) for number in range(9)}))
    plan, _ = make_plan(source, Bench(tmp_path).network.spec, explainers(), load_photo)
    read = len(plan.photos)
    assert 0 < read < 9
    assert [one.path for one in plan.left_out] == [f"{number}.png" for number in range(read, 9)]
    assert all("is not read" in one.why for one in plan.left_out)
    for _again in range(3):  # a photo is read once for the plan, and again for its row
        assert all(source.read(place) for place in source.places()[:read])


def test_one_entry_is_read_up_to_the_largest_photo_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an entry of gigabytes that is unpacked whole before its size is checked."""
    monkeypatch.setattr(zips, "MAXIMUM_BYTES", 100_000)
    source = Zip(zipped({"a.png": photo(0) * 100}, zipfile.ZIP_STORED))
    assert 100_000 < len(source.read(source.places()[0])) <= 200_000


def test_a_zip_with_too_many_entries_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a zip whose list of entries alone fills the memory."""
    entries = {f"{number}.txt": b"" for number in range(300)}
    monkeypatch.setattr(zips, "MOST_ENTRIES", 200)
    with pytest.raises(ParameterError, match="more than 200 entries"):
        Zip(zipped(entries))
    monkeypatch.setattr(zips, "MOST_ENTRIES", 20_000)
    monkeypatch.setattr(zips, "_LONGEST_PIECE", 1000)
    with pytest.raises(ParameterError, match="entries"):
        Zip(zipped(entries))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_methods_without_a_bound_are_rejected(method: int) -> None:
    """Catches bzip2 and LZMA, which unpack gigabytes in one step."""
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


def test_an_encrypted_zip_is_reported() -> None:
    """Catches a password-protected zip that is reported as damaged."""
    with pytest.raises(ParameterError, match="protected by a password"):
        Zip(locked({"a.png": photo(0)})).places()


@pytest.mark.parametrize("data", [b"", b"not a zip", photo(0), zipped({"a.png": photo(0)}).getvalue()[:-30]])
def test_a_file_that_is_no_zip_is_reported(data: bytes) -> None:
    """Catches a traceback for an empty, foreign or truncated file."""
    with pytest.raises(ParameterError, match="not a zip"):
        Zip(io.BytesIO(data))


def test_one_faulty_entry_in_the_list_costs_no_other() -> None:
    """Catches a whole zip that is refused for one name that is not in the encoding it claims, or one cut extra field."""
    name = "Épagneul".encode("cp850")
    data = archive(
        [
            Entry(b"Beagle/1.png", photo(0)),
            Entry(name + b"/2.png", photo(1), flag=True),
            Entry(b"Beagle/3.png", photo(2), unicode_path="Beagle/3.png"),
        ]
    )
    list_of_entries = data.index(b"PK\x01\x02")
    for field in (b"\x75\x70\x11\x00", b"\x75\x70\x11\x40"):  # the size of the extra field, right and far too large
        source = Zip(io.BytesIO(data[:list_of_entries] + data[list_of_entries:].replace(b"\x75\x70\x11\x00", field)))
        places = source.places()
        assert [place.path for place in places] == ["Beagle/1.png", "Beagle/3.png", "Épagneul/2.png"]
        assert all(source.read(place) for place in places)


def test_a_missing_source_is_reported(tmp_path: Path) -> None:
    """Catches a traceback for a path that does not exist."""
    with pytest.raises(ParameterError, match="does not exist"):
        open_source(tmp_path / "nothing")


def test_damaged_photos_are_listed_and_the_others_kept(tmp_path: Path) -> None:
    """Catches one damaged photo that rejects a whole zip."""
    whole = photo(0)
    broken = bytearray(zipped({"beagle/a.png": whole, "beagle/b.png": photo(1)}).getvalue())
    place = broken.index(b"beagle/b.png") + len("beagle/b.png") + 200
    broken[place : place + 20] = bytes(20)
    spec = Bench(tmp_path).network.spec
    plan, _ = make_plan(Zip(io.BytesIO(broken)), spec, explainers(), load_photo)
    assert [listed.name for listed in plan.photos] == ["a.png"] and [one.path for one in plan.left_out] == [
        "beagle/b.png"
    ]
    assert "damaged" in plan.left_out[0].why
    half = make_plan(
        Zip(zipped({"a.png": whole, "b.jpg": whole[:2000], "c.png": b"text"})), spec, explainers(), load_photo
    )
    assert len(half[0].photos) == 1 and len(half[0].left_out) == 2


def test_a_source_without_usable_photos_is_reported_in_one_sentence(tmp_path: Path) -> None:
    """Catches an empty audit, and an error that does not say which of the three is missing."""
    spec = Bench(tmp_path / "store").network.spec
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match="no photo in there"):
        make_plan(Folder(tmp_path / "empty"), spec, explainers(), load_photo)
    with pytest.raises(ParameterError, match="None of the 1 pictures"):
        make_plan(Zip(zipped({"a.png": b"x"})), spec, explainers(), load_photo)
    with pytest.raises(ParameterError, match="at least one method"):
        make_plan(Zip(zipped({"a.png": photo(0)})), spec, [], load_photo)


def test_the_first_photos_are_taken_and_the_number_of_others_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches an audit of thousands of photos, and photos that are dropped silently."""
    monkeypatch.setattr("xai_core.audit.planning.MOST_PHOTOS", 4)
    plan, _ = make_plan(Folder(fill(tmp_path / "set")), Bench(tmp_path).network.spec, explainers(), load_photo)
    assert len(plan.photos) == 4 and plan.beyond == 2


def test_a_link_gives_a_folder_inside_a_further_name_and_leads_nowhere_else(tmp_path: Path) -> None:
    """Catches photos that count once more through a link, one that leads out, and a loop of links."""
    root = tmp_path / "set"
    (root / "store").mkdir(parents=True)
    (root / "store" / "a.png").write_bytes(photo(0))
    (root / "Beagle").symlink_to(root / "store", target_is_directory=True)
    (root / "store" / "round").symlink_to(root, target_is_directory=True)
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "b.png").write_bytes(photo(1))
    (root / "Boxer").symlink_to(tmp_path / "private", target_is_directory=True)
    plan, _ = make_plan(Folder(root), Bench(tmp_path).network.spec, explainers(), load_photo)
    assert [(one.path, one.truth) for one in plan.photos] == [("store/a.png", 1)]
    assert [one.why for one in plan.left_out] == ["“Boxer” leads out of the folder, so it is not followed."]
    (root / "Afghan hound").symlink_to(root / "store", target_is_directory=True)  # two names: neither counts
    assert make_plan(Folder(root), Bench(tmp_path).network.spec, explainers(), load_photo)[0].photos[0].truth is None


def test_what_cannot_be_listed_or_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a folder without permission that counts as an empty one, and a link to a photo that is gone."""
    root = fill(tmp_path / "set")
    (root / "locked").mkdir()
    (root / "gone.png").symlink_to(root / "nothing.png")
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    source = Folder(root)
    assert len(source.places()) == 6
    assert [one.why for one in source.left_out] == [
        "“gone.png” cannot be read (No such file or directory).",
        "“locked” cannot be read (Permission denied).",
    ]


def test_content_decides_what_is_a_photo(tmp_path: Path) -> None:
    """Catches a photo of another name that is not looked for, and other files that are listed as damaged photos."""
    files = {
        "download": photo(0),
        "a.jfif": photo(1),
        "b.txt": photo(2),
        "notes": b"words",
        "c.mp4": b"\0\0\0 ftypisom",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for source in (Folder(tmp_path), Zip(zipped(files))):
        assert [place.name for place in source.places()] == ["a.jfif", "b.txt", "download"] and source.others == 2


def test_system_folders_are_counted_and_not_looked_into(tmp_path: Path) -> None:
    """Catches thumbnails of a storage device that count as photos of a breed, or are listed one by one."""
    thumbnails = {
        f"Beagle/@eaDir/{number}.png/SYNOPHOTO_THUMB_{size}.jpg": photo(1) for number in (1, 2) for size in "SM"
    }
    files = {"Beagle/1.png": photo(0), "#recycle/old.png": photo(2), **thumbnails}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    for source in (Folder(tmp_path), Zip(zipped(files))):
        assert [place.path for place in source.places()] == ["Beagle/1.png"] and source.system == 5
        assert not source.left_out


def test_equal_and_endless_names_stay_apart(tmp_path: Path) -> None:
    """Catches rows that cannot be told apart: two entries of one name, and names cut where they differ."""
    long = [f"{'x' * 200}{number}{'y' * 200}{number}.png" for number in (1, 2)]
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file := io.BytesIO(), "w") as made:
        for number, name in enumerate(["a/1.png", "a/1.png", *long]):
            made.writestr(name, photo(0, number))
    paths = [place.path for place in Zip(file).places()]
    assert len(set(paths)) == 4 and paths[:2] == ["a/1.png", "a/1.png (2)"]
    assert max(map(len, paths)) <= 300
