"""Occlusion: by how much the logit drops while a window hides one part of the photo after the other."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec, softmax
from xai_core.errors import ParameterError
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_
from xai_core.photos.fills import filled
from xai_core.types import Attribution, PassCounts

#: Windows in one batch: what one of them changes is a small part of a pass.
_TOGETHER = 16

#: Rows of positions taken together, so that the windows of a batch lie close to each other: near the photo's edges
#: all of them then change less.
_BAND = 8


@dataclass(frozen=True)
class Occlusion(Explainer):
    """Slide a window over the photo and note by how much the target's logit drops while it hides what is under it.

    Zeiler and Fergus 2014 (arXiv:1311.2901), section 4.2 and figure 6. Values are f32[h,w] in units of the logit, the
    mean drop over all windows that cover the pixel. Extras, one number for each of u x v positions of the window, from
    the photo's top left to its bottom right corner: "probability" f32[u,v], the target's, the paper's figure 6 (d), and
    "winner" i32[u,v], the most probable class, figure 6 (e). Diagnostics: "logit", "probability" (of the whole photo).
    Window and stride are shares of the photo's sides, so that they mean the same to networks of different sizes. The
    positions are spread evenly from edge to edge, at most the stride apart: every pixel is covered by some window.
    The paper does not say how large its grey square is; ours has a fifth of the photo's side. Its map (d) is of
    probabilities, our values are of logits, which still tell where a very sure network loses evidence.
    Raises ParameterError for a stride longer than the window.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="occlusion",
        title=N_("Occlusion"),
        family="perturbation",
        how=N_(
            "It slides a grey window over the photo and notes at each place how far the score falls. "
            "Where it falls most, the network loses what it relied on."
        ),
        sentence=N_(
            "Coloured places speak for this breed or against it: hiding them with a small window "
            "lowers the score or raises it."
        ),
        paper="Zeiler and Fergus 2014",
        url="https://arxiv.org/abs/1311.2901",
        signed=True,
        needs=("logits",),
        trust=N_("It needs no formula: each number is what the network really answers when that part is hidden."),
        limits=N_(
            "What appears twice, such as two eyes, gets little colour, and the window's edges are something new to see."
        ),
    )

    window: int = params.integer(
        22, 2, 100, N_("Window"), N_("Side of what is hidden at once, as a share of the photo's side."), unit="%"
    )
    stride: int = params.integer(
        7,
        1,
        100,
        N_("Stride"),
        N_("How far the window moves each time; half as far makes four times as many questions."),
        unit="%",
    )
    fill: str = params.choice(
        "grey",
        (N_("grey"), N_("mean"), N_("black"), N_("blurred")),
        N_("The window shows"),
        N_("Grey, the photo's mean colour, black, or the photo strongly blurred."),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stride > self.window:
            raise ParameterError(
                "Stride must be at most as long as the window ({window} %), not {stride} %: "
                "parts of the photo would never be hidden.",
                window=self.window,
                stride=self.stride,
            )

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        counts = [
            len(positions(side, _pixels(self.window, side), _pixels(self.stride, side))) for side in spec.input_size
        ]
        return PassCounts(forward=1, patched=counts[0] * counts[1])

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        window = [_pixels(self.window, side) for side in rgb.shape[:2]]
        starts = [
            positions(side, width, _pixels(self.stride, side))
            for side, width in zip(rgb.shape[:2], window, strict=True)
        ]
        shape = (len(starts[0]), len(starts[1]))
        hidden = filled(rgb, self.fill)
        whole = classifier.logits(rgb[np.newaxis])[0]
        drops, probability = np.zeros(shape), np.zeros(shape, np.float32)
        winner, known = np.zeros(shape, np.int32), np.zeros(shape, dtype=bool)

        down, across = (
            _coverage(begin, width, side) for begin, width, side in zip(starts, window, rgb.shape[:2], strict=True)
        )

        def attribution() -> Attribution:
            nearest = _nearest(known)
            return Attribution(
                (down.T @ drops[nearest] @ across).astype(np.float32),
                diagnostics={"logit": float(whole[target]), "probability": float(softmax(whole)[target])},
                extras={"probability": probability[nearest], "winner": winner[nearest]},
            )

        # A patch stands for the colours that the window shows where it lies.
        shown = np.lib.stride_tricks.sliding_window_view(hidden, window, axis=(0, 1))
        order = _coarse_first(shape)
        progress(0.0)
        for part in batches(len(order), _TOGETHER):
            rows, columns = order[part].T
            corners = np.stack([starts[0][rows], starts[1][columns]], axis=-1)
            patches = np.ascontiguousarray(np.moveaxis(shown[corners[:, 0], corners[:, 1]], 1, -1))
            logits = classifier.patched_logits(rgb, patches, corners)
            drops[rows, columns] = whole[target] - logits[:, target]
            probability[rows, columns] = softmax(logits)[:, target]
            winner[rows, columns] = logits.argmax(axis=1)
            known[rows, columns] = True
            if part.stop < len(order):
                progress(part.stop / len(order), attribution() if known[::2, ::2].all() else None)
        result = attribution()
        progress(1.0, result)
        return result


def positions(side: int, window: int, stride: int) -> np.ndarray:
    """Return where windows begin, i64[n] from 0 to side - window, spread evenly and at most `stride` apart."""
    last = side - window
    return np.rint(np.linspace(0, last, -(-last // stride) + 1)).astype(np.int64)


def _pixels(share: int, side: int) -> int:
    """Return a share of the photo's side, in %, as at least one pixel."""
    return max(1, round(share * side / 100))


def _coverage(starts: np.ndarray, window: int, side: int) -> np.ndarray:
    """Return f64[n,side], 1 where a window covers a pixel of a line, as a share of all windows that do."""
    pixels = np.arange(side)
    covered = (starts[:, np.newaxis] <= pixels) & (pixels < starts[:, np.newaxis] + window)
    shares: np.ndarray = covered / covered.sum(axis=0)
    return shares


def _coarse_first(shape: tuple[int, int]) -> np.ndarray:
    """Return all positions i64[n,2] in four passes, every other row and column first: a quarter shows the whole map."""
    passes = [(0, 0), (1, 1), (0, 1), (1, 0)]
    nearby = sorted(np.ndindex(shape), key=lambda place: (place[0] // _BAND, place[1], place[0]))
    return np.array([place for first in passes for place in nearby if (place[0] % 2, place[1] % 2) == first])


def _nearest(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each position the row and the column of the nearest position in bool[u,v] that is known."""
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return rows, columns
