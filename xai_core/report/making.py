"""Computes a report without a browser: one request to the workbench after the other."""

import datetime
from collections.abc import Callable, Sequence

import numpy as np

from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.registry import target_position
from xai_core.explainers.base import Explainer
from xai_core.findings.photo_findings import MapResult, NetworkResult
from xai_core.i18n.catalogues import _
from xai_core.metrics import deletion_insertion as metric
from xai_core.metrics.against_chance import AgainstChance, against_chance
from xai_core.metrics.trust import Verdict
from xai_core.report.contents import Report, Scoring, versions
from xai_core.report.masking import measure_masking
from xai_core.requests import DogRequest, ExplanationRequest, PredictionRequest, StudyRequest
from xai_core.studies.faithfulness import Faithfulness
from xai_core.studies.trust_checks import checks, judged, noisy
from xai_core.types import Explanation, ImageInput
from xai_core.workbench import Workbench


def make(
    workbench: Workbench,
    networks: Sequence[NetworkRef],
    image: ImageInput,
    explainers: Sequence[Explainer],
    *,
    target: str | None = None,
    scoring: Scoring | None = None,
    checked: bool = False,
    made: datetime.date,
    on_step: Callable[[str], None] = lambda step: None,
) -> Report:
    """Return the report of a photo.

    `target` is a breed as for target_position, by default the most probable one of the first network. With `scoring`,
    deletion and insertion are measured, with `checked` the trust checks are made. `on_step` is called with the name of each
    step. Raises the errors of the workbench.
    """
    results = []
    for number, network in enumerate(networks, 1):
        spec = workbench.spec(network)
        on_step(spec.title)
        prediction = workbench.answer(PredictionRequest(network, image.digest), [image])
        if target is None:
            target = prediction.labels[prediction.top(1)[0]].wnid
        position = target_position(spec, target)
        maps = []
        for place, explainer in enumerate(explainers, 1):
            on_step(f"{spec.title}: {_(explainer.info.title)}")
            explanation = workbench.answer(ExplanationRequest(network, image.digest, position, explainer), [image])
            scores = None if scoring is None else score_map(workbench, image, explanation, scoring)
            verdict = check_map(workbench, image, explanation, explainer) if checked else None
            maps.append(MapResult(explanation, f"map-{number}-{place}", scores, verdict))
        values = [map_.explanation.values for map_ in maps]
        masking = measure_masking(workbench, image, network, position, values) if maps else None
        results.append(NetworkResult(spec, position, tuple(maps), prediction, f"network-{number}", masking))
    engines = {str(network): engine for network in networks if (engine := workbench.engine(network)) is not None}
    location = workbench.answer(DogRequest(networks[0], image.digest), [image])
    return Report(image, tuple(results), scoring or Scoring(), made, location, engines=engines, versions=versions())


def curves(
    workbench: Workbench, image: ImageInput, network: NetworkRef, target: int, values: np.ndarray, scoring: Scoring
) -> dict[str, np.ndarray]:
    """Return the curves "deletion" and "insertion" of a map f32[h,w] or f32[h,w,3]."""
    study = Faithfulness.of(values, fill=scoring.fill, steps=scoring.steps)
    return dict(workbench.answer(StudyRequest(network, (image.digest,), target, study), [image]).curves)


def score_map(workbench: Workbench, image: ImageInput, explanation: Explanation, scoring: Scoring) -> AgainstChance:
    """Return deletion and insertion of a map, and those of the random orders."""
    network = NetworkRef.parse(explanation.classifier)
    maps = [explanation.values, *(metric.random_map(seed) for seed in scoring.seeds)]
    own, *random = (curves(workbench, image, network, explanation.target, values, scoring) for values in maps)
    return against_chance(own, random)


def check_map(workbench: Workbench, image: ImageInput, explanation: Explanation, explainer: Explainer) -> Verdict:
    """Return the verdict of the trust checks on a map."""
    spec = workbench.spec(NetworkRef.parse(explanation.classifier))
    others = {}
    for check in checks(spec, explainer):
        photo = noisy(image, spec.input_size) if check.noisy else image
        request = ExplanationRequest(check.network, photo.digest, explanation.target, check.explainer)
        others[check.name] = workbench.answer(request, [photo]).values
    return judged(explanation.values, others)[1]
