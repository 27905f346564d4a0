"""Making a report without a browser: what it holds is asked of the workbench, one question after the other."""

import datetime
from collections.abc import Callable, Sequence

import numpy as np

from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.registry import target_position
from xai_core.explainers.base import Explainer
from xai_core.findings.known import KnownMap, KnownNetwork
from xai_core.metrics import deletion_insertion as metric
from xai_core.metrics.against_chance import AgainstChance, against_chance
from xai_core.metrics.trust import Verdict
from xai_core.report.contents import Report, Scoring, versions
from xai_core.report.masking import hide
from xai_core.requests import ExplanationRequest, PredictionRequest, StudyRequest
from xai_core.studies.faithfulness import Faithfulness
from xai_core.studies.trust_checks import checks, judged, noisy
from xai_core.types import Explanation, ImageInput
from xai_core.workbench import Workbench

Say = Callable[[str], None]


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
    say: Say = lambda what: None,
) -> Report:
    """Return the report of a photo; `target` is a breed as target_position reads it, by default the first network's first.

    With `scoring` the maps' scores are measured, with `checked` their trust is. `say` is told what is being computed.
    Raises what the workbench raises.
    """
    known = []
    for number, network in enumerate(networks, 1):
        spec = workbench.spec(network)
        say(spec.title)
        prediction = workbench.answer(PredictionRequest(network, image.digest), [image])
        if target is None:
            target = prediction.labels[prediction.top(1)[0]].wnid
        position = target_position(spec, target)
        maps = []
        for place, explainer in enumerate(explainers, 1):
            say(f"{spec.title}: {explainer.info.title}")
            found = workbench.answer(ExplanationRequest(network, image.digest, position, explainer), [image])
            scores = None if scoring is None else measured(workbench, image, found, scoring)
            verdict = checked_map(workbench, image, found, explainer) if checked else None
            maps.append(KnownMap(found, f"map-{number}-{place}", scores, verdict))
        hidden = hide(workbench, image, network, position, [one.explanation.values for one in maps]) if maps else None
        known.append(KnownNetwork(spec, position, tuple(maps), prediction, f"network-{number}", hidden))
    engines = {str(network): engine for network in networks if (engine := workbench.engine(network)) is not None}
    return Report(image, tuple(known), scoring or Scoring(), made, engines=engines, versions=versions())


def curves(
    workbench: Workbench, image: ImageInput, network: NetworkRef, target: int, values: np.ndarray, scoring: Scoring
) -> dict[str, np.ndarray]:
    """Return the curves "deletion" and "insertion" of a map f32[h,w] or f32[h,w,3]."""
    study = Faithfulness.of(values, fill=scoring.fill, steps=scoring.steps)
    return dict(workbench.answer(StudyRequest(network, (image.digest,), target, study), [image]).arrays)


def measured(workbench: Workbench, image: ImageInput, found: Explanation, scoring: Scoring) -> AgainstChance:
    """Return a map's scores beside those of random orders."""
    asked = [found.values, *(metric.random_map(seed) for seed in scoring.seeds)]
    own, *random = (
        curves(workbench, image, NetworkRef.parse(found.classifier), found.target, one, scoring) for one in asked
    )
    return against_chance(own, random)


def checked_map(workbench: Workbench, image: ImageInput, found: Explanation, explainer: Explainer) -> Verdict:
    """Return the verdict on a map, made again as `checks` asks."""
    spec = workbench.spec(NetworkRef.parse(found.classifier))
    others = {}
    for check in checks(spec, explainer):
        photo = noisy(image, spec.input_size) if check.noisy else image
        request = ExplanationRequest(check.network, photo.digest, found.target, check.explainer)
        others[check.name] = workbench.answer(request, [photo]).values
    return judged(found.values, others)[1]
