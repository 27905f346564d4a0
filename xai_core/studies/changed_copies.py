"""Small changes of a photo that leave its breed as it is: the stand-in for more photos of the same class."""

import numpy as np

from xai_core.photos.decoding import squeeze

_CROP = 0.85  # of a photo's sides

#: Mirrored or not; where the crop lies, from 0 (top or left) to 1, or None for the whole photo; times which light.
_CHANGES: tuple[tuple[bool, float | None, float | None, float], ...] = (
    (False, None, None, 1.0),
    (True, None, None, 1.0),
    (False, 0.5, 0.5, 1.0),
    (True, 0.0, 0.0, 1.0),
    (False, 0.0, 1.0, 1.0),
    (True, 1.0, 0.5, 1.0),
    (False, None, None, 1.25),
    (True, None, None, 0.75),
)

COPIES = len(_CHANGES)


def changed_copies(photo: np.ndarray) -> np.ndarray:
    """Return eight small changes of a photo f32[h,w,3] in [0, 1] that leave its breed as it is, f32[8,h,w,3]."""
    copies = []
    for mirrored, row, column, light in _CHANGES:
        copy = photo[:, ::-1] if mirrored else photo
        if row is not None and column is not None:
            height, width = (round(_CROP * side) for side in photo.shape[:2])
            top, left = round(row * (photo.shape[0] - height)), round(column * (photo.shape[1] - width))
            window = np.rint(255 * copy[top : top + height, left : left + width]).astype(np.uint8)
            copy = squeeze(window, photo.shape[:2])
        copies.append((copy * light).clip(0, 1))
    return np.stack(copies).astype(np.float32)
