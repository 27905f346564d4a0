"""From bytes to pixels, and from pixels to what a network is fed."""

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from xai_core.types import ImageInput


def load_photo(data: bytes, name: str = "photo") -> ImageInput:
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return ImageInput(np.asarray(upright), name, hashlib.sha256(data).hexdigest())


def squeeze(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return u8[H,W,3] as rgb f32[h,w,3] in [0, 1] at `size` (height, width), ignoring the aspect ratio as training did."""
    height, width = size
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32) / 255.0
