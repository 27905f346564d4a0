"""Superpixels: follow the photo, are numbered without gaps, and a photo that cannot be cut is refused."""

import numpy as np
import pytest

from tests import fakes
from xai_core import params
from xai_core.errors import ComputationError
from xai_core.explainers.base import Explainer
from xai_core.explainers.perturbation.kernel_shap import KernelShap
from xai_core.explainers.perturbation.lime_superpixels import LimeSuperpixels
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.photos.superpixels import superpixels_of
from xai_core.resources import SAMPLES

SEGMENTATIONS = ["quickshift", "slic", "felzenszwalb", "watershed"]
#: The sample photo in which a watershed without enough compactness leaves the thinnest slivers.
KITTEN = SAMPLES / "kitten.webp"


@pytest.mark.parametrize("segmentation", SEGMENTATIONS)
def test_superpixels_keep_to_one_colour_and_are_numbered_from_0(segmentation: str) -> None:
    """Catches the gradient or the photo handed over in another range, where patches ignore the tiles' edges."""
    tiles = np.kron(np.arange(9).reshape(3, 3), np.ones((32, 32), dtype=int))
    rgb = np.random.default_rng(2).uniform(0.1, 0.9, (9, 3)).astype(np.float32)[tiles]
    segments = superpixels_of(rgb, segmentation)
    assert segments.dtype == np.int32
    assert segments.shape == rgb.shape[:2]
    assert set(np.unique(segments)) == set(range(segments.max() + 1))
    inside = [np.bincount(tiles[segments == one]).max() for one in range(segments.max() + 1)]
    assert sum(inside) > 0.95 * tiles.size


@pytest.mark.parametrize("segmentation", ["slic", "watershed"])
def test_patches_of_similar_size_come_in_about_the_number_asked_for(segmentation: str) -> None:
    """Catches a count that is not handed on, and slivers of a few pixels, whose score would be noise."""
    rgb = squeeze(load_photo(KITTEN.read_bytes(), "kitten").pixels, (224, 224))
    for count in (10, 50, 150):
        sizes = np.bincount(superpixels_of(rgb, segmentation, count=count).ravel())
        assert 0.6 * count <= len(sizes) <= 1.2 * count
        assert sizes.min() > 0.05 * sizes.mean()


@pytest.mark.parametrize("method", [LimeSuperpixels, KernelShap])
def test_a_photo_of_one_superpixel_is_refused_with_a_way_out(method: type[Explainer]) -> None:
    """Catches a meaningless single superpixel that is explained without complaint, after questions for nothing."""
    flat = np.full((32, 32, 3), 0.4, np.float32)
    network = fakes.Recorder(fakes.linear())
    with pytest.raises(ComputationError, match="choose SLIC"):
        params.build(method, {"segmentation": "felzenszwalb"}).attribute(network, flat, 0)
    assert network.evaluations == 0
