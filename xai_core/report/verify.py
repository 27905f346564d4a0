"""Computing a report's maps and scores again, and saying of each whether it is the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.registry import target_position
from xai_core.errors import ReportError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer, explainer_class
from xai_core.i18n.catalogues import _
from xai_core.maps.agreement import rank_correlation
from xai_core.maps.grid import channel_sum
from xai_core.metrics import deletion_insertion as metric
from xai_core.report.making import checked_map, curves
from xai_core.report.manifest import Manifest, map_digest
from xai_core.report.masking import probabilities
from xai_core.report.records import MapRecord, NetworkRecord, array
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import Explanation
from xai_core.workbench import Workbench

#: Two maps count as equal where no place differs by more than this share of the strongest one and their places stand in the
#: same order to a rank correlation of 1 - TOLERANCE / 10; two scores where they differ by no more than this. Made again by
#: the same engine all of them came out identical. Measured on a sample photo with both networks, made by OpenVINO and
#: computed again by Keras: Grad-CAM and Integrated Gradients identical, SmoothGrad 0.0002 and a correlation of 1.0000.
TOLERANCE = 0.02
_RANKS = 0.1

#: Methods that ask for drafts (see Classifier) get so many times more, since processors answer drafts in different ways.
#: Measured likewise: LIME 0.02 and 0.998 (VGG16), 0.04 and 0.997 (InceptionV3), its scores 0.02; expected gradients on
#: three photos up to 0.06 and down to 0.990 (VGG16), 0.08 and 0.990 (InceptionV3).
_MORE, _MORE_FOR_RANKS, _MORE_FOR_SCORES = 6, 10, 2.5

Same = Literal["identical", "equal", "differs"]


@dataclass(frozen=True)
class Outcome:
    """What became of one number or map of the report when it was computed again."""

    kind: Literal["prediction", "map", "scores", "checks", "hiding"]
    network: str  # its title
    method: str  # its title, "" for what is the network's own
    same: Same
    difference: float  # the largest one: of a map as a share of its largest magnitude, else of the numbers themselves
    correlation: float | None = None  # of a map's places


def verify(workbench: Workbench, manifest: Manifest, tolerance: float = TOLERANCE) -> Iterator[Outcome]:
    """Yield an outcome for each prediction, map and score of a report, as they are computed again by the workbench.

    The workbench's store must not know the photo, or it would only be asked what it remembers. Raises ReportError before
    anything is computed where the report speaks of other weights or of another version of a method, and UnknownNameError or
    ParameterError where this SeeSpot does not have what it names.
    """
    plan = [_planned(workbench, network) for network in manifest.networks]
    for network, (spec, target, explainers) in zip(manifest.networks, plan, strict=True):
        found = workbench.answer(PredictionRequest(spec.ref, manifest.image.digest), [manifest.image])
        yield _numbers("prediction", spec, "", array(network.prediction.logits), found.logits, tolerance)
        for record, explainer in zip(network.maps, explainers, strict=True):
            explanation = workbench.answer(
                ExplanationRequest(spec.ref, manifest.image.digest, target, explainer), [manifest.image]
            )
            low_precision = explainer.pass_counts(spec).low_precision
            yield compared(
                record, explanation, spec.title, explainer.info.title, tolerance, low_precision=low_precision
            )
            if record.scores is not None:
                again = curves(workbench, manifest.image, spec.ref, target, explanation.values, manifest.scoring)
                allowed = tolerance * (_MORE_FOR_SCORES if low_precision else 1)
                yield _scores(spec, explainer.info.title, record.scores.curves, again, allowed)
            if record.checks is not None:
                verdict = checked_map(workbench, manifest.image, explanation, explainer)
                told = array([record.checks.sanity, record.checks.stability], np.float64)
                numbers = np.array([verdict.sanity, verdict.stability])
                yield _numbers("checks", spec, explainer.info.title, told, numbers, tolerance)
        if network.hidden is not None and network.hidden.windows:
            hidden = network.hidden.windows
            after = probabilities(
                workbench, manifest.image, spec.ref, target, [(one.x, one.y, one.size) for one in hidden]
            )
            recorded = array([one.after for one in hidden])
            yield _numbers("hiding", spec, "", recorded, np.array(after, np.float32), tolerance)
        for seed, order in zip(manifest.scoring.seeds, network.random_orders, strict=False):
            again = curves(workbench, manifest.image, spec.ref, target, metric.random_map(seed), manifest.scoring)
            yield _scores(spec, _("random order {seed}").format(seed=seed), order.curves, again, tolerance)


def compared(
    record: MapRecord, found: Explanation, network: str, method: str, tolerance: float, *, low_precision: bool = False
) -> Outcome:
    """Return whether a map that was computed again is the report's; more may differ where the method asks for `drafts`."""
    if map_digest(found.values) == record.digest:
        return Outcome("map", network, method, "identical", 0.0, 1.0)
    if found.values.shape != record.shape:
        return Outcome("map", network, method, "differs", float("inf"), None)
    again, copy = channel_sum(found.values), record.values
    largest = max(float(np.abs(copy).max()), float(np.abs(again).max())) or 1.0
    difference = float(np.abs(again - copy).max()) / largest
    correlation = rank_correlation(again, copy)
    # NaN: one of the two is the same everywhere, so the difference alone decides.
    ordered = np.isnan(correlation) or correlation >= 1 - tolerance * _RANKS * (_MORE_FOR_RANKS if low_precision else 1)
    same: Same = "equal" if difference <= tolerance * (_MORE if low_precision else 1) and ordered else "differs"
    return Outcome("map", network, method, same, difference, correlation)


def _planned(workbench: Workbench, network: NetworkRecord) -> tuple[ModelSpec, int, list[Explainer]]:
    spec = workbench.spec(NetworkRef.parse(network.key))
    if spec.weights_digest != network.weights_sha256:
        raise ReportError(
            "This report was made with other weights of {network} than those that are here, so it cannot be confirmed.",
            network=spec.title,
        )
    if len(network.prediction.logits) != len(spec.labels):
        raise ReportError("This report is damaged: what it says does not fit together.")
    explainers = []
    for record in network.maps:
        explainer = build_explainer(record.method, record.parameters)
        if explainer_class(record.method).info.version != record.version:
            raise ReportError(
                "This report was made with another version of {method} than the one that is here, so it cannot be confirmed.",
                method=explainer.info.title,
            )
        explainers.append(explainer)
    return spec, target_position(spec, network.target.wnid), explainers


def _scores(
    spec: ModelSpec,
    method: str,
    told: Mapping[str, np.ndarray],
    found: Mapping[str, np.ndarray],
    tolerance: float,
) -> Outcome:
    if all(np.array_equal(told[kind], found[kind]) for kind in metric.KINDS):
        return Outcome("scores", spec.title, method, "identical", 0.0)
    if any(told[kind].shape != found[kind].shape for kind in metric.KINDS):
        return Outcome("scores", spec.title, method, "differs", float("inf"))
    pairs = [[metric.score(kind, curves[kind]).value for kind in metric.KINDS] for curves in (told, found)]
    return _numbers("scores", spec, method, np.array(pairs[0]), np.array(pairs[1]), tolerance)


def _numbers(
    kind: Literal["prediction", "scores", "checks", "hiding"],
    spec: ModelSpec,
    method: str,
    told: np.ndarray,
    found: np.ndarray,
    tolerance: float,
) -> Outcome:
    if np.array_equal(told, found, equal_nan=True):
        return Outcome(kind, spec.title, method, "identical", 0.0)
    difference = float(np.abs(told - found).max())
    # A difference that is no number is no equality.
    return Outcome(kind, spec.title, method, "equal" if difference <= tolerance else "differs", difference)
