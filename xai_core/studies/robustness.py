"""Robustness: a network's prediction and its explanation while the photo is turned, moved, lit or blurred."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec, softmax
from xai_core.errors import ComputationError
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_, LazyText
from xai_core.maps.agreement import rank_correlation
from xai_core.maps.grid import on_grid
from xai_core.photos.perturbations import CHANGES
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import PassCounts, StudyOutput

#: The methods that take only one or two passes for a map.
METHODS = tuple(
    key
    for key in ("grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam", "saliency", "gradient_x_input")
    if key in EXPLAINERS
)

_TOP = 5


@dataclass(frozen=True, eq=False)
class RobustnessResult(StudyOutput):
    """One row for each step that is done, and the unchanged photo to compare with."""

    amounts: np.ndarray  # f32[K] in the change's unit
    target_logits: np.ndarray  # f32[K]
    target_probabilities: np.ndarray  # f32[K]
    top: np.ndarray  # i32[K,5], the most probable classes (all, where there are fewer), the first one first
    top_probabilities: np.ndarray  # f32[K,5]
    maps: np.ndarray  # f32[K,56,56], the changed photo's explanation, channels summed, on one grid
    agreement: np.ndarray  # f32[K], of the map, changed back, with plain_map; NaN where one of them is constant
    shared: np.ndarray  # f32[K], the share of the places that both photos show, over which they are compared
    plain_map: np.ndarray  # f32[56,56], the unchanged photo's map
    logit: float  # of the target for the unchanged photo
    probability: float  # of the target for the unchanged photo


@dataclass(frozen=True)
class Robustness(Study[RobustnessResult]):
    """Change photos[0] in `steps` amounts over the whole range of one kind of change, and explain it each time.

    The target stays the same; agreement is Spearman's rank correlation. First results hold the steps done so far. Raises
    ComputationError where a map holds anything but numbers.
    """

    info: ClassVar[StudyInfo] = StudyInfo("robustness")
    output: ClassVar = RobustnessResult

    change: str = params.choice(
        "rotation", tuple(CHANGES), N_("Change"), N_("What is done to the photo, little by little.")
    )
    steps: int = params.integer(21, 3, 73, N_("Steps"), N_("How many changed photos are shown to the network."), step=2)
    method: str = params.choice(
        METHODS[0], METHODS, N_("Explanation"), N_("The method whose map is compared with that of the unchanged photo.")
    )
    aspect: float = params.number(
        1.0, 0.05, 20.0, N_("Shape"), N_("Width of the photo divided by its height, before it was squeezed."), step=0.01
    )

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(forward=1 + self.steps, backward=1 + self.steps)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> RobustnessResult:
        photo, change = photos[0], CHANGES[self.change]
        amounts = change.amounts(self.steps)
        explainer = build_explainer(self.method, {})

        def explained(rgb: np.ndarray) -> np.ndarray:
            values = explainer.attribute(classifier, rgb, target).values
            if not np.isfinite(values).all():
                raise ComputationError(
                    "{method} gave no usable numbers; compare another map.", method=LazyText(explainer.info.title)
                )
            return on_grid(values)

        progress(0.0)
        plain_logits, plain_map = classifier.logits(photo[np.newaxis])[0], explained(photo)
        logits: list[np.ndarray] = []
        maps: list[np.ndarray] = []
        agreement: list[tuple[float, float]] = []
        for part in batches(self.steps):
            changed = np.stack([change.apply(photo, amount, self.aspect) for amount in amounts[part]])
            logits.extend(classifier.logits(changed))
            for amount, rgb in zip(amounts[part], changed, strict=True):
                maps.append(explained(rgb))
                undone, visible = change.undo(maps[-1], amount, self.aspect)
                agreement.append((rank_correlation(undone[visible], plain_map[visible]), float(visible.mean())))
                done = len(maps)
                result = _result(target, amounts[:done], logits[:done], maps, agreement, plain_logits, plain_map)
                progress(1.0 if done == self.steps else done / self.steps, result)
        return result


def _result(
    target: int,
    amounts: np.ndarray,
    logits: list[np.ndarray],
    maps: list[np.ndarray],
    agreement: list[tuple[float, float]],
    plain_logits: np.ndarray,
    plain_map: np.ndarray,
) -> RobustnessResult:
    scores = np.stack(logits)
    probabilities = softmax(scores)
    top = np.argsort(-probabilities, axis=1, kind="stable")[:, :_TOP].astype(np.int32)
    correlations, shared = np.array(agreement, np.float32).T
    return RobustnessResult(
        amounts=amounts.astype(np.float32),
        target_logits=scores[:, target],
        target_probabilities=probabilities[:, target],
        top=top,
        top_probabilities=np.take_along_axis(probabilities, top, axis=1),
        maps=np.stack(maps),
        agreement=correlations,
        shared=shared,
        plain_map=plain_map,
        logit=float(plain_logits[target]),
        probability=float(softmax(plain_logits)[target]),
    )
