"""What stands out in a picture, by U2-Net-P (models/salient_object/README.md)."""

import functools

import cv2
import numpy as np

from xai_core.detection.network import OnnxNetwork
from xai_core.resources import ROOT

DIGEST = "bfd7e1e68beff06bc15f0cc0883afd182c21737daea1e2e36e21246f0a896399"

_SIDE = 320
_MEANS = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATIONS = np.array([0.229, 0.224, 0.225], np.float32)


def salience(pixels: np.ndarray) -> np.ndarray:
    """Return f32[H,W] in [0, 1], how much each pixel of a picture u8[H,W,3] belongs to what stands out.

    The picture is squeezed to 320 x 320 pixels (Qin 2020, arXiv:2005.09007, section 4.1), and the map stretched back.
    Raises WeightsError.
    """
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    # Divided by the picture's own maximum, as in the network's training.
    normal = (small / max(float(small.max()), 1.0) - _MEANS) / _DEVIATIONS
    [found] = _network().run(np.ascontiguousarray(normal.transpose(2, 0, 1)[np.newaxis], dtype=np.float32))
    return cv2.resize(found[0, 0], (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_LINEAR)


@functools.cache
def _network() -> OnnxNetwork:
    return OnnxNetwork(ROOT / "models" / "salient_object" / "network.onnx", DIGEST, ("1959",))
