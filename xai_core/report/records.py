"""What is read back from a report's manifest, and what must hold for it: types, lengths and ranges.

Members of the JSON that nobody needs to compute a report again are not read.
"""

import zlib
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=200)]
Whole = Annotated[int, Meta(ge=0, le=2**31)]
Number = float | None  # null stands for NaN, which JSON cannot hold
Value = bool | int | float | Text


class PhotoRecord(Struct):
    """The photo as a PNG, and the digest of its pixels."""

    name: Text
    pixels_sha256: Text
    png: bytes


class DogRecord(Struct):
    """The dog's outline as a PNG, white on the dog, and why it is not to be relied on."""

    doubts: Annotated[list[Text], Meta(max_length=16)]
    outline_png: bytes


class ScoringRecord(Struct):
    """How scores were measured, as contents.Scoring."""

    fill: Text
    steps: Annotated[int, Meta(ge=0, le=200)]
    random_seeds: Annotated[tuple[Whole, ...], Meta(max_length=16)]


class TargetRecord(Struct):
    """The breed that is explained."""

    wnid: Text
    label: Text


class PredictionRecord(Struct):
    """A network's answer."""

    logits: Annotated[list[Number], Meta(max_length=10_000)]


class CurveRecord(Struct):
    """The curve that a score is read from."""

    curve: Annotated[list[Number], Meta(max_length=201)]


class ScoresRecord(Struct):
    """Deletion and insertion of one map."""

    deletion: CurveRecord
    insertion: CurveRecord

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """The curves f32[K] by metric."""
        return {"deletion": array(self.deletion.curve), "insertion": array(self.insertion.curve)}


class ChecksRecord(Struct, rename={"stability": "steadiness"}):
    """The trust checks of one map. The file keeps the word that stability had in the first version of the format."""

    sanity: Number
    stability: Number


class CopyRecord(Struct):
    """A map of half precision, as a share of its largest magnitude `scale`."""

    scale: float
    float16_zlib: bytes


class MapRecord(Struct, rename={"version": "method_version", "digest": "sha256"}):
    """One map."""

    method: Text
    version: Whole  # of the method
    parameters: Annotated[dict[str, Value], Meta(max_length=40)]
    digest: Text  # as manifest.map_digest computes it
    shape: Annotated[tuple[Annotated[int, Meta(ge=1, le=2048)], ...], Meta(min_length=2, max_length=3)]
    copy: CopyRecord
    scores: ScoresRecord | None  # None: not measured
    checks: ChecksRecord | None  # None: not checked

    def __post_init__(self) -> None:
        if self.shape[2:] not in ((), (3,)) or not np.isfinite(self.values).all():
            raise ValueError("the copy of a map does not have its shape")

    @property
    def values(self) -> np.ndarray:
        """The map f32[h,w], channels summed, rounded to half precision of the largest magnitude."""
        size = 2 * self.shape[0] * self.shape[1]
        # One byte more than expected shows that the data is too long, without unpacking all of it.
        data = zlib.decompressobj().decompress(self.copy.float16_zlib, size + 1)
        scaled = np.frombuffer(data, "<f2").reshape(self.shape[:2]).astype(np.float64) * self.copy.scale
        with np.errstate(over="ignore"):
            return scaled.astype(np.float32)


class WindowRecord(Struct):
    """A hidden window, and the breed's probability without it."""

    x: float
    y: float
    size: float
    after: Number


class HiddenRecord(Struct):
    """The hidden windows, the one where the maps point most first."""

    windows: Annotated[list[WindowRecord], Meta(max_length=16)]


class NetworkRecord(Struct):
    """One network, its answer and its maps."""

    key: Text
    weights_sha256: Text
    target: TargetRecord
    prediction: PredictionRecord
    maps: Annotated[list[MapRecord], Meta(max_length=32)]
    random_orders: Annotated[list[ScoresRecord], Meta(max_length=16)]  # in the order of `random_seeds`
    hidden: HiddenRecord | None


class ManifestRecord(Struct):
    """All that is read of a manifest."""

    photo: PhotoRecord
    dog: DogRecord | None
    scoring: ScoringRecord
    networks: Annotated[tuple[NetworkRecord, ...], Meta(max_length=8)]


def array(numbers: list[Number], dtype: type[np.floating] = np.float32) -> np.ndarray:
    """Return numbers as an array [n]; null becomes NaN."""
    return np.array([float("nan") if number is None else number for number in numbers], dtype)
