"""Runs a network's forward passes and plain gradients with OpenVINO, all else with Keras on the same weights."""

import functools
import logging
import threading
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import openvino as ov

from xai_core.classifiers.base import ModelSpec, Rule
from xai_core.classifiers.engines.eight_bits import STEPS, STEPS_IN_16_BITS, quantise, quantise_backward, typical_photos
from xai_core.classifiers.engines.keras import BACKWARD_BATCH, FORWARD_BATCH, KerasEngine
from xai_core.classifiers.engines.openvino_graph import forward_model, gradient_model
from xai_core.errors import EngineError, UnsupportedError

_log = logging.getLogger(__name__)
Pass = Literal["forward", "gradient"]
Precision = Literal["f32", "bf16", "i8"]
_PASSES = {"forward": (forward_model, FORWARD_BATCH), "gradient": (gradient_model, BACKWARD_BATCH)}

#: So few photos, alone or left over, stay with Keras: they are not worth a whole batch, nor a graph of their own size.
_TOO_FEW = 2

#: Through more convolutions than this a low-precision gradient goes forward in single precision. What bfloat16 rounds
#: adds up from layer to layer and moves the kinks that all passes of a photo share: see eight_bits. It is measured with 13
#: convolutions (VGG16), where it does no harm, and with 94 (InceptionV3), where it does.
_MOST_CONVOLUTIONS_IN_HALF = 32


class OpenVinoEngine(KerasEngine):
    """Computes what KerasEngine does, but logits and plain gradients of three and more photos are computed by OpenVINO.

    Graphs are compiled when they are first needed, which takes a second or two; kept on disk they would take 60 to 170 MB
    each to save less than that. With `low_precision_only` passes in single precision stay with Keras, too. With `fall_back`
    a network that OpenVINO cannot compile or run is left to Keras, with one line in the log; without it the pass raises
    EngineError.
    """

    def __init__(
        self, spec: ModelSpec, model: keras.Model, *, fall_back: bool, low_precision_only: bool = False
    ) -> None:
        super().__init__(spec, model)
        self._low_precision_only = low_precision_only
        self._fall_back = fall_back
        self._failed = False
        convolutions = sum(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
        self._rounds_forward = convolutions <= _MOST_CONVOLUTIONS_IN_HALF
        self._requests: dict[tuple[Pass, Precision], ov.InferRequest] = {}
        self._computing = threading.Lock()

    def logits_and_features(self, rgb: np.ndarray, *, low_precision: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return logits f32[N,C] and what the last dense layer sees, f32[N,D]."""
        results = self._results("forward", low_precision, rgb)
        rest = rgb[sum(len(logits) for logits, _ in results) :]
        if len(rest):
            results.append(super().logits_and_features(rest))
        logits, features = (np.concatenate(part) for part in zip(*results, strict=True))
        return self._compared(logits), features

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        """Return d logit / d rgb, f32[N,h,w,3], or the signal that another rule sends back."""
        if rule != "plain":
            return super().gradients(rgb, target, rule=rule)
        start = np.repeat(self._start(target)[np.newaxis], BACKWARD_BATCH, axis=0)
        parts = [gradients for (gradients,) in self._results("gradient", low_precision, rgb, start)]
        rest = rgb[sum(map(len, parts)) :]
        if len(rest):
            parts.append(super().gradients(rest, target))
        return np.concatenate(parts)

    def _results(
        self, kind: Pass, low_precision: bool, rgb: np.ndarray, *more: np.ndarray
    ) -> list[tuple[np.ndarray, ...]]:
        """Return the outputs of the pass's graph for the photos from the first one on, in batches.

        The last batch is filled up; what is not worth that, or cannot be computed, is missing at the end.
        """
        results: list[tuple[np.ndarray, ...]] = []
        if self._low_precision_only and not low_precision:
            return results
        size = _PASSES[kind][1]
        for first in range(0, len(rgb) - _TOO_FEW, size):
            photos = rgb[first : first + size]
            batch = np.zeros((size, *rgb.shape[1:]), np.float32)
            batch[: len(photos)] = photos
            outputs = self._computed(kind, self._precision(kind, low_precision), batch, *more)
            if outputs is None:
                break
            results.append(tuple(output[: len(photos)] for output in outputs))
        return results

    def _computed(self, kind: Pass, precision: Precision, *arrays: np.ndarray) -> list[np.ndarray] | None:
        """Return the graph's outputs, or None where OpenVINO has failed and Keras takes over."""
        with self._computing:
            if self._failed:
                return None
            try:
                if (kind, precision) not in self._requests:
                    self._requests[kind, precision] = self._compiled(kind, precision)
                return [*self._requests[kind, precision].infer(arrays, share_inputs=True).values()]
            except (RuntimeError, UnsupportedError) as error:
                if not self._fall_back:
                    raise EngineError(
                        "OpenVINO cannot run {network} on this machine; leave XAI_ENGINE empty or set it to keras.",
                        network=self._spec.title,
                    ) from error
                _log.warning("OpenVINO cannot run %s on this machine, Keras takes over: %s", self._spec.title, error)
                self._failed = True
                self._requests.clear()
                return None

    def _compiled(self, kind: Pass, precision: Precision) -> ov.InferRequest:
        write, size = _PASSES[kind]

        def graph_for(count: int) -> ov.Model:
            return write(self._model, self._spec, count)

        graph = graph_for(size)
        steps = STEPS if integer_products() else STEPS_IN_16_BITS
        if precision == "i8" and kind == "forward":
            quantise(graph, graph_for, self._spec.input_size, _run_once, steps=steps)
        if precision == "i8" and kind == "gradient":
            photos = typical_photos(self._spec.input_size)
            likely = super().logits_and_features(photos)[0].argmax(axis=1)
            starts = np.stack([*map(self._start, likely)])
            quantise_backward(graph, graph_for, photos, starts, _run_once, steps=steps)
        # In low precision, what has no 8 bits has 16 where the processor computes with them and the result stays accurate.
        return _request(graph, half=precision != "f32" and self._bears_half(kind))

    def _precision(self, kind: Pass, low_precision: bool) -> Precision:
        """Return the fastest number format of the processor; less than 32 bits with `low_precision` only.

        Without instructions for 8-bit integers weights have 63 steps only. In a deep network gradients then correlated to
        as little as 0.90 with exact ones (InceptionV3, 21 photos) and took 0.8 of their time, so they stay exact.
        """
        if low_precision and integer_products():
            return "i8"
        if low_precision and "avx2" in _features() and (kind == "forward" or self._rounds_forward):
            return "i8"
        return "bf16" if low_precision and self._bears_half(kind) else "f32"

    def _bears_half(self, kind: Pass) -> bool:
        return half_precision() and (kind == "forward" or self._rounds_forward)


def _request(graph: ov.Model, *, half: bool) -> ov.InferRequest:
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,  # a thread tied to a core waits for whatever else runs there, and all others for it
    }
    return _core().compile_model(graph, "CPU", settings).create_infer_request()


def _run_once(graph: ov.Model, *arrays: np.ndarray) -> list[np.ndarray]:
    return [*_request(graph, half=False).infer(arrays).values()]


def half_precision() -> bool:
    """Return whether the processor computes in bfloat16 itself, which is twice as fast here; imitated it would be slower.

    OpenVINO says that it can in either case.
    """
    return bool({"avx512_bf16", "amx_bf16"} & _features())


def integer_products() -> bool:
    """Return whether the processor sums products of 8-bit integers in one step; older ones take three."""
    return bool({"avx512_vnni", "avx_vnni", "amx_int8"} & _features())


@functools.cache
def _features() -> frozenset[str]:
    """Return what Linux says the processor can do; nothing elsewhere."""
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    return frozenset(described.split())


@functools.cache
def _core() -> ov.Core:
    return ov.Core()
