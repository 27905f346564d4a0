"""Chooses the engine that runs a network."""

import logging
import os

import keras
import tensorflow as tf

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.engines.keras import KerasEngine
from xai_core.errors import EngineError

_log = logging.getLogger(__name__)
ENGINES = ("keras", "openvino")


def engine_for(spec: ModelSpec, model: keras.Model) -> KerasEngine:
    """Return the engine named by XAI_ENGINE; where that is empty, Keras if TensorFlow sees a GPU, otherwise OpenVINO.

    Where an engine named in XAI_ENGINE fails, EngineError is raised; one chosen here falls back to Keras.
    """
    wanted = os.environ.get("XAI_ENGINE", "").strip().lower()
    if wanted and wanted not in ENGINES:
        raise EngineError(
            "There is no engine “{wanted}”; set XAI_ENGINE to {first} or {second}, or leave it empty.",
            wanted=wanted,
            first=ENGINES[0],
            second=ENGINES[1],
        )
    if wanted == "keras" or (not wanted and tf.config.list_physical_devices("GPU")):
        return KerasEngine(spec, model)
    try:
        from xai_core.classifiers.engines.openvino import OpenVinoEngine, half_precision
    except ImportError as error:
        if wanted:
            raise EngineError(
                "OpenVINO is not installed here; install requirements.txt, or leave XAI_ENGINE empty."
            ) from error
        _log.warning("OpenVINO cannot be loaded, Keras runs %s: %s", spec.title, error)
        return KerasEngine(spec, model)
    # In single precision OpenVINO was faster on a processor with AVX2 (VGG16: 1.2 times forward, 1.36 times with the gradient).
    # On one with half precision, and so with AVX-512, TensorFlow took as little time; half of the graphs' memory is saved.
    return OpenVinoEngine(spec, model, fall_back=not wanted, low_precision_only=not wanted and half_precision())
