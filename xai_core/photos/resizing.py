"""Photos made smaller, or cut to another shape."""

import cv2
import numpy as np


def shrink(photo: np.ndarray, longest: int) -> np.ndarray:
    """Return a photo or mask [H,W] or [H,W,3] with its longer side at most `longest` pixels, by averaging; never larger."""
    height, width = photo.shape[:2]
    factor = min(1.0, longest / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def cover(photo: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a photo u8[h,w,3] enlarged or reduced to cover `shape` (height, width), cut off around its centre."""
    height, width = shape
    factor = max(height / photo.shape[0], width / photo.shape[1])
    size = (max(width, round(photo.shape[1] * factor)), max(height, round(photo.shape[0] * factor)))
    resized = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return resized[top : top + height, left : left + width]
