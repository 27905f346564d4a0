"""A photo whose superpixels can be hidden one by one, and the logits a network gives it then."""

import numpy as np

from xai_core.classifiers.base import Classifier
from xai_core.explainers.base import Progress
from xai_core.explainers.shared.batches import batches

#: Patches in one pass about single superpixels; those of one pass are cut out equally large.
_TOGETHER = 16
#: Sides of such patches as shares of the photo's: few, as engines build a graph for each. Larger ones take whole photos.
_SIDES = (0.25, 0.375, 0.5)


class StageProgress:
    """Progress within a stage of a study whose number of passes is not known beforehand."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, start: float, end: float, expected: int) -> None:
        """Begin a stage that goes from `start` to `end` and takes roughly `expected` passes."""
        self._start, self._end, self._expected, self._done = start, end, expected, 0

    def add(self, passes: int) -> None:
        """Report that so many passes more are done; the stage's end is never quite reached."""
        self._done += passes
        share = self._done / (self._done + self._expected)
        self._progress(self._start + share * (self._end - self._start))


class HiddenSuperpixels:
    """A network's logits for one photo with any of its superpixels hidden; A is the target, B the class against it."""

    def __init__(
        self,
        classifier: Classifier,
        rgb: np.ndarray,
        filling: np.ndarray,
        segments: np.ndarray,
        target: int,
        against: int,
        progress: StageProgress,
    ) -> None:
        self._progress = progress
        self.segments = segments
        self.count = int(segments.max()) + 1
        self.sizes = np.bincount(segments.ravel(), minlength=self.count)
        self.target, self.against = target, against
        self._classifier = classifier
        self._rgb, self._filling = rgb, filling
        rows, columns = (np.arange(length) for length in segments.shape)
        masks = [segments == superpixel for superpixel in range(self.count)]
        self._boxes = np.array([[*_ends(rows[mask.any(1)]), *_ends(columns[mask.any(0)])] for mask in masks])

    def photo(self, hidden: np.ndarray) -> np.ndarray:
        """Return the photo f32[h,w,3] with the superpixels bool[n] hidden."""
        return np.where(hidden[self.segments][..., np.newaxis], self._filling, self._rgb)

    def logits(self, hidden: np.ndarray) -> np.ndarray:
        """Return the logits f32[N,C] of the photo with each of the sets of superpixels bool[N,n] hidden."""
        logits = []
        for part in batches(len(hidden)):
            logits.append(self._classifier.logits(np.stack([self.photo(row) for row in hidden[part]])))
            self._progress.add(len(logits[-1]))
        return np.concatenate(logits)

    def logits_with_one_changed(self, hidden: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """Return the logits f32[N,C] of the photo with bool[n] hidden but for one superpixel of i64[N] changed each time.

        Only what one superpixel changes is computed, where the network can do that (Classifier.patched_logits).
        """
        now = self.photo(hidden)
        logits = np.empty((len(changed), len(self._classifier.spec.labels)), np.float32)
        shape = np.array(self.segments.shape)
        extents = (self._boxes[changed][:, [1, 3]] - self._boxes[changed][:, [0, 2]]) / shape
        sides = np.searchsorted(_SIDES, extents.max(axis=1))
        for number, side in enumerate(_SIDES):
            size = np.ceil(side * shape).astype(np.int64)
            of_this_size = np.flatnonzero(sides == number)
            for part in batches(len(of_this_size), _TOGETHER):
                places = of_this_size[part]
                corners = np.minimum(self._boxes[changed[places]][:, [0, 2]], shape - size)
                patches = np.empty((len(places), *size, 3), np.float32)
                for patch, (row, column), superpixel in zip(patches, corners, changed[places], strict=True):
                    window = slice(row, row + size[0]), slice(column, column + size[1])
                    other = self._rgb if hidden[superpixel] else self._filling
                    inside = (self.segments[window] == superpixel)[..., np.newaxis]
                    patch[:] = np.where(inside, other[window], now[window])
                logits[places] = self._classifier.patched_logits(now, patches, corners)
                self._progress.add(len(places))
        if len(large := np.flatnonzero(sides == len(_SIDES))):
            others = np.repeat(hidden[np.newaxis], len(large), axis=0)
            others[np.arange(len(large)), changed[large]] ^= True
            logits[large] = self.logits(others)
        return logits

    def margin(self, logits: np.ndarray) -> np.ndarray:
        """Return z_A - z_B f32[N]."""
        difference: np.ndarray = logits[:, self.target] - logits[:, self.against]
        return difference

    def evidence(self, whole: np.ndarray) -> np.ndarray:
        """Return by how much z_A - z_B of the photo, whose logits are f32[C], falls for each pixel of a superpixel alone."""
        alone = self.logits_with_one_changed(np.zeros(self.count, bool), np.arange(self.count))
        falls: np.ndarray = (whole[self.target] - whole[self.against]) - self.margin(alone)
        return falls / self.sizes

    def share(self, superpixels: np.ndarray) -> float:
        """Return the share of the photo's area that superpixels bool[n] take, in [0, 1]."""
        return float(self.sizes[superpixels].sum() / self.sizes.sum())


def _ends(places: np.ndarray) -> tuple[int, int]:
    """Return the first of the places and the one after the last."""
    return int(places[0]), int(places[-1]) + 1
