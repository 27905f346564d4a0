"""Requests as tests write them: networks by their short texts, photos by themselves."""

from collections.abc import Sequence
from typing import TypeVar

from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.base import Explainer
from xai_core.requests import ExplanationRequest, PredictionRequest, StudyRequest
from xai_core.studies.base import Study
from xai_core.types import Explanation, ImageInput, Prediction, StudyOutput
from xai_core.workbench import Workbench

Output = TypeVar("Output", bound=StudyOutput)


def prediction(network: str, image: ImageInput) -> PredictionRequest:
    return PredictionRequest(NetworkRef.parse(network), image.digest)


def explanation(network: str, image: ImageInput, target: int, explainer: Explainer) -> ExplanationRequest:
    return ExplanationRequest(NetworkRef.parse(network), image.digest, target, explainer)


def study(network: str, images: Sequence[ImageInput], target: int, study: Study[Output]) -> StudyRequest[Output]:
    return StudyRequest(NetworkRef.parse(network), tuple(image.digest for image in images), target, study)


def predict(workbench: Workbench, network: str, image: ImageInput) -> Prediction:
    return workbench.answer(prediction(network, image), [image])


def explain(workbench: Workbench, network: str, image: ImageInput, target: int, explainer: Explainer) -> Explanation:
    return workbench.answer(explanation(network, image, target, explainer), [image])
