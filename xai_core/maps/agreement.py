"""How far two maps agree, whatever their units."""

import numpy as np

#: Values on each side of the grid on which maps are compared. Single pixels are not compared: resampling them would
#: count as disagreement, and people do not see them either.
GRID = 56


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation in [-1, 1] of two arrays of one shape; equal values share their mean rank.

    NaN where there is no order to compare: fewer than two values, or all values of one array equal.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(one, axis=None) for one in (first, second)]
    centred = [one - one.mean() if one.size else one for one in ranks]
    lengths = [float(np.linalg.norm(one)) for one in centred]
    if not all(lengths):
        return float("nan")
    return float(np.clip(centred[0] @ centred[1] / (lengths[0] * lengths[1]), -1, 1))


def on_grid(values: np.ndarray) -> np.ndarray:
    """Return a map f32[h,w] or f32[h,w,3], channels summed, as f32[56,56]: averaged where it is finer, else bilinear."""
    import cv2

    flat = values.sum(axis=-1) if values.ndim == 3 else values
    finer = min(flat.shape) > GRID
    return cv2.resize(flat, (GRID, GRID), interpolation=cv2.INTER_AREA if finer else cv2.INTER_LINEAR)


def stretched(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return a map f32[u,v] or f32[u,v,3], channels summed, as f32 of `size` (height, width), bilinearly."""
    import cv2

    flat = (values.sum(axis=-1) if values.ndim == 3 else values).astype(np.float32)
    height, width = size
    return flat if flat.shape == (height, width) else cv2.resize(flat, (width, height), interpolation=cv2.INTER_LINEAR)


def average_strength(values: np.ndarray) -> float:
    """Return the mean magnitude of a map f32[h,w] or f32[h,w,3] on the grid, so that a fine map is measured as it is seen."""
    return float(np.abs(on_grid(values)).mean())


def times_average(values: np.ndarray, average: float | None = None) -> np.ndarray:
    """Return a map f32[h,w] or f32[h,w,3] as f32[h,w]: how many times its own average strength it says at each place.

    Channels are summed and the sign is kept. This is the scale on which maps of different units can be drawn alike: what
    counts is the share of a map's whole strength that lies at a place. Maps of one unit may share one `average`, so that
    a weak one looks weak. All zero stays all zero.
    """
    flat = values.sum(axis=-1) if values.ndim == 3 else values
    average = average_strength(values) if average is None else average
    return (flat / average).astype(np.float32) if average else np.zeros_like(flat, np.float32)


def strength_agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Return the rank correlation of how strong two maps f32[h,w] or f32[h,w,3] are at each place, whatever their sign.

    Adebayo et al. 2018 (arXiv:1810.03292, section 3.1) compare maps so, with and without the sign; a network with other
    weights gives either sign by chance. Unlike theirs the places are those of `on_grid`. NaN as in `rank_correlation`.
    """
    return rank_correlation(*(np.abs(on_grid(one)) for one in (first, second)))


def chance_agreement(first: np.ndarray, second: np.ndarray, quantile: float = 0.99, *, signed: bool = False) -> float:
    """Return what `strength_agreement` of two maps reaches by chance: the quantile over all cyclic shifts of the second.

    With `signed` it is what their rank correlation reaches, signs included.

    Coarse maps agree or disagree easily, as they hold few independent values, and a shifted map is as coarse as it was
    (the toroidal shifts of Lotwick and Silverman 1982, DOI 10.1111/j.2517-6161.1982.tb01221.x). NaN as in `rank_correlation`.
    """
    from scipy.stats import rankdata

    grids = [on_grid(one) for one in (first, second)]
    ranks = [rankdata(one if signed else np.abs(one), axis=None).reshape(GRID, GRID) for one in grids]
    centred = [one - one.mean() for one in ranks]
    length = float(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]))
    if not length:
        return float("nan")
    # One Fourier transform in place of 3136 correlations.
    products = np.fft.ifft2(np.fft.fft2(centred[0]) * np.conj(np.fft.fft2(centred[1]))).real
    return float(np.quantile(products, quantile) / length)
