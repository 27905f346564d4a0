"""What callers may expect of every method. A new method is covered by being in the registry."""

import threading
from typing import Any

import numpy as np
import pytest

from tests import fakes
from xai_core import params
from xai_core.classifiers.base import Classifier
from xai_core.errors import CancelledError, ParameterError, UnsupportedError
from xai_core.execution.batched import BatchedClassifier
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.types import Attribution

TARGET = 1
#: Enough evaluations for several batches, few enough for a quick test.
_FEW = {"samples": 44, "steps": 20, "evaluations": 40, "window": 25, "stride": 9, "share": 100}


def small(key: str, **settings: Any) -> Explainer:
    names = {spec.name for spec in params.param_specs(EXPLAINERS[key])}
    return build_explainer(key, {name: value for name, value in {**_FEW, **settings}.items() if name in names})


def weights_of(network: fakes.Complete) -> list[np.ndarray]:
    return [
        np.copy(one)
        for one in (
            network.weights,
            network.curvature,
            network.layer.given_activations,
            network.layer.given_gradients,
            network.background(),
        )
    ]


def calls_at_most(times: int, key: str) -> bool:
    """Return whether the method calls the network at most so often, and so has no partial map before its result."""
    recorder = fakes.Recorder(fakes.Complete())
    small(key).attribute(recorder, fakes.photo(), TARGET)
    return len(recorder.passes) <= times


every_method = pytest.mark.parametrize("key", EXPLAINERS)


@every_method
def test_values_are_finite_float32_maps_that_nobody_can_change(key: str) -> None:
    """Catches float64 or NaN leaking into the store, and a map of the wrong number of dimensions."""
    network = fakes.Complete()
    result = small(key).attribute(network, fakes.photo(), TARGET)
    assert result.values.dtype == np.float32
    assert np.isfinite(result.values).all()
    assert not result.values.flags.writeable
    assert result.values.shape in {fakes.SIZE, (*fakes.SIZE, 3)} or EXPLAINERS[key].info.family == "class activation"
    assert result.values.any()
    assert all(type(value) is float and np.isfinite(value) for value in result.diagnostics.values())
    if result.segments is not None:
        assert result.segments.shape == fakes.SIZE
        assert result.segments.dtype == np.int32
        assert set(np.unique(result.segments)) == set(range(result.segments.max() + 1))


@every_method
def test_unsigned_methods_have_no_negative_values(key: str) -> None:
    """Catches a map whose negative part would be drawn as if it were evidence for the class."""
    result = small(key).attribute(fakes.Complete(), fakes.photo(), TARGET)
    assert EXPLAINERS[key].info.signed or result.values.min() >= 0


@every_method
@pytest.mark.parametrize("fail_at", [None, 0, 1])
def test_photo_and_network_stay_as_they_were(key: str, fail_at: int | None) -> None:
    """Catches a method that writes into its arguments, also when the network breaks in the middle."""
    network = fakes.Complete()
    rgb = fakes.photo().copy()
    before, weights_before = rgb.copy(), weights_of(network)
    recorder = fakes.Recorder(network, fail_at=fail_at)
    if fail_at is None or (fail_at > 0 and calls_at_most(1, key)):
        small(key).attribute(recorder, rgb, TARGET)
    else:
        with pytest.raises(RuntimeError, match="the network broke"):
            small(key).attribute(recorder, rgb, TARGET)
    np.testing.assert_array_equal(rgb, before)
    for now, then in zip(weights_of(network), weights_before, strict=True):
        np.testing.assert_array_equal(now, then)


#: SmoothGrad's paper adds noise without clipping it: clipped noise would no longer have the photo as its mean.
_LEAVES_THE_RANGE = {"smooth_grad"}


@pytest.mark.parametrize("key", sorted(EXPLAINERS.keys() - _LEAVES_THE_RANGE))
def test_inputs_stay_inside_the_range_of_photos(key: str) -> None:
    """Catches preprocessing done twice, or a masker that works in 0 to 255."""
    recorder = fakes.Recorder(fakes.Complete())
    small(key).attribute(recorder, fakes.photo(), TARGET)
    for _, rgb in recorder.passes:
        assert rgb.dtype == np.float32
        assert rgb.shape[1:] == (*fakes.SIZE, 3)
        assert rgb.min() >= -1e-6
        assert rgb.max() <= 1 + 1e-6


@every_method
def test_the_same_seed_gives_the_same_map_and_numpy_s_generator_is_left_alone(key: str) -> None:
    """Catches draws from the global generator, which would also make a cached map differ from a computed one."""
    np.random.seed(1)
    first = small(key).attribute(fakes.Complete(), fakes.photo(), TARGET)
    expected_next = np.random.RandomState(1).random_sample()
    assert np.random.random_sample() == expected_next
    second = small(key).attribute(fakes.Complete(), fakes.photo(), TARGET)
    np.testing.assert_array_equal(first.values, second.values)
    assert first.diagnostics == second.diagnostics


@pytest.mark.parametrize("key", ["lime", "expected_gradients", "smooth_grad", "kernel_shap", "rise"])
def test_another_seed_gives_another_map(key: str) -> None:
    """Catches a seed that is declared and not used."""
    # Cut by colours, the fake's photo has few superpixels, whose combinations are all evaluated whatever the seed.
    methods = [small(key, seed=seed, segmentation="slic") for seed in (0, 1)]
    maps = [method.attribute(fakes.Complete(), fakes.photo(), TARGET).values for method in methods]
    assert not np.array_equal(*maps)


@every_method
def test_a_thread_that_draws_and_explains_beside_it_changes_nothing(key: str) -> None:
    """Catches shared state between two computations in one process."""
    alone = small(key).attribute(fakes.Complete(), fakes.photo(), TARGET).values
    stop = threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            np.random.standard_normal(100)
            small(key, seed=5).attribute(fakes.Complete(3), fakes.photo(seed=9), 0)

    other = threading.Thread(target=disturb)
    other.start()
    try:
        beside = small(key).attribute(fakes.Complete(), fakes.photo(), TARGET).values
    finally:
        stop.set()
        other.join()
    np.testing.assert_array_equal(alone, beside)


@every_method
def test_the_network_s_batch_size_is_irrelevant(key: str) -> None:
    """Catches results put back in the wrong order."""
    whole = small(key).attribute(fakes.Complete(), fakes.photo(), TARGET).values
    cut = small(key).attribute(fakes.Recorder(fakes.Complete(), batch=3), fakes.photo(), TARGET).values
    np.testing.assert_allclose(whole, cut, rtol=1e-4, atol=1e-6)


@every_method
def test_progress_rises_and_ends_at_one_with_whole_partial_maps(key: str) -> None:
    """Catches a bar that jumps back or never fills, and first estimates of another shape than the last."""
    seen: list[tuple[float, Attribution | None]] = []

    def progress(fraction: float, partial: Attribution | None = None) -> None:
        seen.append((fraction, partial))

    explainer = small(key, samples=240, evaluations=120, until_settled=False)
    result = explainer.attribute(fakes.Complete(), fakes.photo(), TARGET, progress)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert fractions[-1] == 1
    assert fractions.count(1) == 1
    partials = [partial for _, partial in seen if partial is not None]
    for partial in partials:
        assert partial.values.shape == result.values.shape
        assert partial.values.dtype == np.float32
    np.testing.assert_array_equal(partials[-1].values, result.values)
    assert calls_at_most(2, key) or len(partials) > 2


@every_method
def test_the_first_estimate_resembles_the_result(key: str) -> None:
    """Catches a partial map that is scaled by the wrong share of the samples. A coarser first map is expected."""
    partials: list[Attribution] = []

    def progress(fraction: float, partial: Attribution | None = None) -> None:
        if partial is not None:
            partials.append(partial)

    result = small(key, samples=240, evaluations=120).attribute(fakes.Complete(), fakes.photo(), TARGET, progress)
    first = partials[0].values
    assert np.corrcoef(first.ravel(), result.values.ravel())[0, 1] > 0.6
    assert 0.5 < np.abs(first).sum() / np.abs(result.values).sum() < 2


@every_method
def test_a_cancel_comes_through_and_ends_the_evaluations(key: str) -> None:
    """Catches a method (or a library under it) that swallows the cancel."""
    recorder = fakes.Recorder(fakes.Complete())

    def cancel(fraction: float, partial: Attribution | None = None) -> None:
        if recorder.evaluations > 0:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        small(key, samples=240, evaluations=120).attribute(recorder, fakes.photo(), TARGET, cancel)
    assert recorder.evaluations <= 16


@every_method
def test_what_a_network_does_not_offer_is_a_typed_error(key: str) -> None:
    """Catches an IndexError where the network has no layers or no reference images."""
    plain = fakes.linear()
    plain = fakes.Linear(plain.weights, background=np.zeros((0, *fakes.SIZE, 3), np.float32))
    if {"layers", "background"} & set(EXPLAINERS[key].info.needs):
        with pytest.raises(UnsupportedError, match="choose another method"):
            small(key).attribute(plain, fakes.photo(), TARGET)
    else:
        assert small(key).attribute(plain, fakes.photo(), TARGET).values.any()


@every_method
def test_four_functions_are_enough_for_a_network_from_outside(key: str) -> None:
    """Catches a method that needs an optional capability without declaring it, and a missing one that is no typed error."""
    network, rgb = fakes.FourFunctions(), fakes.photo()
    if set(EXPLAINERS[key].info.needs) <= {"logits", "gradients", "layers"}:
        result = small(key).attribute(network, rgb, TARGET)
        np.testing.assert_array_equal(result.values, small(key).attribute(fakes.Complete(), rgb, TARGET).values)
    else:
        with pytest.raises(UnsupportedError, match=r"Fake network does not offer .*; choose another method"):
            small(key).attribute(network, rgb, TARGET)


def test_a_network_without_one_of_the_four_functions_cannot_be_made() -> None:
    """Catches a required function that becomes optional unnoticed: its absence would show in the middle of a job."""
    four = {"logits", "gradients", "activations", "layer_gradients"}
    assert Classifier.__abstractmethods__ == four


#: The fake has fewer channels and reference images than the usual settings use, and its photo few superpixels, whose
#: combinations are soon all evaluated or whose order is soon settled.
_FEWER_PASSES = {"score_cam", "expected_gradients", "lime", "kernel_shap"}


@every_method
@pytest.mark.parametrize("settings", [{}, {"samples": 100, "steps": 9, "evaluations": 60, "share": 15}])
def test_the_number_of_passes_is_known_beforehand(key: str, settings: dict[str, Any]) -> None:
    """Catches an estimated time that a new parameter or another way of sampling has made wrong."""
    explainer, network = small(key, **settings), fakes.Complete()
    counts, batched = explainer.pass_counts(network.spec), BatchedClassifier(network)
    explainer.attribute(batched, fakes.photo(), TARGET)
    forward = batched.passes["forward"] + batched.passes["low-precision forward"]
    backward = batched.passes["backward"] + batched.passes["low-precision backward"]
    patched = batched.passes["patched"]
    assert forward <= counts.forward
    assert patched <= counts.patched
    assert backward <= counts.backward
    assert counts.low_precision == any(
        batched.passes[kind] for kind in ("low-precision forward", "low-precision backward")
    )
    if key not in _FEWER_PASSES:
        assert forward + backward + patched >= 0.8 * (counts.forward + counts.backward + counts.patched)


@every_method
def test_parameters_outside_their_range_are_refused(key: str) -> None:
    """Catches a parameter that is declared without its range."""
    for spec in params.param_specs(EXPLAINERS[key]):
        wrong: list[Any] = {
            "integer": [(spec.minimum or 0) - 1, (spec.maximum or 0) + 1, "many"],
            "choice": ["nonsense", 3],
            "layer": [3],
            "flag": [3, "perhaps"],
            "number": [(spec.minimum or 0) - 1, (spec.maximum or 0) + 1, "many"],
        }[spec.kind]
        for value in wrong:
            with pytest.raises(ParameterError, match=spec.label):
                build_explainer(key, {spec.name: int(value) if isinstance(value, float) else value})


@every_method
def test_every_method_says_what_a_reader_needs(key: str) -> None:
    """Catches a catalogue entry that is empty, is not a sentence or leaves a parameter unexplained."""
    info = EXPLAINERS[key].info
    assert info.key == key
    assert info.title
    assert info.paper
    assert info.url.startswith("https://")
    for sentence in (info.how, info.sentence, info.trust, info.limits):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert len(sentence) < 200
    assert info.how.count(". ") <= 1
    for spec in params.param_specs(EXPLAINERS[key]):
        assert spec.label
        assert spec.help.endswith(".")
