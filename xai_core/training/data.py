"""The training and validation photos: folders named <wnid>-<breed> in the order of models/breeds.json."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xai_core.errors import TrainingDataError
from xai_core.photos.decoding import load_photo, squeeze


@dataclass(frozen=True)
class PhotoSet:
    """Photos and what they show; `labels` are positions in models/breeds.json."""

    paths: tuple[Path, ...]
    labels: np.ndarray  # i32[N]

    def __len__(self) -> int:
        return len(self.paths)


def read_photo_set(folder: Path, wnids: tuple[str, ...]) -> PhotoSet:
    """Return the photos under `folder`, one sub-folder a breed, in a fixed order.

    Raises TrainingDataError where a breed has no folder or no photo.
    """
    paths: list[Path] = []
    labels: list[int] = []
    for label, wnid in enumerate(wnids):
        photos = sorted(folder.glob(f"{wnid}-*/*.jpg"))
        if not photos:
            raise TrainingDataError(f"{folder} holds no photos of {wnid}; each breed needs a folder <wnid>-<name>.")
        paths.extend(photos)
        labels.extend([label] * len(photos))
    return PhotoSet(tuple(paths), np.asarray(labels, np.int32))


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
