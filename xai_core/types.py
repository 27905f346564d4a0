"""The values that travel through SeeSpot. All are frozen and hold read-only NumPy arrays; none carries a picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np

#: What a method's parameter may be; all of them survive JSON.
Parameter = bool | int | float | str


class ReadOnlyArrays:
    """Marks the arrays of a frozen dataclass read-only: one value may be read by several threads and pages at once."""

    def __post_init__(self) -> None:
        for entry in fields(self):  # type: ignore[arg-type]
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, entry.name, _read_only(value))
            elif isinstance(value, Mapping):
                frozen = {name: _read_only(one) if isinstance(one, np.ndarray) else one for name, one in value.items()}
                object.__setattr__(self, entry.name, frozen)
            elif isinstance(value, ReadOnlyArrays):  # unpickled values are writable again
                object.__setattr__(self, entry.name, replace(value))  # type: ignore[type-var]


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True)
class Label:
    """One class a network knows."""

    wnid: str  # WordNet id, "n02088094"
    english: str
    french: str


@dataclass(frozen=True, eq=False)
class Crop(ReadOnlyArrays):
    """What a photo was cut from."""

    whole: np.ndarray  # u8[H,W,3]
    edges: tuple[int, int, int, int]  # left, top, right, bottom in px of the whole, right and bottom excluded
    digest: str  # of the whole, as in ImageInput

    def edges_in(self, copy: np.ndarray) -> tuple[int, int, int, int]:
        """Return the edges in px of a copy of the whole of another size, u8[h,w,3]."""
        scale = copy.shape[1] / self.whole.shape[1]
        left, top, right, bottom = (round(scale * edge) for edge in self.edges)
        return left, top, right, bottom


@dataclass(frozen=True, eq=False)
class ImageInput(ReadOnlyArrays):
    """A decoded photo: upright, RGB, scaled down where it was large."""

    pixels: np.ndarray  # u8[H,W,3]
    name: str  # shown to people, never used as a path
    digest: (
        str  # SHA-256 of the bytes it came from, or of its pixels where it was made from others; 64 hexadecimal digits
    )
    crop: Crop | None = None  # where it is a part of a photo


@dataclass(frozen=True)
class PassCounts:
    """How many photos a computation puts to a network, at most: what its time follows from."""

    forward: int = 0  # asked for scores or activations
    backward: int = 0  # asked for gradients of any kind; a DeepLIFT pair counts as two
    patched: int = 0  # asked for scores as copies of one photo with a patch each
    low_precision: bool = False  # most of them are drafts (see Classifier), which some machines answer faster


@dataclass(frozen=True, eq=False)
class Prediction(ReadOnlyArrays):
    """What one network makes of one photo."""

    classifier: str
    labels: tuple[Label, ...]
    logits: np.ndarray  # f32[C]
    probabilities: np.ndarray  # f32[C], sums to 1
    familiarity: float  # in [0, 1]: how much this looks like the photos the network knows
    familiar: bool  # familiarity at or above the network's calibrated threshold

    def top(self, count: int = 5) -> list[int]:
        """Return the positions of the `count` most probable classes, the first one first."""
        return [int(position) for position in np.argsort(-self.probabilities, kind="stable")[:count]]


@dataclass(frozen=True, eq=False)
class Attribution(ReadOnlyArrays):
    """What a method returns: raw numbers at the network's resolution, never normalised."""

    values: np.ndarray  # f32[h,w] or f32[h,w,3]; coarser maps (Grad-CAM) keep their own h and w
    segments: np.ndarray | None = None  # i32[h,w], superpixels numbered from 0
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    extras: Mapping[str, np.ndarray] = field(
        default_factory=dict
    )  # further arrays of the method, named in its docstring


@dataclass(frozen=True, eq=False)
class Explanation(ReadOnlyArrays):
    """An attribution together with everything needed to read it and to compute it again."""

    method: str
    classifier: str
    target: int  # position in the classifier's labels
    params: Mapping[str, Parameter]
    values: np.ndarray  # as in Attribution
    signed: bool  # whether negative values mean "speaks against"
    segments: np.ndarray | None
    diagnostics: Mapping[str, float]
    evaluations: int  # photos the network was asked about, forward and backward passes counted alike
    seconds: float  # wall-clock time of the computation, waiting for the network included
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)  # as in Attribution


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyOutput(ReadOnlyArrays):
    """What a study returns; each study has a subclass of its own with named fields."""

    evaluations: int = 0  # as in Explanation; filled in once the study has ended
    seconds: float = 0.0  # as in Explanation; likewise


@dataclass(frozen=True)
class Finding:
    """One plain sentence, in the language it was made in, and the figures it was made from."""

    text: str
    numbers: Mapping[str, float]  # by name, as the rule's docstring describes them
    anchor: str  # the element on a page or in a report where these numbers are shown
