"""Times LIME and SHAP at their usual settings against the public libraries, with the truth of both beside the time."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np

from benchmarks.comparison import PHOTOS, WARM_UP, Row, asked, photo_for, timed
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
    """Return what LIME's usual settings cost beside the package's, `theirs` samples around Keras' predict_on_batch.

    The package is timed whole, between runs of ours with other seeds. Both explain the logit of the most probable breed
    and cut the photo alike. Quality: rank correlation of the superpixels' weights with those from `reference` masks of
    the same law (see `lime_reference`), and the mean probability while superpixels are hidden, the most important first.
    """
    from lime.lime_image import LimeImageExplainer

    (classifier, rgb, target), ask_keras = asked(network, photo), _keras(network)
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
    truth = lime_reference(network, folder, photo=photo, count=reference)
    ours = [_by_superpixel(one.values, segments) for _, one in found]
    questions = [one.diagnostics["samples"] for _, one in found]
    agreement = [rank_correlation(one, truth) for one in ours]
    deletion = [_deletion(classifier, rgb, segments, target, one) for one in (*ours, other)]
    return Row(
        "LIME",
        classifier.spec.title,
        photo,
        took,
        median(seconds for seconds, _ in found),
        f"rank correlation with {reference} samples {np.mean(agreement):.3f} (theirs {rank_correlation(other, truth):.3f}), "
        f"deletion {np.mean(deletion[:-1]):.3f} ({deletion[-1]:.3f}), {median(questions):.0f} of their {theirs} questions",
    )


def expected_gradients_row(
    network: str, folder: Path, *, photo: str = PHOTOS[0], reference: int = 1680, theirs: int = 200, runs: int = 2
) -> Row:
    """Return what expected gradients' usual settings cost beside shap.GradientExplainer with `theirs` samples around Keras.

    The package is timed whole, between runs of ours with other seeds, and has the same reference images. Quality:
    correlation of the pixels' values with those from `reference` samples (see `expected_gradients_reference`); the same of
    one run with as many samples as theirs.
    """
    from shap import GradientExplainer

    classifier, rgb, target = asked(network, photo)
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
    found = [timed(partial(ExpectedGradients(seed=0).attribute, classifier, rgb, target))]
    took, other = timed(partial(package, theirs))
    found += [
        timed(partial(ExpectedGradients(seed=seed).attribute, classifier, rgb, target)) for seed in range(1, runs)
    ]
    as_many_took, as_many = timed(partial(ExpectedGradients(samples=theirs).attribute, classifier, rgb, target))
    truth = expected_gradients_reference(network, folder, photo=photo, count=reference)

    def agreement(values: np.ndarray) -> float:
        return float(np.corrcoef(values.ravel(), truth.ravel())[0, 1])

    return Row(
        "SHAP (expected gradients)",
        classifier.spec.title,
        photo,
        took,
        median(seconds for seconds, _ in found),
        f"correlation with {reference} samples {np.mean([agreement(one.values) for _, one in found]):.3f} "
        f"(theirs {agreement(other):.3f}), {ExpectedGradients().samples} of their {theirs} samples; "
        f"with as many as theirs {took / as_many_took:.1f}x faster and {agreement(as_many.values):.3f}",
    )


def lime_reference(network: str, folder: Path, *, photo: str, count: int) -> np.ndarray:
    """Return the weights f64[S] of a photo's superpixels from `count` balanced masks, other ones than any run's seed draws.

    All masks are answered by drafts; an eighth as many others, answered both ways, tell what drafts shift, and it is taken
    off. So the weights are those of exact answers, in a fifth of the time. Both parts are kept under `folder`.
    """
    classifier, rgb, target = asked(network, photo)
    segments = superpixels_of(rgb, "quickshift")
    superpixels = int(segments.max()) + 1
    hidden = filled(rgb, "mean", segments)

    def answered(masks: np.ndarray, low_precision: bool) -> np.ndarray:
        parts = [
            classifier.logits(np.where(masks[part][:, segments, np.newaxis], rgb, hidden), low_precision=low_precision)[
                :, target
            ]
            for part in batches(len(masks), BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)

    def fitted(masks: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return weights_of(masks, answers, superpixels, new_regressor("Ridge", 0))[0]

    def in_drafts() -> np.ndarray:
        masks = draw_masks("balanced", count, superpixels, np.random.RandomState(2**31))
        return fitted(masks, answered(masks, low_precision=True))

    def lost() -> np.ndarray:
        masks = draw_masks("balanced", count // 8, superpixels, np.random.RandomState(2**31 + 1))
        return fitted(masks, answered(masks, low_precision=False) - answered(masks, low_precision=True))

    name = f"{network}-{Path(photo).stem}-{count}.npy"
    return _kept(folder / f"lime-{name}", in_drafts) + _kept(folder / f"lime-lost-{name}", lost)


def expected_gradients_reference(network: str, folder: Path, *, photo: str, count: int) -> np.ndarray:
    """Return the mean f64[h,w,3] of maps of 240 samples each, two a reference image, with other seeds than the runs'.

    Gradients are in single precision. 120 samples err like 230 to 270 independent ones, so 1680 stand for some 3000. The
    mean is kept under `folder`.
    """
    classifier, rgb, target = asked(network, photo)

    exact = cast(Classifier, _Exact(classifier))

    def mean() -> np.ndarray:
        maps = [
            ExpectedGradients(samples=240, seed=1000 + number).attribute(exact, rgb, target).values
            for number in range(-(-count // 240))
        ]
        return np.asarray(np.mean(maps, axis=0, dtype=np.float64))

    return _kept(folder / f"expected-gradients-exact-{network}-{Path(photo).stem}-{count}.npy", mean)


class _Exact:
    """A classifier that answers in single precision where a draft would do."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def __getattr__(self, name: str) -> Any:
        return getattr(self._classifier, name)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        return self._classifier.gradients(rgb, target, rule=rule)


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
    model, prepare = registry.NETWORKS[network].model(), registry.spec(NetworkRef.parse(network)).preprocessing.forward
    return lambda photos: model.predict_on_batch(prepare(np.asarray(photos, np.float32)))


def _kept(path: Path, compute: Callable[[], np.ndarray]) -> np.ndarray:
    """Return what is stored at `path`, computed and stored where it is not."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, compute())
    found: np.ndarray = np.load(path, allow_pickle=False)
    return found
