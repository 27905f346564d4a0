"""Time and accuracy of occlusion and Score-CAM, compared with the plain loops around Keras that they replace."""

from functools import partial
from typing import Any

import numpy as np

from benchmarks.comparison import PHOTOS, WARM_UP, Row, explained_photo, photo_for, timed
from benchmarks.passes import operations_by_layer, operations_of
from xai_core.classifiers.base import pasted
from xai_core.classifiers.engines.graph import Graph
from xai_core.classifiers.engines.windows import Windows
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.explainers.class_activation.base import enlarged
from xai_core.explainers.class_activation.score_cam import ScoreCam
from xai_core.explainers.perturbation.occlusion import positions

WINDOW, STRIDE, BATCH = 32, 8, 16


def occlusion_row(network: str, *, runs: int = 5, batches: int = 8) -> Row:
    """Compare the cost of a whole map of windows of 32 pixels every 8, extrapolated from batches spread evenly over the photo.

    Each batch is computed by both, one right after the other; quality is the largest difference of any logit. The plain loop
    is Keras' predict_on_batch on photos with the window pasted in; preparing them counts on both sides.
    """
    classifier, rgb, _ = explained_photo(network, PHOTOS[0])
    windows = _windows(rgb.shape[0])
    sample = windows[np.linspace(0, len(windows) - 1, batches).astype(int)]
    patches = np.full((BATCH, WINDOW, WINDOW, 3), 0.5, np.float32)
    seconds, difference = [], 0.0
    for run in range(runs + 1):
        times = []
        for corners in sample:
            plain_took, plain = timed(partial(_paste_and_predict, classifier, rgb, patches, corners))
            took, patched = timed(partial(classifier.patched_logits, rgb, patches, corners))
            times.append((plain_took, took))
            difference = max(difference, float(np.abs(plain - patched).max()))
        if run:  # the first one builds graphs
            seconds.append(np.sum(times, axis=0) * len(windows) / batches)
    plain_seconds, ours = np.median(seconds, axis=0)
    changed, whole = operations_of_windows(classifier.engine.model, windows.reshape(-1, 2))
    return Row(
        f"occlusion, window {WINDOW}, stride {STRIDE}, {len(windows) * BATCH} windows",
        classifier.spec.title,
        PHOTOS[0],
        float(plain_seconds),
        float(ours),
        f"logits equal to {difference:.0e}, a window changes {changed / 1e9:.1f} of {whole / 1e9:.1f} GFLOP, which allows "
        f"{whole / changed:.1f}x",
    )


def operations_of_windows(model: Any, corners: np.ndarray) -> tuple[float, float]:
    """Return (operations at the positions that a window can change, all operations of a photo), as means over the windows.

    The first is the least that any exact method has to compute.
    """
    reach = Windows(model, Graph(model)).reach(corners, (WINDOW, WINDOW))
    changed = 0.0
    for name, outputs, operations in operations_by_layer(model):
        region = reach.get(name)
        changed += operations * float(outputs if region is None else np.prod(region.end - region.first, axis=1).mean())
    return changed, operations_of(model)


def score_cam_row(network: str, *, photo: str = PHOTOS[0]) -> Row:
    """Compare Score-CAM at its usual settings with the plain loop over all of the last block's channels.

    The loop is timed whole, between two runs of ours; quality is the correlation of the maps.
    """
    classifier, rgb, target = explained_photo(network, photo)
    ScoreCam().attribute(classifier, photo_for(classifier, WARM_UP), 0)  # builds graphs
    compute = partial(ScoreCam().attribute, classifier, rgb, target)
    first, attribution = timed(compute)
    plain, loop = timed(partial(_score_cam_loop, classifier, rgb, target))
    second, _ = timed(compute)
    return Row(
        "Score-CAM, last block",
        classifier.spec.title,
        photo,
        plain,
        (first + second) / 2,
        f"correlation with all channels {np.corrcoef(attribution.values.ravel(), loop.ravel())[0, 1]:.4f}",
    )


def _paste_and_predict(
    classifier: LoadedClassifier, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray
) -> np.ndarray:
    """Return logits f32[N,C] of photos with a patch pasted into each, computed by Keras."""
    photos = pasted(rgb, patches, corners)
    return classifier.engine.model.predict_on_batch(classifier.spec.preprocessing.forward(photos))


def _score_cam_loop(classifier: LoadedClassifier, rgb: np.ndarray, target: int) -> np.ndarray:
    """Return the map f32[u,v] of Wang et al. 2020, algorithm 1, channel by channel."""
    model, prepare = classifier.engine.model, classifier.spec.preprocessing.forward
    [maps] = classifier.activations(rgb[np.newaxis], classifier.spec.cam_layers[-1])
    maps = maps[..., np.ptp(maps, axis=(0, 1)) > 0]
    scores = []
    for start in range(0, maps.shape[-1], BATCH):
        large = np.stack(
            [enlarged(maps[..., k], rgb.shape[:2]) for k in range(start, min(start + BATCH, maps.shape[-1]))]
        )
        lowest, highest = large.min(axis=(1, 2), keepdims=True), large.max(axis=(1, 2), keepdims=True)
        masks = ((large - lowest) / (highest - lowest))[..., np.newaxis]
        scores.append(model.predict_on_batch(prepare(masks * rgb))[:, target])
    weights = np.exp(np.concatenate(scores) - np.max(np.concatenate(scores)))
    return np.maximum(maps @ (weights / weights.sum()), 0)


def _windows(side: int) -> np.ndarray:
    """Return the corners i64[M,16,2] of all windows, 4 x 4 neighbours to a batch, in the order of the method itself."""
    starts = positions(side, WINDOW, STRIDE)
    ordered = sorted(np.ndindex(len(starts), len(starts)), key=lambda cell: (cell[0] // 4, cell[1], cell[0]))
    corners = starts[np.array(ordered)]
    return corners[: len(corners) // BATCH * BATCH].reshape(-1, BATCH, 2)
