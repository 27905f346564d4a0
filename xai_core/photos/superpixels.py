"""Segmentation of a photo into superpixels: patches of similar pixels, which some methods hide as a whole."""

from typing import Any

import numpy as np

from xai_core import params
from xai_core.errors import ComputationError
from xai_core.i18n.catalogues import N_, LazyText

#: How many superpixels SLIC and the watershed are asked for; they make about as many.
USUAL_COUNT = 50

#: Of the watershed: less leaves slivers of a few pixels, more leaves squares that ignore the photo.
_COMPACTNESS = 0.01


def segmentation_choice(default: str) -> Any:
    """Return the explainers' parameter field for the segmentation method of `superpixels_of`."""
    return params.choice(
        default,
        (N_("quickshift"), N_("slic"), N_("felzenszwalb"), N_("watershed")),
        N_("Cutting into patches"),
        N_("Quickshift and Felzenszwalb follow the colours; SLIC and watershed make patches of similar size."),
    )


def superpixels_of(rgb: np.ndarray, segmentation: str, *, count: int = USUAL_COUNT, seed: int = 0) -> np.ndarray:
    """Return the superpixels of rgb f32[h,w,3] in [0, 1] as i32[h,w], numbered from 0 without gaps, at least two.

    "quickshift" (Vedaldi and Soatto 2008, with LIME's settings; `seed` breaks its ties), "slic" (Achanta et al. 2012),
    "felzenszwalb" (Felzenszwalb and Huttenlocher 2004), "watershed" (Neubert and Protzel 2014: compact watershed of the
    colours' gradient, from seeds on a grid), all by scikit-image. Only SLIC and the watershed look at `count`.
    Raises ComputationError where the whole photo is one superpixel.
    """
    from skimage import filters
    from skimage import segmentation as methods

    if segmentation == "quickshift":
        labels = methods.quickshift(rgb, kernel_size=4, max_dist=200, ratio=0.2, rng=seed)
    elif segmentation == "slic":
        # SLIC numbers from 1 by default.
        labels = methods.slic(rgb, n_segments=count, compactness=10, sigma=1, start_label=0)
    elif segmentation == "felzenszwalb":
        smallest = rgb.shape[0] * rgb.shape[1] // 250
        labels = methods.felzenszwalb(rgb, scale=200, sigma=0.5, min_size=smallest)
    else:
        # The strongest of the three colours: brightness alone has no edge between a red and an equally bright green.
        edges = np.max([filters.sobel(rgb[..., colour]) for colour in range(3)], axis=0)
        labels = methods.watershed(edges, markers=count, compactness=_COMPACTNESS)
    segments: np.ndarray = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)
    if segments.max() == 0:
        other = "SLIC" if segmentation != "slic" else "watershed"
        raise ComputationError(
            "This photo is a single patch to {segmentation}, which leaves nothing to compare; "
            "choose {other} for cutting it into patches, or another photo.",
            segmentation=LazyText(segmentation),
            other=LazyText(other),
        )
    return segments
