"""Computes a report's predictions, maps and scores again and compares them with the recorded ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.registry import target_position
from xai_core.detection.locate import DogLocation
from xai_core.errors import ReportError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer, explainer_class
from xai_core.i18n.catalogues import LazyText, _
from xai_core.maps.agreement import rank_correlation
from xai_core.maps.grid import channel_sum
from xai_core.metrics import deletion_insertion as metric
from xai_core.report.making import check_map, curves
from xai_core.report.manifest import Manifest, RecordedDog, map_digest
from xai_core.report.masking import masked_probabilities
from xai_core.report.records import MapRecord, NetworkRecord, array
from xai_core.requests import DogRequest, ExplanationRequest, PredictionRequest
from xai_core.types import Explanation
from xai_core.workbench import Workbench

#: Two maps are equal where no value differs by more than this share of the largest magnitude and their rank correlation is at
#: least 1 - TOLERANCE / 10; two scores where they differ by no more than this. Computed again by the same engine, all of them
#: were identical. Measured on a sample photo with both networks (weights of 0.1.0), computed by OpenVINO and again by Keras:
#: Grad-CAM and Integrated Gradients identical, SmoothGrad 0.0002 and a correlation of 1.0000.
TOLERANCE = 0.02
_RANKS = 0.1

#: Factors of the tolerance for methods that use low precision (see Classifier), whose results depend on the processor.
#: Measured likewise: LIME 0.02 and 0.998 (VGG16), 0.04 and 0.997 (InceptionV3), its scores 0.02; expected gradients on
#: three photos up to 0.06 and down to 0.990 (VGG16), 0.08 and 0.990 (InceptionV3).
_MORE, _MORE_FOR_RANKS, _MORE_FOR_SCORES = 6, 10, 2.5

Same = Literal["identical", "equal", "differs"]
NumbersKind = Literal["prediction", "scores", "checks", "hiding"]


@dataclass(frozen=True)
class Outcome:
    """The comparison of one map or of some numbers of a report with those computed again."""

    kind: NumbersKind | Literal["map", "outline"]
    network: str  # its title, "" for what belongs to the photo alone
    method: str  # its title, "" for what belongs to the network alone
    same: Same
    difference: float  # the largest one; of a map as a share of its largest magnitude
    correlation: float | None = None  # rank correlation of two maps


def verify(workbench: Workbench, manifest: Manifest, tolerance: float = TOLERANCE) -> Iterator[Outcome]:
    """Yield an outcome for each prediction, map and score of a report, and for the dog's outline, after computing it again.

    The workbench's store must be empty, or stored results would be compared with themselves. Before anything is computed,
    raises ReportError for other weights or another version of a method, and UnknownNameError or ParameterError for names and
    values that do not exist here.
    """
    plan = [_prepare(workbench, network) for network in manifest.networks]
    for network, (spec, target, explainers) in zip(manifest.networks, plan, strict=True):
        yield from _verify_network(workbench, manifest, network, spec, target, explainers, tolerance)
    if manifest.dog is not None and plan:
        request = DogRequest(plan[0][0].ref, manifest.image.digest)
        yield compare_outlines(manifest.dog, workbench.answer(request, [manifest.image]), tolerance)


def compare_outlines(recorded: RecordedDog, found: DogLocation, tolerance: float) -> Outcome:
    """Return whether the dog's outline is the report's: its difference is 1 - intersection over union, and doubts count."""
    if recorded.outline.shape != found.outline.shape or recorded.doubts != found.doubts:
        return Outcome("outline", "", "", "differs", 1.0)
    union = (recorded.outline | found.outline).sum()
    difference = 1 - float((recorded.outline & found.outline).sum() / union) if union else 0.0
    same: Same = "identical" if not difference else "equal" if difference <= tolerance else "differs"
    return Outcome("outline", "", "", same, difference)


def compare_maps(
    record: MapRecord,
    explanation: Explanation,
    network: str,
    method: str,
    tolerance: float,
    *,
    low_precision: bool = False,
) -> Outcome:
    """Return whether a map that was computed again equals the report's; `low_precision` allows a larger difference."""
    if map_digest(explanation.values) == record.digest:
        return Outcome("map", network, method, "identical", 0.0, 1.0)
    if explanation.values.shape != record.shape:
        return Outcome("map", network, method, "differs", float("inf"), None)
    computed, recorded = channel_sum(explanation.values), record.values
    largest = max(float(np.abs(recorded).max()), float(np.abs(computed).max())) or 1.0
    difference = float(np.abs(computed - recorded).max()) / largest
    correlation = rank_correlation(computed, recorded)
    # NaN: one of the maps is constant, so the difference alone decides.
    ordered = np.isnan(correlation) or correlation >= 1 - tolerance * _RANKS * (_MORE_FOR_RANKS if low_precision else 1)
    same: Same = "equal" if difference <= tolerance * (_MORE if low_precision else 1) and ordered else "differs"
    return Outcome("map", network, method, same, difference, correlation)


def _verify_network(
    workbench: Workbench,
    manifest: Manifest,
    network: NetworkRecord,
    spec: ModelSpec,
    target: int,
    explainers: Sequence[Explainer],
    tolerance: float,
) -> Iterator[Outcome]:
    image, scoring = manifest.image, manifest.scoring
    prediction = workbench.answer(PredictionRequest(spec.ref, image.digest), [image])
    logits = array(network.prediction.logits)
    yield _compare_numbers("prediction", spec, "", logits, prediction.logits, tolerance)
    for record, explainer in zip(network.maps, explainers, strict=True):
        title = _(explainer.info.title)
        explanation = workbench.answer(ExplanationRequest(spec.ref, image.digest, target, explainer), [image])
        low_precision = explainer.pass_counts(spec).low_precision
        yield compare_maps(record, explanation, spec.title, title, tolerance, low_precision=low_precision)
        if record.scores is not None:
            computed = curves(workbench, image, spec.ref, target, explanation.values, scoring)
            allowed = tolerance * (_MORE_FOR_SCORES if low_precision else 1)
            yield _compare_scores(spec, title, record.scores.curves, computed, allowed)
        if record.checks is not None:
            verdict = check_map(workbench, image, explanation, explainer)
            recorded = array([record.checks.sanity, record.checks.stability], np.float64)
            yield _compare_numbers(
                "checks", spec, title, recorded, np.array([verdict.sanity, verdict.stability]), tolerance
            )
    if network.hidden is not None and network.hidden.windows:
        windows = [(window.x, window.y, window.size) for window in network.hidden.windows]
        after = masked_probabilities(workbench, image, spec.ref, target, windows)
        recorded = array([window.after for window in network.hidden.windows])
        yield _compare_numbers("hiding", spec, "", recorded, np.array(after, np.float32), tolerance)
    for seed, order in zip(scoring.seeds, network.random_orders, strict=False):
        computed = curves(workbench, image, spec.ref, target, metric.random_map(seed), scoring)
        yield _compare_scores(spec, _("random order {seed}").format(seed=seed), order.curves, computed, tolerance)


def _prepare(workbench: Workbench, network: NetworkRecord) -> tuple[ModelSpec, int, list[Explainer]]:
    """Return the network, the target and the methods of a report's network, as they exist here."""
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
                method=LazyText(explainer.info.title),
            )
        explainers.append(explainer)
    return spec, target_position(spec, network.target.wnid), explainers


def _compare_scores(
    spec: ModelSpec,
    method: str,
    recorded: Mapping[str, np.ndarray],
    computed: Mapping[str, np.ndarray],
    tolerance: float,
) -> Outcome:
    if all(np.array_equal(recorded[kind], computed[kind]) for kind in metric.KINDS):
        return Outcome("scores", spec.title, method, "identical", 0.0)
    if any(recorded[kind].shape != computed[kind].shape for kind in metric.KINDS):
        return Outcome("scores", spec.title, method, "differs", float("inf"))
    first, second = (
        np.array([metric.score(kind, curves[kind]).value for kind in metric.KINDS]) for curves in (recorded, computed)
    )
    return _compare_numbers("scores", spec, method, first, second, tolerance)


def _compare_numbers(
    kind: NumbersKind, spec: ModelSpec, method: str, recorded: np.ndarray, computed: np.ndarray, tolerance: float
) -> Outcome:
    if np.array_equal(recorded, computed, equal_nan=True):
        return Outcome(kind, spec.title, method, "identical", 0.0)
    difference = float(np.abs(recorded - computed).max())
    # NaN on one side only gives NaN, which is never within the tolerance.
    return Outcome(kind, spec.title, method, "equal" if difference <= tolerance else "differs", difference)
