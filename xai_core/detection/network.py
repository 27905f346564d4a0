"""Runs a network from an ONNX file, with OpenVINO where it is installed and with OpenCV elsewhere.

The two files come with SeeSpot and lie in its own models/, whatever folder of classifiers SEESPOT_MODELS names.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from xai_core.classifiers.weights import read_bytes


class OnnxNetwork:
    """A network whose inputs and outputs have one fixed size. Thread-safe: one pass at a time.

    The file must have the SHA-256 that this program names for it. Of the two networks here the detector took OpenVINO and
    OpenCV the same time, U2-Net-P half as long with OpenVINO. Raises WeightsError.
    """

    def __init__(self, path: Path, digest: str, outputs: Sequence[str]) -> None:
        self._outputs = list(outputs)
        self._lock = threading.Lock()
        data = read_bytes(path, digest)
        try:
            import openvino
        except ImportError:
            self._opencv = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
            self._request = None
        else:
            core = openvino.Core()
            # OpenVINO would compute in bfloat16 where the processor can.
            compiled = core.compile_model(core.read_model(data), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
            self._request = compiled.create_infer_request()

    def run(self, photo: np.ndarray) -> list[np.ndarray]:
        """Return the outputs, f32, for an input f32[1,3,h,w]."""
        with self._lock:
            if self._request is None:
                self._opencv.setInput(photo)
                return [np.array(one) for one in self._opencv.forward(self._outputs)]
            results = self._request.infer([photo])
            return [np.array(results[name]) for name in self._outputs]
