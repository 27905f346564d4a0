"""The flip test: how much of a photo must go until the answer changes, and how little must stay for it to hold."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec, softmax
from xai_core.errors import ParameterError, UnknownNameError
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_
from xai_core.maps.grid import stretch
from xai_core.photos.fills import filled
from xai_core.photos.superpixels import superpixels_of
from xai_core.studies.base import Study, StudyInfo, digest_of_map
from xai_core.types import Measurements, PassCounts

#: What hidden patches may become.
FILLS = ("blurred", "mean", "grey", "black")
#: When an answer counts as another one.
UNTIL = ("answer", "pair")

#: Photos between the whole photo and none of it that are asked about before the step in which the answer changes is refined.
_COARSE = 12
#: Patches in one question about single patches; those asked about together are cut out equally large.
_TOGETHER = 16
#: Sides of such patches as shares of the photo's: few, as engines build a graph for each. What needs more is asked as a whole.
_SIDES = (0.25, 0.375, 0.5)
#: Rounds of putting patches back. Each puts back at least one, and mostly as many as can go back together.
_MOST_ROUNDS = 60

#: Logits f32[N,C] -> bool[N].
Test = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class FlipTest(Study[Measurements]):
    """Hide the superpixels of photos[0] that speak most for class A, the target, over class B, until the answer flips.

    The superpixels (SLIC, about `superpixels` of them) are ranked by what each pixel of them says for A over B: by the mean
    of a map of the contrast where `of_map` gave one, otherwise by how much z_A - z_B falls when the superpixel is hidden
    alone, for each of its pixels (z are logits). "Flips" means, by `until`: "answer", class A is no longer the most probable
    of all; "pair", B scores at least as high as A. Superpixels go in their order; first every twelfth part of them is asked
    about, then each one within the part in which the answer flips for the first time. Of those hidden until then each is
    put back that is not needed, so that what is left is minimal: put any one of its superpixels back, and the answer is A
    again. It is the smallest patch found, not the smallest there is. "Keep" is the same the other way round: from the photo
    with everything hidden superpixels come back in their order until the answer is A, and go again where they are not needed.

    Arrays: "segments" i32[h,w]; "hidden" u8[h,w,3], the photo with everything hidden; "order" i32[n], superpixels by
    what they say for A over B, the first one most; "evidence" f32[n], that number by superpixel; for both parts
    ("hide", "keep") "<part>" bool[n], the superpixels hidden or kept in the end, all False where the answer never
    changes; "<part>_area" f32[K] the share of the photo's area that is hidden (kept), "<part>_margin" f32[K] = z_A -
    z_B, "<part>_probability" f32[K,2], A's and B's, and "<part>_winner" i32[K] along the order, without putting
    anything back. Numbers: "holds", 1 where the answer is A on the photo itself (otherwise nothing can flip and both
    parts stay empty); "margin"; for both parts "<part>_flips" 1 or 0, "<part>_share" of the photo's area,
    "<part>_first_share" the same before superpixels were put back, "<part>_superpixels", and the answer to the photo
    with the patch hidden (only the part kept): "<part>_winner", "<part>_probability_winner", "<part>_probability_a",
    "<part>_probability_b", "<part>_margin".
    "keep_empty" is 1 where the answer is A although everything is hidden: then nothing need stay and "keep" is empty.
    Raises UnknownNameError where B is A or no class of the network.
    """

    info: ClassVar[StudyInfo] = StudyInfo("flip_test")

    against: int = params.integer(
        0, 0, 100_000, N_("Rather than"), N_("The position of class B in the network's labels.")
    )
    map_digest: str = params.text(
        N_("Map"), N_("The SHA-256 of the map that orders the patches; none: they are asked about.")
    )
    until: str = params.choice(
        "answer", UNTIL, N_("The answer has changed when"), N_("A is not first, or B is ahead of A.")
    )
    fill: str = params.choice(
        "blurred",
        FILLS,
        N_("Hidden patches become"),
        N_("The photo blurred, the patch's mean colour, grey or black."),
    )
    superpixels: int = params.integer(
        60, 10, 300, N_("Patches"), N_("About how many patches the photo is cut into."), step=10
    )
    values: np.ndarray | None = field(default=None, compare=False, repr=False)

    def of_map(self, values: np.ndarray) -> "FlipTest":
        """Return the same test with the patches ordered by a map of the contrast f32[u,v] or f32[u,v,3]."""
        return dataclasses.replace(self, map_digest=digest_of_map(values), values=values)

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        # SLIC finds at most about a fifth more superpixels than it is asked for. Each half asks about 12 steps, the
        # superpixels of one of them, and some rounds of putting back, of which each asks about all that are hidden.
        most = self.superpixels * 6 // 5
        return PassCounts(forward=3 + 2 * (_COARSE + most // _COARSE + 16), patched=3 * most)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Measurements:
        rgb, against = photos[0], self.against
        classes = len(classifier.spec.labels)
        if against == target or against >= classes:
            raise UnknownNameError("There is nothing to compare: choose two different breeds that the network knows.")
        if self.map_digest != ("" if self.values is None else digest_of_map(self.values)):
            raise ParameterError("This test was asked for without its map; start it again from the page.")
        progress(0.0)
        segments = superpixels_of(rgb, "slic", count=self.superpixels)
        hidden = filled(rgb, self.fill, segments)
        told = _Told(progress)
        scene = _Scene(classifier, rgb, hidden, segments, target, against, told)

        def holds(logits: np.ndarray) -> np.ndarray:
            if self.until == "pair":
                return logits[:, target] > logits[:, against]
            return logits.argmax(axis=1) == target

        told.begin(0.0, 0.3, scene.count)
        whole = scene.ask(np.zeros((1, scene.count), bool))
        evidence = _mean_of(self.values, segments) if self.values is not None else scene.evidence(whole[0])
        order = np.argsort(-evidence, kind="stable")
        looked_at = np.rint(hidden * 255).clip(0, 255).astype(np.uint8)
        arrays = {
            "segments": segments,
            "hidden": looked_at,
            "order": order.astype(np.int32),
            "evidence": evidence.astype(np.float32),
        }
        numbers = {"holds": float(holds(whole)[0]), "margin": float(whole[0, target] - whole[0, against])}
        progress(0.3, Measurements(dict(arrays), dict(numbers)))

        possible = bool(numbers["holds"])
        for part, from_hidden, wanted, begun, done in (
            ("hide", False, lambda logits: ~holds(logits), 0.3, 0.65),
            ("keep", True, holds, 0.65, 1.0),
        ):
            told.begin(begun, done, scene.count)
            found, curve = _smallest(scene, order, from_hidden, wanted, possible)
            arrays |= {part: found.patch, **{f"{part}_{name}": values for name, values in curve.items()}}
            numbers |= {f"{part}_{name}": value for name, value in found.numbers.items()}
            if part == "keep":
                numbers["keep_empty"] = float(found.at_once)
            progress(done, Measurements(dict(arrays), dict(numbers)))
        return Measurements(arrays, numbers)


@dataclass(frozen=True, eq=False)
class _Found:
    """What one half of the test ends with."""

    patch: np.ndarray  # bool[n]
    numbers: dict[str, float]
    at_once: bool  # whether there was nothing to do


class _Told:
    """Progress within a stage of the test, of which nobody knows beforehand how many photos it will ask about."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, start: float, end: float, expected: int) -> None:
        """Begin a stage that goes from `start` to `end` and asks about so many photos, roughly."""
        self._start, self._end, self._expected, self._asked = start, end, expected, 0

    def asked(self, photos: int) -> None:
        """Take note that so many photos more were asked about; the stage's end is never quite reached."""
        self._asked += photos
        share = self._asked / (self._asked + self._expected)
        self._progress(self._start + share * (self._end - self._start))


class _Scene:
    """One photo whose superpixels can be hidden, and the network that is asked about it."""

    def __init__(
        self,
        classifier: Classifier,
        rgb: np.ndarray,
        hidden: np.ndarray,
        segments: np.ndarray,
        target: int,
        against: int,
        told: _Told,
    ) -> None:
        self._told = told
        self.segments = segments
        self.count = int(segments.max()) + 1
        self.sizes = np.bincount(segments.ravel(), minlength=self.count)
        self.target, self.against = target, against
        self._classifier = classifier
        self._rgb, self._hidden = rgb, hidden
        rows, columns = (np.arange(length) for length in segments.shape)
        inside = [segments == one for one in range(self.count)]
        self._boxes = np.array([[*_ends(rows[mask.any(1)]), *_ends(columns[mask.any(0)])] for mask in inside])

    def photo(self, gone: np.ndarray) -> np.ndarray:
        """Return the photo f32[h,w,3] without the superpixels bool[n]."""
        return np.where(gone[self.segments][..., np.newaxis], self._hidden, self._rgb)

    def ask(self, gone: np.ndarray) -> np.ndarray:
        """Return the logits f32[N,C] of the photo without each of the sets of superpixels bool[N,n]."""
        answers = []
        for part in batches(len(gone)):
            answers.append(self._classifier.logits(np.stack([self.photo(one) for one in gone[part]])))
            self._told.asked(len(answers[-1]))
        return np.concatenate(answers)

    def ask_one_by_one(self, gone: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """Return the logits f32[N,C] of the photo without bool[n], each time with one superpixel of i64[N] exchanged.

        Only what one superpixel changes is computed, where the network can do that (Classifier.patched_logits).
        """
        now = self.photo(gone)
        answers = np.empty((len(changed), len(self._classifier.spec.labels)), np.float32)
        shape = np.array(self.segments.shape)
        extents = (self._boxes[changed][:, [1, 3]] - self._boxes[changed][:, [0, 2]]) / shape
        sides = np.searchsorted(_SIDES, extents.max(axis=1))
        for number, side in enumerate(_SIDES):
            size = np.ceil(side * shape).astype(np.int64)
            alike = np.flatnonzero(sides == number)
            for part in batches(len(alike), _TOGETHER):
                chosen = alike[part]
                corners = np.minimum(self._boxes[changed[chosen]][:, [0, 2]], shape - size)
                patches = np.empty((len(chosen), *size, 3), np.float32)
                for patch, (row, column), one in zip(patches, corners, changed[chosen], strict=True):
                    window = slice(row, row + size[0]), slice(column, column + size[1])
                    other = self._rgb if gone[one] else self._hidden
                    patch[:] = np.where((self.segments[window] == one)[..., np.newaxis], other[window], now[window])
                answers[chosen] = self._classifier.patched_logits(now, patches, corners)
                self._told.asked(len(chosen))
        if len(large := np.flatnonzero(sides == len(_SIDES))):
            others = np.repeat(gone[np.newaxis], len(large), axis=0)
            others[np.arange(len(large)), changed[large]] ^= True
            answers[large] = self.ask(others)
        return answers

    def margin(self, logits: np.ndarray) -> np.ndarray:
        """Return z_A - z_B f32[N]."""
        difference: np.ndarray = logits[:, self.target] - logits[:, self.against]
        return difference

    def evidence(self, whole: np.ndarray) -> np.ndarray:
        """Return by how much z_A - z_B of the photo, whose logits are f32[C], falls for each pixel of a superpixel alone."""
        alone = self.ask_one_by_one(np.zeros(self.count, bool), np.arange(self.count))
        falls: np.ndarray = (whole[self.target] - whole[self.against]) - self.margin(alone)
        return falls / self.sizes

    def share(self, chosen: np.ndarray) -> float:
        """Return the share of the photo's area that superpixels bool[n] take, in [0, 1]."""
        return float(self.sizes[chosen].sum() / self.sizes.sum())


def _smallest(
    scene: _Scene, order: np.ndarray, from_hidden: bool, wanted: Test, possible: bool
) -> tuple[_Found, dict[str, np.ndarray]]:
    """Return the smallest patch found that makes the answer the one wanted, and the curve on the way along the order.

    From the whole photo the patch is hidden; with `from_hidden` it comes back to the photo of which all is hidden.
    """

    def gone(changed: np.ndarray) -> np.ndarray:
        return ~changed if from_hidden else changed

    rank = np.empty(scene.count, np.int64)
    rank[order] = np.arange(scene.count)
    steps = np.unique(np.linspace(0, scene.count, _COARSE + 1).round().astype(np.int64))

    def ask(counts: np.ndarray) -> np.ndarray:
        return scene.ask(gone(rank[np.newaxis] < counts[:, np.newaxis]))

    logits = ask(steps)
    reached = np.flatnonzero(wanted(logits)) if possible else np.empty(0, np.int64)
    if len(reached) and reached[0] > 0:
        between = np.arange(steps[reached[0] - 1] + 1, steps[reached[0]])
        if len(between):
            steps, logits = np.append(steps, between), np.concatenate([logits, ask(between)])
            sorting = np.argsort(steps)
            steps, logits = steps[sorting], logits[sorting]
            reached = np.flatnonzero(wanted(logits))
    first = rank < (steps[reached[0]] if len(reached) else 0)
    # Ask one after the other what is not needed, beginning with what says least.
    patch = _put_back(scene, first, order[::-1], gone, wanted) if len(reached) else first
    at_once = bool(len(reached)) and steps[reached[0]] == 0
    end = scene.ask(gone(patch)[np.newaxis])
    probabilities = softmax(end)[0]
    numbers = {
        "flips": float(len(reached) > 0),
        "share": scene.share(patch),
        "first_share": scene.share(first),
        "superpixels": float(patch.sum()),
        "winner": float(end[0].argmax()),
        "probability_winner": float(probabilities.max()),
        "probability_a": float(probabilities[scene.target]),
        "probability_b": float(probabilities[scene.against]),
        "margin": float(scene.margin(end)[0]),
    }
    curve = {
        "area": np.array([scene.share(rank < count) for count in steps], np.float32),
        "margin": scene.margin(logits).astype(np.float32),
        "probability": softmax(logits)[:, [scene.target, scene.against]],
        "winner": logits.argmax(axis=1).astype(np.int32),
    }
    return _Found(patch, numbers, at_once), curve


def _put_back(
    scene: _Scene, patch: np.ndarray, order: np.ndarray, gone: Callable[[np.ndarray], np.ndarray], wanted: Test
) -> np.ndarray:
    """Return the superpixels bool[n] of a patch without those that the wanted answer does not need, until none is left.

    Each round asks about every superpixel alone, then puts back as many of those that can go as can go together.
    """
    patch = patch.copy()
    for _ in range(_MOST_ROUNDS):
        members = order[patch[order]]
        if not len(members):
            break
        needless = members[wanted(scene.ask_one_by_one(gone(patch), members))]
        if not len(needless):
            break
        # The first alone, the first two, ...: of those that leave the answer as wanted, the most.
        fewer = np.repeat(patch[np.newaxis], len(needless), axis=0)
        for number, one in enumerate(needless):
            fewer[number:, one] = False
        possible = np.flatnonzero(wanted(scene.ask(gone(fewer))))
        if not len(possible):
            break  # the first one alone was possible a moment ago, but for the rounding of two ways to compute
        patch = fewer[possible[-1]]
    return patch


def _mean_of(values: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return the mean of a map f32[u,v] or f32[u,v,3] in each superpixel, f64[n]."""
    flat = stretch(values, segments.shape).ravel()
    means: np.ndarray = np.bincount(segments.ravel(), weights=flat) / np.bincount(segments.ravel())
    return means


def _ends(places: np.ndarray) -> tuple[int, int]:
    """Return the first of the places and the one after the last."""
    return int(places[0]), int(places[-1]) + 1
