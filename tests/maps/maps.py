"""Maps made by hand."""

import numpy as np


def in_patches(values: list[list[float]]) -> np.ndarray:
    """Return a fine map f32[224,224] with these 2 x 2 values in equal patches."""
    return np.kron(np.array(values), np.ones((112, 112))).astype(np.float32)
