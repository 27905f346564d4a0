"""How far two maps agree, whatever their units."""

import numpy as np

from xai_core.maps.grid import GRID, on_grid


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation in [-1, 1] of two arrays of one shape; equal values share their mean rank.

    NaN where there is no order to compare: fewer than two values, or all values of one array equal. SciPy's `spearmanr`
    gives the same to 15 digits, but takes a third longer, as it also computes a p-value, and warns for constant arrays.
    """
    centred = [_centred_ranks(values) for values in (first, second)]
    length = float(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]))
    return float(np.clip(centred[0] @ centred[1] / length, -1, 1)) if length else float("nan")


def strength_agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Return the rank correlation of two maps' magnitudes on the grid, maps f32[h,w] or f32[h,w,3].

    Adebayo et al. 2018 (arXiv:1810.03292, section 3.1) compare maps with and without the sign; a network with other
    weights gives either sign by chance. Unlike theirs the values are those of `on_grid`. NaN as in `rank_correlation`.
    """
    return rank_correlation(*(np.abs(on_grid(values)) for values in (first, second)))


def chance_agreement(first: np.ndarray, second: np.ndarray, quantile: float = 0.99, *, signed: bool = False) -> float:
    """Return what `strength_agreement` of two maps reaches by chance: the quantile over all cyclic shifts of the second.

    With `signed` it is what their rank correlation reaches, signs included.

    Coarse maps agree or disagree easily, as they hold few independent values, and a shifted map is as coarse as it was
    (the toroidal shifts of Lotwick and Silverman 1982, DOI 10.1111/j.2517-6161.1982.tb01221.x). NaN as in `rank_correlation`.
    """
    grids = [on_grid(values) for values in (first, second)]
    centred = [_centred_ranks(grid if signed else np.abs(grid)).reshape(GRID, GRID) for grid in grids]
    length = float(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]))
    if not length:
        return float("nan")
    # One Fourier transform in place of 3136 correlations.
    products = np.fft.ifft2(np.fft.fft2(centred[0]) * np.conj(np.fft.fft2(centred[1]))).real
    return float(np.quantile(products, quantile) / length)


def _centred_ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks of all values less their mean, f64[n]; exact, as ranks are multiples of a half."""
    from scipy.stats import rankdata

    ranks: np.ndarray = rankdata(values, axis=None)
    return ranks - (ranks.size + 1) / 2
