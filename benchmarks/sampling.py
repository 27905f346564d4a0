"""Time and accuracy of LIME and SHAP at their usual settings, compared with the public libraries."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np
from scipy.special import softmax

from benchmarks.comparison import PHOTOS, WARM_UP, Row, explained_photo, photo_for, timed
from xai_core.classifiers import registry
from xai_core.classifiers.base import Classifier, Rule
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.gradients.expected_gradients import ExpectedGradients
from xai_core.explainers.perturbation.lime_sampling import draw_masks, weights_of
from xai_core.explainers.perturbation.lime_superpixels import LimeSuperpixels
from xai_core.explainers.perturbation.linear_models import new_regressor
from xai_core.explainers.shared.batches import batches
from xai_core.maps.agreement import rank_correlation
from xai_core.photos.fills import filled
from xai_core.photos.superpixels import superpixels_of

BATCH = 16


def lime_row(
    network: str, folder: Path, *, photo: str = PHOTOS[0], reference: int = 8000, theirs: int = 1000, runs: int = 2
) -> Row:
    """Compare LIME at its usual settings with the package `lime`: `theirs` samples with Keras' predict_on_batch.

    The package is timed whole, between runs of ours with other seeds. Both explain the logit of the most probable class
    with the same superpixels. Quality: rank correlation of the superpixels' weights with those from `reference` masks of
    the same distribution (see `lime_reference`), and the mean probability while superpixels are hidden, the most
    important first.
    """
    from lime.lime_image import LimeImageExplainer

    classifier, rgb, target = explained_photo(network, photo)
    keras_logits = _keras_logits(network)
    segments = superpixels_of(rgb, "quickshift")
    LimeSuperpixels(samples=20).attribute(classifier, photo_for(classifier, WARM_UP), 0)  # builds graphs
    keras_logits(np.repeat(rgb[np.newaxis], 10, axis=0))

    def package() -> np.ndarray:
        explainer = LimeImageExplainer(random_state=np.random.RandomState(0))
        explained = explainer.explain_instance(
            rgb.astype(np.float64),
            keras_logits,
            labels=(target,),
            top_labels=None,
            num_samples=theirs,
            segmentation_fn=lambda _: superpixels_of(rgb, "quickshift"),
        )
        weights = dict(explained.local_exp[target])
        return np.array([weights[superpixel] for superpixel in range(len(weights))])

    runs_of_ours = [timed(partial(LimeSuperpixels(seed=0).attribute, classifier, rgb, target))]
    package_seconds, package_weights = timed(package)
    runs_of_ours += [
        timed(partial(LimeSuperpixels(seed=seed).attribute, classifier, rgb, target)) for seed in range(1, runs)
    ]
    reference_weights = lime_reference(network, folder, photo=photo, count=reference)
    weights = [_by_superpixel(attribution.values, segments) for _, attribution in runs_of_ours]
    samples = [attribution.diagnostics["samples"] for _, attribution in runs_of_ours]
    agreement = [rank_correlation(each, reference_weights) for each in weights]
    package_agreement = rank_correlation(package_weights, reference_weights)
    deletion = [_deletion(classifier, rgb, segments, target, each) for each in (*weights, package_weights)]
    return Row(
        "LIME",
        classifier.spec.title,
        photo,
        package_seconds,
        median(seconds for seconds, _ in runs_of_ours),
        f"rank correlation with {reference} samples {np.mean(agreement):.3f} (theirs {package_agreement:.3f}), "
        f"deletion {np.mean(deletion[:-1]):.3f} ({deletion[-1]:.3f}), {median(samples):.0f} of their {theirs} passes",
    )


def expected_gradients_row(
    network: str, folder: Path, *, photo: str = PHOTOS[0], reference: int = 1680, theirs: int = 200, runs: int = 2
) -> Row:
    """Compare expected gradients at the usual settings with shap.GradientExplainer with `theirs` samples on the Keras model.

    The package is timed whole, between runs of ours with other seeds, and has the same reference images. Quality:
    correlation of the pixels' values with those from `reference` samples (see `expected_gradients_reference`), also for
    one run of ours with as many samples as theirs.
    """
    from shap import GradientExplainer

    classifier, rgb, target = explained_photo(network, photo)
    prepare, order = (
        classifier.spec.preprocessing.forward,
        slice(None, None, -1 if classifier.spec.preprocessing.bgr else 1),
    )
    ExpectedGradients(samples=8).attribute(classifier, photo_for(classifier, WARM_UP), 0)  # builds graphs
    explainer = GradientExplainer(
        registry.NETWORKS[network].model(), prepare(classifier.background()), batch_size=BATCH
    )

    def package(samples: int) -> np.ndarray:
        state = np.random.get_state()  # shap seeds the global generator
        try:
            values, targets = explainer.shap_values(
                prepare(rgb[np.newaxis]), nsamples=samples, ranked_outputs=1, rseed=0
            )
        finally:
            np.random.set_state(state)
        assert int(targets[0, 0]) == target
        # (x - x') times the gradient is the same in any units; only the colours' order is the network's.
        return values[0, ..., order, 0]

    package(BATCH)
    runs_of_ours = [timed(partial(ExpectedGradients(seed=0).attribute, classifier, rgb, target))]
    package_seconds, package_map = timed(partial(package, theirs))
    runs_of_ours += [
        timed(partial(ExpectedGradients(seed=seed).attribute, classifier, rgb, target)) for seed in range(1, runs)
    ]
    same_samples_seconds, same_samples = timed(
        partial(ExpectedGradients(samples=theirs).attribute, classifier, rgb, target)
    )
    reference_map = expected_gradients_reference(network, folder, photo=photo, count=reference)

    def agreement(values: np.ndarray) -> float:
        return float(np.corrcoef(values.ravel(), reference_map.ravel())[0, 1])

    agreements = [agreement(attribution.values) for _, attribution in runs_of_ours]
    return Row(
        "SHAP (expected gradients)",
        classifier.spec.title,
        photo,
        package_seconds,
        median(seconds for seconds, _ in runs_of_ours),
        f"correlation with {reference} samples {np.mean(agreements):.3f} "
        f"(theirs {agreement(package_map):.3f}), {ExpectedGradients().samples} of their {theirs} samples; "
        f"with as many as theirs {package_seconds / same_samples_seconds:.1f}x faster and {agreement(same_samples.values):.3f}",
    )


def lime_reference(network: str, folder: Path, *, photo: str, count: int) -> np.ndarray:
    """Return the weights f64[S] of a photo's superpixels from `count` balanced masks, drawn with a seed that no run uses.

    All masks are evaluated in low precision; the bias of that is estimated from an eighth as many others, evaluated in both
    precisions, and subtracted. So the weights are those of exact passes, in a fifth of the time. Both parts are cached
    under `folder`.
    """
    classifier, rgb, target = explained_photo(network, photo)
    segments = superpixels_of(rgb, "quickshift")
    superpixels = int(segments.max()) + 1
    hidden = filled(rgb, "mean", segments)

    def logits(masks: np.ndarray, low_precision: bool) -> np.ndarray:
        parts = [
            classifier.logits(np.where(masks[part][:, segments, np.newaxis], rgb, hidden), low_precision=low_precision)[
                :, target
            ]
            for part in batches(len(masks), BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)

    def fit(masks: np.ndarray, logits: np.ndarray) -> np.ndarray:
        return weights_of(masks, logits, superpixels, new_regressor("Ridge", 0))[0]

    def in_low_precision() -> np.ndarray:
        masks = draw_masks("balanced", count, superpixels, np.random.RandomState(2**31))
        return fit(masks, logits(masks, low_precision=True))

    def bias() -> np.ndarray:
        masks = draw_masks("balanced", count // 8, superpixels, np.random.RandomState(2**31 + 1))
        return fit(masks, logits(masks, low_precision=False) - logits(masks, low_precision=True))

    name = f"{network}-{Path(photo).stem}-{count}.npy"
    return _cached(folder / f"lime-{name}", in_low_precision) + _cached(folder / f"lime-bias-{name}", bias)


def expected_gradients_reference(network: str, folder: Path, *, photo: str, count: int) -> np.ndarray:
    """Return the mean f64[h,w,3] of maps of 240 samples each, two a reference image, with other seeds than the runs'.

    Gradients are in single precision. 120 such samples have the error of 230 to 270 independent ones, so 1680 have
    that of some 3000. The mean is cached under `folder`.
    """
    classifier, rgb, target = explained_photo(network, photo)

    exact = cast(Classifier, _Exact(classifier))

    def mean() -> np.ndarray:
        maps = [
            ExpectedGradients(samples=240, seed=1000 + number).attribute(exact, rgb, target).values
            for number in range(-(-count // 240))
        ]
        return np.asarray(np.mean(maps, axis=0, dtype=np.float64))

    return _cached(folder / f"expected-gradients-exact-{network}-{Path(photo).stem}-{count}.npy", mean)


class _Exact:
    """A classifier that computes gradients in single precision even where low precision is allowed."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def __getattr__(self, name: str) -> Any:
        return getattr(self._classifier, name)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        return self._classifier.gradients(rgb, target, rule=rule)


def _deletion(classifier: Classifier, rgb: np.ndarray, segments: np.ndarray, target: int, weights: np.ndarray) -> float:
    """Return the mean probability while superpixels are hidden one by one, those of large weight first."""
    rank = np.empty(len(weights), int)
    rank[np.argsort(-weights)] = np.arange(len(weights))
    hidden = filled(rgb, "mean", segments)
    photos = np.stack(
        [np.where((rank[segments] >= count)[..., np.newaxis], rgb, hidden) for count in range(len(weights) + 1)]
    )
    logits = np.concatenate([classifier.logits(photos[part]) for part in batches(len(photos), BATCH)]).astype(
        np.float64
    )
    return float(softmax(logits, axis=1)[:, target].mean())


def _by_superpixel(values: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return f64[S]: a map's mean in each superpixel, as the superpixels may differ a little between seeds."""
    return np.bincount(segments.ravel(), values.ravel()) / np.bincount(segments.ravel())


def _keras_logits(network: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from photos to logits f32[N,C] that calls Keras the plain way."""
    model, prepare = registry.NETWORKS[network].model(), registry.spec(NetworkRef.parse(network)).preprocessing.forward
    return lambda photos: model.predict_on_batch(prepare(np.asarray(photos, np.float32)))


def _cached(path: Path, compute: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the array stored at `path`; compute and store it where it is missing."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, compute())
    return np.asarray(np.load(path, allow_pickle=False))
