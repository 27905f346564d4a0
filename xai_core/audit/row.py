"""The results of an audit for one photo, small enough to keep for hundreds of them."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai_core.detection.locate import DogLocation
from xai_core.explainers.class_activation.base import enlarged
from xai_core.maps import consensus
from xai_core.maps.grid import on_grid, positive_part
from xai_core.photos.decoding import to_screen
from xai_core.photos.resizing import shrink
from xai_core.render import heatmap
from xai_core.render.pictures import with_outline
from xai_core.report.raw_files import finite_or_none
from xai_core.types import Explanation, ImageInput, Prediction

#: Cells on each side of the small maps that are compared with those of other photos.
SMALL = 14
_THUMBNAIL = 160  # px on the longer side
_QUALITY = 80
_TOP = 3


@dataclass(frozen=True)
class MapFacts:
    """One method's map of one photo."""

    on_dog: float | None  # share of the evidence for the answer that lies on the dog; None without outline or evidence
    small: tuple[float, ...] | None  # the evidence in 14 x 14 cells, row by row, sums to 1; None where there is none
    picture: str  # the map over the photo, a small JPEG as a data URL


@dataclass(frozen=True)
class Row:
    """One photo of an audit. Classes are positions in the network's labels."""

    number: int  # among the audit's photos
    answer: int
    probability: float
    others: tuple[tuple[int, float], ...]  # the next most probable classes and their probabilities
    familiarity: float | None
    familiar: bool
    dog: float | None  # the dog's share of the photo; None where no reliable outline was found
    agreement: float | None  # mean rank correlation of each two maps; None for one map, or maps without an order
    maps: Mapping[str, MapFacts]  # by method
    picture: str  # the photo, a small JPEG as a data URL
    crop: str | None = None  # the part that was looked at alone, as cropping.box_text writes it


def make_row(
    number: int,
    image: ImageInput,
    prediction: Prediction,
    location: DogLocation,
    explanations: Sequence[Explanation],
    crop: str | None = None,
    *,
    known_dog: bool = False,
) -> Row:
    """Return the row of a photo; shares on the dog only where its outline can be relied on, which is then drawn.

    `known_dog` says that the photo's folder is that of a breed.
    """
    first, *others = prediction.top(1 + _TOP)
    dog = location.outline if location.reliable(known_dog=known_dog) else None
    maps = {
        one.method: MapFacts(
            None if dog is None else share_on(one.values, dog), small_map(one.values), _over(image, one)
        )
        for one in explanations
    }
    agreement = consensus.mean_correlation(consensus.correlations([one.values for one in explanations]))
    return Row(
        number=number,
        answer=first,
        probability=float(prediction.probabilities[first]),
        others=tuple((position, float(prediction.probabilities[position])) for position in others),
        familiarity=finite_or_none(prediction.familiarity),
        familiar=prediction.familiar,
        dog=None if dog is None else float(dog.mean()),
        agreement=finite_or_none(agreement),
        maps=maps,
        picture=_small_picture(image.pixels, dog),
        crop=crop,
    )


def share_on(values: np.ndarray, where: np.ndarray) -> float | None:
    """Return the share in [0, 1] of what speaks for the class that lies where bool[H,W] is true; None if nothing does.

    `values` is a map f32[h,w] or f32[h,w,3] whose channels are summed; what speaks against the class does not count. The
    map is stretched to [H,W] bilinearly, as it is drawn.
    """
    evidence = positive_part(values).astype(np.float32)
    if evidence.shape != where.shape:
        evidence = enlarged(evidence, where.shape)
    total = float(evidence.sum(dtype=np.float64))
    return float(evidence[where].sum(dtype=np.float64)) / total if total > 0 else None


def small_map(values: np.ndarray) -> tuple[float, ...] | None:
    """Return the evidence for the class in 14 x 14 cells, row by row, scaled to sum to 1; None without any."""
    small = on_grid(positive_part(values).astype(np.float32), SMALL)
    total = float(small.sum(dtype=np.float64))
    return tuple(round(float(one) / total, 6) for one in small.ravel()) if total > 0 else None


def _over(image: ImageInput, explanation: Explanation) -> str:
    shown = shrink(image.pixels, _THUMBNAIL)
    return data_url(
        heatmap.overlay(shown, explanation.values, explanation.signed, segments=explanation.segments, opacity=0.7)
    )


def _small_picture(pixels: np.ndarray, dog: np.ndarray | None) -> str:
    """Return the photo as a data URL, with the outline by which shares were computed."""
    small = shrink(pixels, _THUMBNAIL)
    return data_url(small if dog is None else with_outline(small, dog))


def data_url(pixels: np.ndarray) -> str:
    """Return a picture u8[h,w,3] as a data URL of a JPEG."""
    return "data:image/jpeg;base64," + base64.b64encode(to_screen(pixels, quality=_QUALITY)).decode()
