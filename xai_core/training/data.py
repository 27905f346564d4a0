"""The training and validation photos: folders named <wnid>-<breed> in the order of models/breeds.json."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xai_core.errors import ImageError, TrainingDataError
from xai_core.photos.decoding import load_photo, squeeze

#: Files that are left out are named up to this number.
MOST_NAMED = 20


@dataclass(frozen=True)
class PhotoSet:
    """Photos and what they show; `labels` are positions in models/breeds.json."""

    paths: tuple[Path, ...]
    labels: np.ndarray  # i32[N]
    left_out: tuple[str, ...] = ()  # files and folders that cannot be used, each with the reason

    def __len__(self) -> int:
        return len(self.paths)


def read_photo_set(folder: Path, wnids: tuple[str, ...]) -> PhotoSet:
    """Return the photos under `folder`, one sub-folder a breed, in a fixed order; each was decoded once.

    Raises TrainingDataError where a breed has no folder or no photo that can be used.
    """
    paths: list[Path] = []
    labels: list[int] = []
    left_out = _folders_without_breed(folder, wnids)
    for label, wnid in enumerate(wnids):
        photos, others = usable_photos([file for breed in sorted(folder.glob(f"{wnid}-*")) for file in _files(breed)])
        if not photos:
            why = f" ({others[0]})" if others else ""
            raise TrainingDataError(
                f"{folder} holds no photos of {wnid}; each breed needs a folder <wnid>-<name>{why}."
            )
        paths.extend(photos)
        labels.extend([label] * len(photos))
        left_out += others
    return PhotoSet(tuple(paths), np.asarray(labels, np.int32), tuple(left_out))


def read_photos(folder: Path) -> PhotoSet:
    """Return all photos in a folder and its sub-folders, each labelled -1. Raises TrainingDataError where there is none."""
    photos, others = usable_photos(_files(folder))
    if not photos:
        why = f" ({others[0]})" if others else ""
        raise TrainingDataError(f"{folder} holds no photos{why}; name a folder that does.")
    return PhotoSet(tuple(photos), np.full(len(photos), -1, np.int32), tuple(others))


def usable_photos(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return the files that are photos, whatever their names say, and why each other one cannot be used."""

    def fault(path: Path) -> str | None:
        try:
            load_photo(path.read_bytes(), path.name)
        except (ImageError, OSError) as failure:
            return f"{path.parent.name}/{path.name}: {failure}"
        return None

    with ThreadPoolExecutor() as threads:
        faults = list(threads.map(fault, paths))
    good = [path for path, reason in zip(paths, faults, strict=True) if reason is None]
    return good, [reason for reason in faults if reason is not None]


def tell_left_out(left_out: Sequence[str], report: Callable[[str], None]) -> None:
    """Report how many files and folders are left out, and name them."""
    if not left_out:
        return
    report(f"{len(left_out)} left out:")
    for reason in left_out[:MOST_NAMED]:
        report(f"  {reason}")
    if len(left_out) > MOST_NAMED:
        report(f"  and {len(left_out) - MOST_NAMED} more")


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder and its sub-folders in a fixed order, hidden ones left out."""
    inside = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in inside if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _folders_without_breed(folder: Path, wnids: tuple[str, ...]) -> list[str]:
    if not folder.is_dir():
        raise TrainingDataError(f"There is no folder {folder}; it needs one folder <wnid>-<name> a breed.")
    beginnings = tuple(f"{wnid}-" for wnid in wnids)
    folders = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return [
        f"{folder.name}/{name}: this folder's name begins with no breed's WordNet id and a hyphen"
        for name in folders
        if not name.startswith((".", *beginnings))
    ]


@dataclass(frozen=True)
class Photos:
    """Decoded photos u8[N,h,w,3], and what they show as in a PhotoSet."""

    pixels: np.ndarray
    labels: np.ndarray  # i32[N]

    def __len__(self) -> int:
        return len(self.labels)


def decoded(photos: PhotoSet, size: tuple[int, int]) -> Photos:
    """Return the photos squeezed to `size` (height, width), in memory: 0.3 MB each at 320 px."""
    pixels = np.empty((len(photos), *size, 3), np.uint8)

    def decode(number: int) -> None:
        rgb = squeeze(load_photo(photos.paths[number].read_bytes()).pixels, size)
        pixels[number] = np.rint(rgb * 255)

    with ThreadPoolExecutor() as threads:
        list(threads.map(decode, range(len(photos))))  # the list hands on what a thread raised
    return Photos(pixels, photos.labels)


def batches(paths: tuple[Path, ...], size: tuple[int, int], batch_size: int) -> Iterator[np.ndarray]:
    """Yield the photos as rgb f32[n,h,w,3] in [0, 1], squeezed to `size` (height, width), n <= batch_size."""
    for start in range(0, len(paths), batch_size):
        photos = (load_photo(path.read_bytes()) for path in paths[start : start + batch_size])
        yield np.stack([squeeze(photo.pixels, size) for photo in photos])
