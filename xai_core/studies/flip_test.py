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
from xai_core.i18n.catalogues import N_
from xai_core.maps.grid import stretch
from xai_core.photos.fills import filled
from xai_core.photos.superpixels import superpixels_of
from xai_core.studies.base import Study, StudyInfo, digest_of_map
from xai_core.studies.hidden_superpixels import HiddenSuperpixels, StageProgress
from xai_core.types import PassCounts, ReadOnlyArrays, StudyOutput

#: What hidden patches may become.
FILLS = ("blurred", "mean", "grey", "black")
#: When an answer counts as another one.
UNTIL = ("answer", "pair")

#: Photos between the whole photo and none of it that are evaluated before the step in which the answer changes is refined.
_COARSE = 12
#: Rounds of putting patches back. Each puts back at least one, and mostly as many as can go back together.
_MOST_ROUNDS = 60

#: Logits f32[N,C] -> bool[N].
Test = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class FlipPart(ReadOnlyArrays):
    """One half of the test: the patch that must be hidden ("hide") or kept ("keep"), and the curve on the way (K points)."""

    patch: np.ndarray  # bool[n], the superpixels hidden or kept in the end; all False where the answer never changes
    flips: bool  # whether the answer becomes the wanted one
    at_once: bool  # whether it is the wanted one before any superpixel is hidden or kept, so that the patch is empty
    share: float  # of the photo's area that the patch takes
    first_share: float  # the same before superpixels were put back
    superpixels: int  # in the patch
    winner: int  # the answer to the photo with the patch hidden (only the patch kept), and its probabilities
    probability_winner: float
    probability_a: float
    probability_b: float
    margin: float  # z_A - z_B there
    areas: np.ndarray  # f32[K], the share of the photo's area that is hidden (kept), along the order
    margins: np.ndarray  # f32[K], z_A - z_B
    probabilities: np.ndarray  # f32[K,2], A's and B's
    winners: np.ndarray  # i32[K]


@dataclass(frozen=True, eq=False)
class PatchEvidence(StudyOutput):
    """The superpixels and what each of them says for A over B, before anything is searched for."""

    segments: np.ndarray  # i32[h,w]
    hidden: np.ndarray  # u8[h,w,3], the photo with everything hidden
    order: np.ndarray  # i32[n], superpixels by their evidence, the first one most
    evidence: np.ndarray  # f32[n], what each superpixel says for A over B
    holds: bool  # whether the answer is A on the photo itself; otherwise both patches stay empty
    margin: float  # z_A - z_B of the photo itself


@dataclass(frozen=True, eq=False)
class FlipTestResult(PatchEvidence):
    """The evidence and both halves of the test."""

    hide: FlipPart
    keep: FlipPart

    def part(self, name: str) -> FlipPart:
        """Return the half "hide" or "keep"."""
        return {"hide": self.hide, "keep": self.keep}[name]


@dataclass(frozen=True)
class FlipTest(Study[FlipTestResult]):
    """Hide the superpixels of photos[0] that speak most for class A, the target, over class B, until the answer flips.

    The superpixels (SLIC, about `superpixels` of them) are ranked by what each pixel of them says for A over B: by the mean
    of a map of the contrast where `of_map` gave one, otherwise by how much z_A - z_B falls when the superpixel is hidden
    alone, for each of its pixels (z are logits). "Flips" means, by `until`: "answer", class A is no longer the most probable
    of all; "pair", B scores at least as high as A. Superpixels go in their order; first every twelfth part of them is
    evaluated, then each one within the part in which the answer flips for the first time. Of those hidden until then each is
    put back that is not needed, so that what is left is minimal: put any one of its superpixels back, and the answer is A
    again. It is the smallest patch found, not the smallest there is. "Keep" is the same the other way round: from the photo
    with everything hidden superpixels come back in their order until the answer is A, and go again where they are not needed.
    The first result is a PatchEvidence. Raises UnknownNameError where B is A or no class of the network.
    """

    info: ClassVar[StudyInfo] = StudyInfo("flip_test")
    output: ClassVar = FlipTestResult

    against: int = params.integer(
        0, 0, 100_000, N_("Rather than"), N_("The position of class B in the network's labels.")
    )
    map_digest: str = params.text(
        N_("Map"), N_("The SHA-256 of the map that orders the patches; none: each is hidden alone.")
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
        # SLIC finds at most about a fifth more superpixels than were requested. Each half evaluates 12 steps, the
        # superpixels of one of them, and some rounds of putting back, of which each evaluates all that are hidden.
        most = self.superpixels * 6 // 5
        return PassCounts(forward=3 + 2 * (_COARSE + most // _COARSE + 16), patched=3 * most)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> FlipTestResult:
        rgb, against = photos[0], self.against
        classes = len(classifier.spec.labels)
        if against == target or against >= classes:
            raise UnknownNameError("There is nothing to compare: choose two different breeds that the network knows.")
        if self.map_digest != ("" if self.values is None else digest_of_map(self.values)):
            raise ParameterError("This test was requested without its map; start it again from the page.")
        progress(0.0)
        segments = superpixels_of(rgb, "slic", count=self.superpixels)
        filling = filled(rgb, self.fill, segments)
        stage = StageProgress(progress)
        scene = HiddenSuperpixels(classifier, rgb, filling, segments, target, against, stage)

        def holds(logits: np.ndarray) -> np.ndarray:
            if self.until == "pair":
                return logits[:, target] > logits[:, against]
            return logits.argmax(axis=1) == target

        stage.begin(0.0, 0.3, scene.count)
        whole = scene.logits(np.zeros((1, scene.count), bool))
        values = _mean_of(self.values, segments) if self.values is not None else scene.evidence(whole[0])
        order = np.argsort(-values, kind="stable")
        evidence = PatchEvidence(
            segments,
            hidden=np.rint(filling * 255).clip(0, 255).astype(np.uint8),
            order=order.astype(np.int32),
            evidence=values.astype(np.float32),
            holds=bool(holds(whole)[0]),
            margin=float(whole[0, target] - whole[0, against]),
        )
        progress(0.3, evidence)

        stage.begin(0.3, 0.65, scene.count)
        hide = _smallest(scene, order, False, lambda logits: ~holds(logits), evidence.holds)
        progress(0.65)
        stage.begin(0.65, 1.0, scene.count)
        keep = _smallest(scene, order, True, holds, evidence.holds)
        known = {entry.name: getattr(evidence, entry.name) for entry in dataclasses.fields(evidence)}
        result = FlipTestResult(**known, hide=hide, keep=keep)
        progress(1.0, result)
        return result


def _smallest(scene: HiddenSuperpixels, order: np.ndarray, from_hidden: bool, wanted: Test, possible: bool) -> FlipPart:
    """Return the smallest patch found that makes the answer the one wanted, with the curve on the way along the order.

    From the whole photo the patch is hidden; with `from_hidden` it comes back to the photo of which all is hidden.
    """

    def hidden(changed: np.ndarray) -> np.ndarray:
        return ~changed if from_hidden else changed

    rank = np.empty(scene.count, np.int64)
    rank[order] = np.arange(scene.count)
    steps = np.unique(np.linspace(0, scene.count, _COARSE + 1).round().astype(np.int64))

    def logits_after(counts: np.ndarray) -> np.ndarray:
        return scene.logits(hidden(rank[np.newaxis] < counts[:, np.newaxis]))

    logits = logits_after(steps)
    reached = np.flatnonzero(wanted(logits)) if possible else np.empty(0, np.int64)
    if len(reached) and reached[0] > 0:
        between = np.arange(steps[reached[0] - 1] + 1, steps[reached[0]])
        if len(between):
            steps, logits = np.append(steps, between), np.concatenate([logits, logits_after(between)])
            sorting = np.argsort(steps)
            steps, logits = steps[sorting], logits[sorting]
            reached = np.flatnonzero(wanted(logits))
    flips = len(reached) > 0
    first = rank < (steps[reached[0]] if flips else 0)
    # Superpixels that are not needed are put back, beginning with those that say least.
    patch = _put_back(scene, first, order[::-1], hidden, wanted) if flips else first
    end = scene.logits(hidden(patch)[np.newaxis])
    probabilities = softmax(end)[0]
    return FlipPart(
        patch,
        flips=flips,
        at_once=bool(flips and steps[reached[0]] == 0),
        share=scene.share(patch),
        first_share=scene.share(first),
        superpixels=int(patch.sum()),
        winner=int(end[0].argmax()),
        probability_winner=float(probabilities.max()),
        probability_a=float(probabilities[scene.target]),
        probability_b=float(probabilities[scene.against]),
        margin=float(scene.margin(end)[0]),
        areas=np.array([scene.share(rank < count) for count in steps], np.float32),
        margins=scene.margin(logits).astype(np.float32),
        probabilities=softmax(logits)[:, [scene.target, scene.against]],
        winners=logits.argmax(axis=1).astype(np.int32),
    )


def _put_back(
    scene: HiddenSuperpixels,
    patch: np.ndarray,
    order: np.ndarray,
    hidden: Callable[[np.ndarray], np.ndarray],
    wanted: Test,
) -> np.ndarray:
    """Return the superpixels bool[n] of a patch without those that the wanted answer does not need, until none is left.

    Each round evaluates every superpixel alone, then puts back as many of those not needed as can go together.
    """
    patch = patch.copy()
    for _ in range(_MOST_ROUNDS):
        members = order[patch[order]]
        if not len(members):
            break
        needless = members[wanted(scene.logits_with_one_changed(hidden(patch), members))]
        if not len(needless):
            break
        # The first alone, the first two, ...: of those that leave the answer as wanted, the most.
        fewer = np.repeat(patch[np.newaxis], len(needless), axis=0)
        for number, superpixel in enumerate(needless):
            fewer[number:, superpixel] = False
        possible = np.flatnonzero(wanted(scene.logits(hidden(fewer))))
        if not len(possible):
            break  # the first one alone was possible a moment ago, but for the rounding of two ways to compute
        patch = fewer[possible[-1]]
    return patch


def _mean_of(values: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return the mean of a map f32[u,v] or f32[u,v,3] in each superpixel, f64[n]."""
    flat = stretch(values, segments.shape).ravel()
    means: np.ndarray = np.bincount(segments.ravel(), weights=flat) / np.bincount(segments.ravel())
    return means
