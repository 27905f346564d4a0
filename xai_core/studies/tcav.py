"""TCAV: whether a concept that people have a word for, such as stripes, raises or lowers a breed's score."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.errors import ParameterError, UnsupportedError
from xai_core.explainers.base import Progress, ignore_progress, resolve_layer
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_
from xai_core.photos.decoding import squeeze
from xai_core.photos.synthetic import random_photos
from xai_core.photos.textures import TEXTURES, texture_photos
from xai_core.studies.base import Study, StudyInfo
from xai_core.studies.changed_copies import COPIES, changed_copies
from xai_core.studies.concept_test import ConceptTest, concept_test
from xai_core.studies.concept_vector import concept_vector
from xai_core.studies.pooled import content_name, pooled_activations
from xai_core.types import PassCounts, StudyOutput

#: The concept that the user's own photos show.
OWN = "own"
#: Fewer photos than this do not show what they have in common.
FEWEST_OWN = 10

_SHOWN_SIDE = 96  # px of the small copies in the result
_SHOWN_RANDOM = 12


@dataclass(frozen=True, eq=False)
class TcavResult(StudyOutput):
    """One row for each concept that is tested so far, in the order of `Tcav.concepts`, and what they are compared with."""

    scores: np.ndarray  # f32[concepts,splits]
    accuracies: np.ndarray  # f32[concepts,splits], of the CAVs on photos held out
    tests: Mapping[str, ConceptTest]  # by concept
    accuracy: Mapping[str, float]  # by concept, the mean over the splits
    random_scores: np.ndarray  # f32[splits]
    random_score: float  # their mean
    random_low: float  # the middle 95 % of them
    random_high: float
    class_photos: np.ndarray  # u8[n,96,96,3]
    random_photos: np.ndarray  # u8[12,96,96,3]
    taken_for_class: int  # how many of the other photos the network takes for the target


@dataclass(frozen=True)
class Tcav(Study[TcavResult]):
    """Test with Concept Activation Vectors what moving a layer towards a concept does to the target's logit.

    Kim 2018, arXiv:1711.11279. For each split a linear classifier (scikit-learn's LogisticRegression, L2, C = 1) learns to
    tell half of a concept's photos from as many random photos by a layer's activations; the unit vector at right angles to
    its boundary, towards the concept, is the CAV v (section 3.2). The directional derivative of the logit along v is S
    (equation 1), the share of a class's photos with S > 0 the TCAV score (equation 2). A concept counts only where its scores
    over all splits differ from those of random concepts, CAVs between two halves of random photos, in a two-sided t-test
    corrected for the number of concepts (section 3.4; xai_core/studies/concept_test.py).

    Deviations. Activations are averaged over the layer's places, not flattened, so that block1 of VGG16 has 64 numbers a
    photo instead of three million; v then stands for adding the same to every place, so that S = (sum over places of
    d logit / d A) . v. The paper has a fresh random set and the same concept photos in each split, which calls a random
    set of photos a significant concept in 30 to 55 of 100 cases; here each split leaves half of the concept's photos out, and
    the test's variance is corrected for what splits share, which leaves at most about 5 in 100. The photos left out
    measure the accuracy of the CAV.

    Photos: first the visitor's; then others of any kind; at the end `own` photos of the user's own concept. The class's
    photos are eight copies each (mirrored, cropped, lighter, darker) of the first photo and of those others that the
    network takes for the target before all other classes: no photos of the training set are at hand, so that the score
    speaks of photos like these and not of the breed in general. Random photos are described in
    xai_core/photos/synthetic.py; the real ones among them are windows of the others that are no class photos.

    A first result holds the first concepts. Raises ParameterError without a concept or with too few photos of one,
    UnsupportedError for a network without layers, UnknownNameError for a layer that does not exist.
    """

    info: ClassVar[StudyInfo] = StudyInfo("tcav")
    output: ClassVar = TcavResult

    layer: str = params.layer(
        N_("Where in the network to look for the concept: early layers know textures, late ones parts.")
    )
    stripes: bool = params.flag(True, N_("Stripes"), N_("Tests parallel bands."))
    dots: bool = params.flag(False, N_("Dots"), N_("Tests round spots."))
    checks: bool = params.flag(False, N_("Checks"), N_("Tests chessboards."))
    fur: bool = params.flag(True, N_("Fur"), N_("Tests short hairs."))
    grass: bool = params.flag(True, N_("Grass"), N_("Tests long green blades."))
    plain: bool = params.flag(False, N_("Plain colours"), N_("Tests photos of a single colour."))
    own: int = params.integer(
        0, 0, 200, N_("Own photos"), N_("How many of the photos, at the end, show a concept of one's own.")
    )
    photos: int = params.integer(
        24, 10, 120, N_("Photos of a texture"), N_("More of them make the test sharper and slower.")
    )
    random: int = params.integer(40, 20, 200, N_("Random photos"), N_("What the concepts are compared with."))
    splits: int = params.integer(40, 10, 200, N_("Splits"), N_("How often the photos are divided anew and tested."))
    seed: int = params.seed()

    @property
    def concepts(self) -> tuple[str, ...]:
        """The concepts that are tested, in their order: keys of TEXTURES, then OWN."""
        textures = tuple(key for key in TEXTURES if getattr(self, key))
        return (*textures, OWN) if self.own else textures

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        """Return the passes; those of other photos that turn out to be of the class come on top."""
        return PassCounts(forward=self._passes(photos - 1 - self.own) - COPIES, backward=COPIES)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> TcavResult:
        self._check(classifier, len(photos))
        layer = resolve_layer(classifier.spec, self.layer)
        others = photos[1 : len(photos) - self.own]
        steps = _Steps(progress, self._passes(len(others)))
        progress(0.0)

        of_class = self._of_class(classifier, others, target, steps)
        class_photos = np.concatenate([changed_copies(photo) for photo in [photos[0], *others[of_class]]])
        steps.expect(len(class_photos) - COPIES)
        slopes = self._slopes(classifier, layer, class_photos, target, steps)
        counterparts = random_photos(self.random, photos.shape[1:3], self.seed, others[~of_class])
        random_activations = pooled_activations(
            classifier, layer, content_name(counterparts), self.random, lambda: counterparts, steps.add
        )

        random_scores, _ = self._scores(random_activations, None, slopes, "random")
        low, high = np.quantile(random_scores, [0.025, 0.975])
        scores: list[np.ndarray] = []
        accuracies: list[np.ndarray] = []
        tests: dict[str, ConceptTest] = {}
        for concept in self.concepts:
            activations = self._activations(classifier, layer, concept, photos, steps)
            concept_scores, concept_accuracies = self._scores(random_activations, activations, slopes, concept)
            scores.append(concept_scores)
            accuracies.append(concept_accuracies)
            train, held_out = self._halves(len(activations))
            tests[concept] = concept_test(
                concept_scores, random_scores, overlap=held_out / train, concepts=len(self.concepts)
            )
            result = TcavResult(
                scores=np.stack(scores),
                accuracies=np.stack(accuracies),
                tests=tests,
                accuracy={key: float(row.mean()) for key, row in zip(tests, accuracies, strict=True)},
                random_scores=random_scores,
                random_score=float(random_scores.mean()),
                random_low=float(low),
                random_high=float(high),
                class_photos=_small(class_photos),
                random_photos=_small(counterparts[:_SHOWN_RANDOM]),
                taken_for_class=int(of_class.sum()),
            )
            steps.show(result, last=concept == self.concepts[-1])
        return result

    def _check(self, classifier: Classifier, photos: int) -> None:
        if not classifier.spec.cam_layers:
            raise UnsupportedError(
                "{network} has no layers to look into, which concepts need; choose another network.",
                network=classifier.spec.title,
            )
        if not self.concepts:
            raise ParameterError("No concept is chosen; please choose at least one texture or add photos of your own.")
        if 0 < self.own < FEWEST_OWN:
            raise ParameterError(
                "A concept needs at least {least} photos that show it, not {count}; please add more.",
                least=FEWEST_OWN,
                count=self.own,
            )
        if self.own >= photos:
            raise ParameterError(
                "There are {photos} photos, too few for {own} of a concept and one to explain.",
                photos=photos,
                own=self.own,
            )

    def _passes(self, others: int) -> int:
        textures = len([concept for concept in self.concepts if concept != OWN])
        return others + COPIES + self.random + textures * self.photos + self.own

    def _of_class(self, classifier: Classifier, others: np.ndarray, target: int, steps: "_Steps") -> np.ndarray:
        """Return bool[N], which of the other photos the network takes for the target before all other classes."""
        of_class = np.zeros(len(others), bool)
        for part in batches(len(others)):
            of_class[part] = classifier.logits(others[part]).argmax(axis=1) == target
            steps.add(len(others[part]))
        return of_class

    def _slopes(
        self, classifier: Classifier, layer: str, photos: np.ndarray, target: int, steps: "_Steps"
    ) -> np.ndarray:
        """Return f64[N,K]: what adding a little to channel k at every place does to the logit, for each photo."""
        slopes = []
        for part in batches(len(photos)):
            _, gradients = classifier.layer_gradients(photos[part], layer, target)
            slopes.append(gradients.sum(axis=(1, 2), dtype=np.float64))
            steps.add(len(slopes[-1]))
        return np.concatenate(slopes)

    def _activations(
        self, classifier: Classifier, layer: str, concept: str, photos: np.ndarray, steps: "_Steps"
    ) -> np.ndarray:
        """Return the pooled activations f32[N,K] of a concept's photos; textures are drawn only where they are needed."""
        if concept == OWN:
            own = photos[len(photos) - self.own :]
            return pooled_activations(classifier, layer, content_name(own), self.own, lambda: own, steps.add)
        size = photos.shape[1:3]
        name = f"{concept} {self.photos} {size} {self.seed}"
        return pooled_activations(
            classifier,
            layer,
            name,
            self.photos,
            lambda: texture_photos(concept, self.photos, size, self.seed),
            steps.add,
        )

    def _scores(
        self, counterparts: np.ndarray, concept: np.ndarray | None, slopes: np.ndarray, name: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the TCAV score and the held-out accuracy of each split, both f32[splits].

        Without a concept two parts of the counterparts f32[N,K] are compared with each other.
        """
        # The draws of one concept do not depend on which others are tested beside it.
        generator = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        scores, accuracies = np.empty(self.splits, np.float32), np.empty(self.splits, np.float32)
        for split in range(self.splits):
            shuffled = counterparts[generator.permutation(len(counterparts))]
            if concept is None:
                half = len(shuffled) // 2
                positive, negative, train = shuffled[:half], shuffled[half:], half // 2
            else:
                positive, negative = concept[generator.permutation(len(concept))], shuffled
                train, _ = self._halves(len(concept))
            held_out = min(len(positive), len(negative)) - train
            direction, accuracy = concept_vector(
                positive[:train], negative[:train], positive[train:][:held_out], negative[train:][:held_out]
            )
            scores[split] = np.mean(slopes @ direction > 0)
            accuracies[split] = accuracy
        return scores, accuracies

    def _halves(self, count: int) -> tuple[int, int]:
        """Return how many of a concept's photos each split trains on and how many it holds out."""
        train = min(count // 2, self.random // 2)
        return train, count - train


class _Steps:
    """Turns photos that were passed through the network into progress; only the last result says 1."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self._share = 0.0

    def expect(self, photos: int) -> None:
        """Expect so many further photos."""
        self._total += photos

    def add(self, photos: int) -> None:
        """Report that so many further photos are done."""
        self._done += photos
        self._report(None)

    def show(self, result: TcavResult, *, last: bool) -> None:
        """Report a first result, or the last one."""
        if last:
            self._progress(1.0, result)
        else:
            self._report(result)

    def _report(self, result: TcavResult | None) -> None:
        # Photos that turn out to be needed must not make the share fall.
        self._share = max(self._share, min(self._done / self._total, 0.99))
        self._progress(self._share, result)


def _small(photos: np.ndarray) -> np.ndarray:
    """Return small copies of photos f32[N,h,w,3], u8[N,96,96,3]."""
    size = (_SHOWN_SIDE, _SHOWN_SIDE)
    whole = np.rint(255 * photos).astype(np.uint8)
    return np.stack([np.rint(255 * squeeze(photo, size)).astype(np.uint8) for photo in whole])
