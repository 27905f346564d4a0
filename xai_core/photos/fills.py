"""What hidden parts of a photo are replaced with, the same for all methods that hide something."""

import numpy as np

#: Standard deviation of the blur that hides something, in % of the photo's shorter side: no part of a dog can be recognised.
HIDING_BLUR = 8.0


def filled(rgb: np.ndarray, fill: str, segments: np.ndarray | None = None) -> np.ndarray:
    """Return what each pixel of rgb f32[h,w,3] in [0, 1] becomes where it is hidden, f32[h,w,3] in [0, 1].

    `fill` is "black", "grey" (0.5), "blurred" or "mean": the photo's mean colour, or with `segments` i32[h,w] the mean
    colour of the superpixel that the pixel lies in.
    """
    if fill == "blurred":
        from scipy.ndimage import gaussian_filter

        width = HIDING_BLUR / 100 * min(rgb.shape[:2])
        blurred: np.ndarray = gaussian_filter(rgb, sigma=(width, width, 0), mode="nearest")
        return blurred
    if fill == "mean":
        parts = np.zeros(rgb.shape[:2], dtype=np.intp) if segments is None else segments
        sums = [np.bincount(parts.ravel(), weights=rgb[..., colour].ravel()) for colour in range(3)]
        means = np.stack(sums, axis=-1) / np.bincount(parts.ravel())[:, np.newaxis]
        return means[parts].astype(np.float32)
    return np.full_like(rgb, {"black": 0.0, "grey": 0.5}[fill])
