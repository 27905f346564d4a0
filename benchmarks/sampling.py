"""Times LIME and SHAP at their usual settings against the public libraries, with the truth of both beside the time."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.comparison import PHOTOS, WARM_UP, Row, photo_for, timed
from xai_core.agreement import rank_correlation
from xai_core.classifiers import registry
from xai_core.classifiers.base import Classifier
from xai_core.explainers.batches import batches
from xai_core.explainers.expected_gradients import ExpectedGradients
from xai_core.explainers.fills import filled
from xai_core.explainers.lime_sampling import draw_masks, weights_of
from xai_core.explainers.lime_superpixels import LimeSuperpixels
from xai_core.explainers.linear_models import new_regressor
from xai_core.explainers.superpixels import superpixels_of

BATCH = 16


def lime_row(
    network: str, folder: Path, *, photo: str = PHOTOS[0], reference: int = 8000, theirs: int = 1000, runs: int = 2
) -> Row:
    """Return what LIME's usual settings cost beside the package's, `theirs` samples around Keras' predict_on_batch.

    The package is timed whole, between runs of ours with other seeds. Both explain the logit of the most probable breed
    and cut the photo alike. Quality: rank correlation of the superpixels' weights with those from `reference` masks of
    the same law (kept under `folder`), and the mean probability while superpixels are hidden, the most important first.
    """
    from lime.lime_image import LimeImageExplainer

    classifier, ask_keras = registry.load(network), _keras(network)
    rgb = photo_for(classifier, photo)
    target = int(classifier.logits(rgb[np.newaxis]).argmax())
    segments = superpixels_of(rgb, "quickshift")
    LimeSuperpixels(samples=20).attribute(classifier, photo_for(classifier, WARM_UP), 0)  # builds graphs
    ask_keras(np.repeat(rgb[np.newaxis], 10, axis=0))

    def package() -> np.ndarray:
        explainer = LimeImageExplainer(random_state=np.random.RandomState(0))
        explained = explainer.explain_instance(
            rgb.astype(np.float64),
            ask_keras,
            labels=(target,),
            top_labels=None,
            num_samples=theirs,
            segmentation_fn=lambda _: superpixels_of(rgb, "quickshift"),
        )
        weights = dict(explained.local_exp[target])
        return np.array([weights[superpixel] for superpixel in range(len(weights))])

    found = [timed(partial(LimeSuperpixels(seed=0).attribute, classifier, rgb, target))]
    took, other = timed(package)
    found += [timed(partial(LimeSuperpixels(seed=seed).attribute, classifier, rgb, target)) for seed in range(1, runs)]
    name = f"lime-{network}-{Path(photo).stem}-{reference}.npy"
    truth = _kept(folder / name, partial(_lime_reference, classifier, rgb, segments, target, reference))
    ours = [_by_superpixel(one.values, segments) for _, one in found]
    asked = [one.diagnostics["samples"] for _, one in found]
    agreement = [rank_correlation(one, truth) for one in ours]
    deletion = [_deletion(classifier, rgb, segments, target, one) for one in (*ours, other)]
    return Row(
        "LIME",
        classifier.spec.title,
        took,
        median(seconds for seconds, _ in found),
        f"rank correlation with {reference} samples {np.mean(agreement):.3f} (theirs {rank_correlation(other, truth):.3f}), "
        f"deletion {np.mean(deletion[:-1]):.3f} ({deletion[-1]:.3f}), {median(asked):.0f} of their {theirs} questions",
    )


def expected_gradients_row(
    network: str, folder: Path, *, photo: str = PHOTOS[0], reference: int = 5000, theirs: int = 200, runs: int = 2
) -> Row:
    """Return what expected gradients' usual settings cost beside shap.GradientExplainer with `theirs` samples around Keras.

    The package is timed whole, between runs of ours with other seeds, and may use all of the reference images. Quality:
    correlation of the pixels' values with those from `reference` samples and all reference images, kept under `folder`; the
    same of one run with as many samples as theirs.
    """
    from shap import GradientExplainer

    classifier = registry.load(network)
    rgb = photo_for(classifier, photo)
    prepare, order = (
        classifier.spec.preprocessing.forward,
        slice(None, None, -1 if classifier.spec.preprocessing.bgr else 1),
    )
    target = int(classifier.logits(rgb[np.newaxis]).argmax())
    ExpectedGradients(samples=8).attribute(classifier, photo_for(classifier, WARM_UP), 0)  # builds graphs
    classifier.background_logits(np.arange(len(classifier.background())))  # which no photo changes: asked once, idly
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
    found = [timed(partial(ExpectedGradients(seed=0).attribute, classifier, rgb, target))]
    took, other = timed(partial(package, theirs))
    found += [
        timed(partial(ExpectedGradients(seed=seed).attribute, classifier, rgb, target)) for seed in range(1, runs)
    ]
    as_many_took, as_many = timed(
        partial(ExpectedGradients(samples=theirs, references=120).attribute, classifier, rgb, target)
    )
    name = f"expected-gradients-{network}-{Path(photo).stem}-{reference}.npy"
    truth = _kept(folder / name, partial(_expected_gradients_reference, classifier, rgb, target, reference))

    def agreement(values: np.ndarray) -> float:
        return float(np.corrcoef(values.ravel(), truth.ravel())[0, 1])

    return Row(
        "SHAP (expected gradients)",
        classifier.spec.title,
        took,
        median(seconds for seconds, _ in found),
        f"correlation with {reference} samples {np.mean([agreement(one.values) for _, one in found]):.3f} "
        f"(theirs {agreement(other):.3f}), {ExpectedGradients().samples} of their {theirs} samples; "
        f"with as many as theirs {took / as_many_took:.1f}x faster and {agreement(as_many.values):.3f}",
    )


def _lime_reference(
    classifier: Classifier, rgb: np.ndarray, segments: np.ndarray, target: int, count: int
) -> np.ndarray:
    """Return weights f64[S] from `count` balanced masks, other ones than any seed of the runs draws."""
    superpixels = int(segments.max()) + 1
    hidden = filled(rgb, "mean", segments)
    masks = draw_masks("balanced", count, superpixels, np.random.RandomState(2**31))
    answers = np.concatenate(
        [
            classifier.logits(np.where(masks[part][:, segments, np.newaxis], rgb, hidden), draft=True)[:, target]
            for part in batches(count, BATCH)
        ]
    )
    return weights_of(masks, answers.astype(np.float64), superpixels, new_regressor("Ridge", 0))[0]


def _expected_gradients_reference(classifier: Classifier, rgb: np.ndarray, target: int, count: int) -> np.ndarray:
    """Return the mean f64[h,w,3] of maps of 500 samples each, with other seeds than the runs'."""
    maps = [
        ExpectedGradients(samples=min(count, 500), references=120, seed=1000 + number)
        .attribute(classifier, rgb, target)
        .values
        for number in range(-(-count // 500))
    ]
    mean: np.ndarray = np.mean(maps, axis=0, dtype=np.float64)
    return mean


def _deletion(classifier: Classifier, rgb: np.ndarray, segments: np.ndarray, target: int, weights: np.ndarray) -> float:
    """Return the mean probability from the whole photo to the hidden one, superpixels of large weight hidden first."""
    rank = np.empty(len(weights), int)
    rank[np.argsort(-weights)] = np.arange(len(weights))
    hidden = filled(rgb, "mean", segments)
    photos = np.stack(
        [np.where((rank[segments] >= count)[..., np.newaxis], rgb, hidden) for count in range(len(weights) + 1)]
    )
    logits = np.concatenate([classifier.logits(photos[part]) for part in batches(len(photos), BATCH)]).astype(
        np.float64
    )
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return float((likely / likely.sum(axis=1, keepdims=True))[:, target].mean())


def _by_superpixel(values: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return f64[S]: a map's mean in each superpixel, as another seed may cut the photo a little differently."""
    return np.bincount(segments.ravel(), values.ravel()) / np.bincount(segments.ravel())


def _keras(network: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the logits f32[N,C] of photos as a user of Keras asks for them."""
    model, prepare = registry.NETWORKS[network].model(), registry.spec(network).preprocessing.forward
    return lambda photos: model.predict_on_batch(prepare(np.asarray(photos, np.float32)))


def _kept(path: Path, compute: Callable[[], np.ndarray]) -> np.ndarray:
    """Return what is stored at `path`, computed and stored where it is not."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, compute())
    found: np.ndarray = np.load(path, allow_pickle=False)
    return found
