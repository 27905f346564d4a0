"""What hidden parts of a photo are replaced with, shared by all methods and metrics that hide something."""

import numpy as np

#: Standard deviation of the blur that hides something, in % of the photo's shorter side: no part of a dog can be recognised.
HIDING_BLUR = 8.0


def filled(rgb: np.ndarray, fill: str, segments: np.ndarray | None = None) -> np.ndarray:
    """Return the photo f32[h,w,3] in [0, 1] that stands in for rgb f32[h,w,3] in [0, 1] wherever it is hidden.

    `fill` is "black", "grey" (0.5), "blurred" or "mean": the photo's mean colour, or with `segments` i32[h,w] the mean
    colour of the superpixel that the pixel lies in. The blur repeats the pixels at the photo's edge, unlike that of
    perturbations.py, which mirrors them.
    """
    if fill == "blurred":
        from scipy.ndimage import gaussian_filter

        sigma = HIDING_BLUR / 100 * min(rgb.shape[:2])
        blurred: np.ndarray = gaussian_filter(rgb, sigma=(sigma, sigma, 0), mode="nearest")
        return blurred
    if fill == "mean":
        segments = np.zeros(rgb.shape[:2], dtype=np.intp) if segments is None else segments
        sums = [np.bincount(segments.ravel(), weights=rgb[..., colour].ravel()) for colour in range(3)]
        means = np.stack(sums, axis=-1) / np.bincount(segments.ravel())[:, np.newaxis]
        return means[segments].astype(np.float32)
    return np.full_like(rgb, {"black": 0.0, "grey": 0.5}[fill])
