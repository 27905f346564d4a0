"""What an audit finds out about one photo, small enough to keep for hundreds of them."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from xai_core.explainers.class_activation.base import enlarged
from xai_core.maps import consensus
from xai_core.maps.grid import on_grid, positive_part
from xai_core.photos.decoding import to_screen
from xai_core.photos.resizing import shrink
from xai_core.render import heatmap
from xai_core.types import Explanation, ImageInput, Measurements, Prediction

#: Places on each side of the small maps that are compared with those of other photos.
SMALL = 14
_THUMBNAIL = 160  # px on the longer side
_QUALITY = 80
_TOP = 3


@dataclass(frozen=True)
class MapFacts:
    """One method's map of one photo. NaN stands as None, which JSON has a word for."""

    on_dog: (
        float | None
    )  # share of the evidence for the answer that lies on the dog; None without an outline or evidence
    small: tuple[float, ...] | None  # the evidence on 14 x 14 places, row by row, sums to 1; None where there is none
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
    dog: float | None  # the dog's share of the photo; None where no outline was found that can be relied on
    agreement: float | None  # mean rank correlation of each two maps; None for one map, or maps without an order
    maps: Mapping[str, MapFacts]  # by method
    picture: str  # the photo, a small JPEG as a data URL

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON can hold it."""
        return asdict(self)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Row":
        """Return a row from what `as_json` gave. Raises TypeError, KeyError or ValueError for anything else."""
        maps = {
            str(key): MapFacts(one["on_dog"], None if one["small"] is None else tuple(one["small"]), one["picture"])
            for key, one in content["maps"].items()
        }
        others = tuple((int(position), float(share)) for position, share in content["others"])
        return Row(**{**content, "maps": maps, "others": others})


def make_row(
    number: int,
    image: ImageInput,
    prediction: Prediction,
    outline: Measurements | None,
    explanations: Sequence[Explanation],
) -> Row:
    """Return what is kept of a photo's answers. `outline` is DogOutline's result, None where the outline failed."""
    first, *others = prediction.top(1 + _TOP)
    dog = outline.arrays["dog"] if outline is not None and outline.numbers["reliable"] else None
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
        familiarity=_known(prediction.familiarity),
        familiar=prediction.familiar,
        dog=None if dog is None else float(dog.mean()),
        agreement=_known(agreement),
        maps=maps,
        picture=_small_picture(image.pixels),
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
    """Return what speaks for the class on 14 x 14 places, row by row, so that it sums to 1; None if nothing does."""
    small = on_grid(positive_part(values).astype(np.float32), SMALL)
    total = float(small.sum(dtype=np.float64))
    return tuple(round(float(one) / total, 6) for one in small.ravel()) if total > 0 else None


def _over(image: ImageInput, explanation: Explanation) -> str:
    shown = shrink(image.pixels, _THUMBNAIL)
    return data_url(
        heatmap.overlay(shown, explanation.values, explanation.signed, segments=explanation.segments, opacity=0.7)
    )


def _small_picture(pixels: np.ndarray) -> str:
    return data_url(shrink(pixels, _THUMBNAIL))


def data_url(pixels: np.ndarray) -> str:
    """Return a picture u8[h,w,3] as the address of itself, for pages that load nothing from elsewhere."""
    return "data:image/jpeg;base64," + base64.b64encode(to_screen(pixels, quality=_QUALITY)).decode()


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
