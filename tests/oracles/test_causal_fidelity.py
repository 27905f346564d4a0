"""Deletion and insertion beside the package `xplique`, on a network of a few lines."""

import numpy as np
import pytest

from tests import fakes
from xai_core.classifiers.base import softmax
from xai_core.metrics import deletion_insertion as metric
from xai_core.photos.fills import filled
from xai_core.studies.faithfulness import FILLS, Faithfulness

fidelity = pytest.importorskip("xplique.metrics.fidelity", reason="the package xplique is what is compared with")
TARGET, STEPS = 1, 16


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("kind", metric.KINDS)
def test_areas_are_those_of_the_public_implementation(kind: metric.Kind, fill: str) -> None:
    """Catches other steps, another order, a sum in the place of an area, and a share of something else."""
    network, rgb = fakes.quadratic(), fakes.photo()
    # Three times as steep, so that the probabilities move far.
    network.weights *= 3
    values = np.random.default_rng(5).normal(size=fakes.SIZE).astype(np.float32)
    values += network.gradients(rgb[np.newaxis], TARGET)[0].sum(axis=-1)
    theirs = fidelity.CausalFidelity(
        lambda photos: softmax(network.logits(np.asarray(photos, np.float32))),
        rgb[np.newaxis],
        np.eye(fakes.CLASSES, dtype=np.float32)[[TARGET]],
        causal_mode=kind,
        baseline_mode=lambda photos: filled(np.asarray(photos[0]), fill)[np.newaxis],
        steps=STEPS,
    ).evaluate(values[np.newaxis])
    result = Faithfulness.of(values, fill=fill, steps=STEPS).run(network, rgb[np.newaxis], TARGET)
    curve = result.curves[kind]
    whole = float(softmax(network.logits(rgb[np.newaxis]))[0, TARGET])
    assert metric.score(kind, curve).value * whole == pytest.approx(theirs, rel=0.01)
    assert np.ptp(curve) > 0.05
