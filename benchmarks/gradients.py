"""Time and accuracy of Integrated Gradients at its usual settings, compared with the original study's plain sum."""

from functools import partial
from statistics import median

import numpy as np

from benchmarks.comparison import PHOTOS, WARM_UP, Row, photo_for, timed
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients
from xai_core.maps.agreement import rank_correlation
from xai_core.maps.grid import on_grid

PLAIN_STEPS = 51
_BATCH = 17


def integrated_gradients_row(network: str, *, photo: str = PHOTOS[0], reference: int = 160, runs: int = 5) -> Row:
    """Compare Integrated Gradients with a Riemann sum of 51 gradients from a tf.function with a GradientTape.

    Both explain the logit of the most probable class with a black baseline, in alternating runs. Quality: the convergence
    delta as a share of the logit's gain, and the rank correlation of the maps with one from `reference` midpoints.
    """
    import tensorflow as tf

    classifier, model = registry.load(NetworkRef.parse(network)), registry.NETWORKS[network].model()
    prepare = classifier.spec.preprocessing
    rgb = photo_for(classifier, photo)
    logits = classifier.logits(np.stack([rgb, np.zeros_like(rgb)]))
    target = int(logits[0].argmax())
    gained = float(logits[0, target] - logits[1, target])

    @tf.function
    def taped(batch: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            logit = model(batch, training=False)[:, target]
        return tape.gradient(logit, batch)

    def riemann() -> np.ndarray:
        positions = ((np.arange(PLAIN_STEPS) + 1) / PLAIN_STEPS).astype(np.float32).reshape(-1, _BATCH, 1, 1, 1)
        sums = [prepare.backward(taped(tf.constant(prepare.forward(part * rgb))).numpy()).sum(0) for part in positions]
        return rgb * np.sum(sums, axis=0) / PLAIN_STEPS

    ours = IntegratedGradients()
    IntegratedGradients(steps=4).attribute(classifier, photo_for(classifier, WARM_UP), target)  # builds graphs
    riemann()
    times = [(timed(riemann), timed(partial(ours.attribute, classifier, rgb, target))) for _ in range(runs)]
    (_, plain_map), (_, attribution) = times[-1]
    reference_map = on_grid(
        IntegratedGradients(rule="midpoint", steps=reference).attribute(classifier, rgb, target).values
    )
    maps = (attribution.values, plain_map.astype(np.float32))
    deltas = [abs(float(values.sum(dtype=np.float64)) / gained - 1) for values in (attribution.values, plain_map)]
    correlations = [rank_correlation(on_grid(values), reference_map) for values in maps]
    return Row(
        f"Integrated Gradients, {ours.steps} secants, against {PLAIN_STEPS} gradients",
        classifier.spec.title,
        photo,
        median(seconds for (seconds, _), _ in times),
        median(seconds for _, (seconds, _) in times),
        f"convergence delta {deltas[0]:.2%} (theirs {deltas[1]:.2%}), "
        f"rank correlation with {reference} gradients {correlations[0]:.3f} ({correlations[1]:.3f})",
    )
