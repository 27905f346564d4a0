"""Distillation on a made-up network of a few numbers: what it minimises, what moves, and how it goes on."""

import json
from dataclasses import replace

import numpy as np
import pytest

from xai_core.classifiers import weights
from xai_core.classifiers.base import Preprocessing
from xai_core.errors import ComputationError, TrainingDataError
from xai_core.training.augmentation import MILD, STRONG
from xai_core.training.data import Photos
from xai_core.training.distillation import distil
from xai_core.training.pupil import Pupil
from xai_core.training.recipe import Distillation, distillation_loss

RECIPE = Distillation(
    steps=8,
    sides=(12, 16),
    frozen_up_to="norm1",
    gentle_up_to="norm2",
    learning_rate=0.02,
    gentle_learning_rate=0.01,
    warm_up_steps=2,
    averaging=0.9,
    statistics_batches=3,
    batch_size=8,
    last_stretch=0.25,
    precision="float32",
)
PREPROCESSING = Preprocessing(bgr=True, scale=2.0, shift=(-1.0, -1.0, -1.0))


def network():
    """Return two convolutions with batch norms and a dense layer for two classes."""
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    signal = rgb = keras.Input((None, None, 3))
    for number in (1, 2):
        signal = layers.Conv2D(4, 3, name=f"conv{number}")(signal)
        signal = layers.BatchNormalization(scale=False, name=f"norm{number}")(signal)
        signal = layers.ReLU()(signal)
    dropped = layers.Dropout(0.3)(layers.GlobalAveragePooling2D(name="features")(signal))
    return keras.Model(rgb, layers.Dense(2, name="logits")(dropped))


@pytest.fixture
def photos():
    """20 photos of two classes: reddish and bluish noise."""
    labels = np.arange(20, dtype=np.int32) % 2
    pixels = np.random.default_rng(0).integers(0, 120, (20, 16, 16, 3), dtype=np.uint8)
    pixels[labels == 0, ..., 0] += 120
    pixels[labels == 1, ..., 2] += 120
    return Photos(pixels, labels)


def teach(rgb):
    import tensorflow as tf

    mean = tf.reduce_mean(rgb, axis=(1, 2))
    return tf.stack([mean[:, 0], mean[:, 2]], axis=1) * 10


def run(model, photos, folder, recipe=RECIPE, teach=teach, report=lambda line: None, origin=""):
    return distil(
        model,
        PREPROCESSING,
        teach,
        photos,
        photos,
        recipe,
        folder,
        report,
        origin=origin,
        measured_every=3,
        checkpoint_seconds=0,
    )


def test_the_loss_is_the_one_computed_by_hand():
    """Teacher (3/4, 1/4), pupil (1/2, 1/2), class 0. Catches the divergence the wrong way round, another share or smoothing."""
    import tensorflow as tf

    divergence = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    taught, wanted = tf.constant([[np.log(3.0), 0.0]], tf.float32), tf.constant([[1.0, 0.0]])
    loss = distillation_loss(tf.constant([[1.0, 1.0]]), taught, wanted, RECIPE)
    assert float(loss) == pytest.approx(0.7 * divergence + 0.3 * np.log(2), rel=1e-5)
    pupil = np.log(np.array([0.9, 0.1]))
    loss = distillation_loss(tf.constant([pupil], tf.float32), tf.constant([pupil], tf.float32), wanted, RECIPE)
    assert float(loss) == pytest.approx(-0.3 * (0.95 * pupil[0] + 0.05 * pupil[1]), rel=1e-5)
    at_two = distillation_loss(
        tf.constant([[1.0, 1.0]]), 2 * taught, wanted, replace(RECIPE, temperature=2.0, teacher_share=1.0)
    )
    assert float(at_two) == pytest.approx(4 * divergence, rel=1e-5)


def test_the_learning_rate_rises_then_falls_to_one_per_cent():
    """Catches a warm-up that begins at nothing, a cosine of another length, and another end."""
    recipe = replace(RECIPE, steps=1000, warm_up_steps=100)
    assert recipe.rate(0) == pytest.approx(0.01)
    assert recipe.rate(49) == pytest.approx(0.5 * (0.01 + 0.99 * (1 + np.cos(0.049 * np.pi)) / 2))
    assert recipe.rate(500) == pytest.approx(0.505)
    assert recipe.rate(1000) == pytest.approx(0.01)
    assert [recipe.view(step) for step in (0, 749, 750, 999)] == [(12, STRONG)] * 2 + [(16, MILD)] * 2


def test_every_epoch_shows_each_photo_once_in_an_order_of_its_own():
    """Catches photos left out or shown twice, the same order in every epoch, and a batch that cannot be filled."""
    seen = [np.concatenate([RECIPE.photos(2 * epoch + half, 17) for half in (0, 1)]) for epoch in (0, 1)]
    assert all(len(set(epoch)) == 16 for epoch in seen)
    assert list(seen[0]) != list(seen[1])
    with pytest.raises(TrainingDataError, match="smaller --batch"):
        RECIPE.photos(0, 7)


def one_step(recipe, taught=0.0, step=0, model=None):
    """Return the arrays before and after one step, and the pupil."""
    import tensorflow as tf

    model = model or network()
    pupil = Pupil(model, PREPROCESSING, recipe)
    before = weights.arrays_of(model)
    rgb = tf.constant(np.random.default_rng(0).random((8, 12, 12, 3)), tf.float32)
    wanted = tf.one_hot([0, 1] * 4, 2)
    pupil.learn(rgb, tf.stack([tf.fill([8], taught), tf.zeros(8)], axis=1), wanted, step)
    return before, weights.arrays_of(model), pupil


def test_frozen_layers_do_not_move_and_the_others_do():
    """Catches batch norms whose running statistics drift below the cut."""
    before, after, _ = one_step(RECIPE)
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    above = {f"norm2/{name}" for name in ("beta", "moving_mean", "moving_variance")}
    # (A convolution's bias before a batch norm has no effect, and so no gradient but rounding.)
    assert moved - {"conv2/bias"} == {"conv2/kernel", "logits/kernel", "logits/bias"} | above


def test_weight_decay_shrinks_kernels_alone():
    """Without gradients only the decay moves anything. Catches a decay of biases and norms, or one without learning rate."""
    import tensorflow as tf

    model = network()
    for name in ("conv2", "norm2", "logits"):
        layer = model.get_layer(name)
        layer.set_weights([np.ones_like(array) for array in layer.get_weights()])
    pupil = Pupil(model, PREPROCESSING, replace(RECIPE, weight_decay=0.5, warm_up_steps=1))
    for variables, rate, optimizer in pupil._groups:
        optimizer.learning_rate = rate
        optimizer.apply([tf.zeros(variable.shape) for variable in variables], variables)
    found = {name: float(array.ravel()[0]) for name, array in weights.arrays_of(model).items() if "1/" not in name}
    assert found["conv2/kernel"] == pytest.approx(1 - 0.5 * 0.01)
    assert found["logits/kernel"] == pytest.approx(1 - 0.5 * 0.02)
    for name in ("conv2/bias", "norm2/beta", "logits/bias"):
        assert found[name] == 1


def test_the_two_learning_rates_hold_above_and_below_the_cut():
    """Adam's first step is as long as its learning rate. Catches groups taken for each other, and a warm-up left out."""
    before, after, _ = one_step(replace(RECIPE, weight_decay=0.0, clip_norm=1e9))
    rate = RECIPE.rate(0)
    for name, peak in (("logits/bias", 0.02), ("norm2/beta", 0.01)):
        step = np.abs(after[name] - before[name])
        np.testing.assert_allclose(step[step > peak * rate / 2], peak * rate, rtol=1e-2)
        assert step.max() > 0


def test_gradients_are_clipped_by_the_norm_of_all_of_them():
    """Catches clipping variable by variable or group by group: Adam's momenta hold a tenth of the clipped gradients."""
    _, _, pupil = one_step(replace(RECIPE, clip_norm=0.01), taught=50.0)
    total = sum(
        float((np.asarray(variable) ** 2).sum())
        for _, _, optimizer in pupil._groups
        for variable in optimizer.variables
        if "momentum" in variable.path
    )
    assert np.sqrt(total) == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_the_average_follows_its_closed_form():
    """Catches an average of the old weights, and statistics of batch norms left out of it."""
    import tensorflow as tf

    model = network()
    pupil = Pupil(model, PREPROCESSING, RECIPE)
    expected = weights.arrays_of(model)
    rgb = tf.constant(np.random.default_rng(0).random((8, 12, 12, 3)), tf.float32)
    for step in range(12):
        pupil.learn(rgb, tf.zeros((8, 2)), tf.one_hot([0, 1] * 4, 2), step)
        kept = min(0.9, (step + 2) / (step + 11))
        for name, array in weights.arrays_of(model).items():
            expected[name] = kept * expected[name] + (1 - kept) * array
    own = weights.arrays_of(model)
    with pupil.averaged():
        for name, array in weights.arrays_of(model).items():
            np.testing.assert_allclose(array, expected[name], rtol=1e-4, atol=1e-6)
    for name, array in weights.arrays_of(model).items():
        np.testing.assert_array_equal(array, own[name])


def test_a_run_stopped_in_the_middle_of_an_epoch_goes_on_to_the_same_weights(photos, tmp_path):
    """Catches whatever is lost with the process: momenta, average, place in the epoch, random numbers, losses."""
    whole, first, second = network(), network(), network()
    lines: list[str] = []
    history = run(whole, photos, tmp_path / "whole", report=lines.append)
    assert [record["step"] for record in history] == [3, 6, 8]
    assert history[-1]["loss"] < history[0]["loss"]
    assert [json.loads(line)["step"] for line in lines] == list(range(1, 9))

    class Stop(Exception):
        pass

    calls: list[int] = []

    def stopping(rgb):
        calls.append(1)
        if len(calls) > 5:  # two batches an epoch: the sixth is in the third epoch's middle
            raise Stop
        return teach(rgb)

    with pytest.raises(Stop):
        run(first, photos, tmp_path / "parts", teach=stopping)
    assert run(second, photos, tmp_path / "parts") == history
    for a, b in zip(whole.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_norms_are_measured_again_on_the_averaged_weights(photos, tmp_path):
    """Catches statistics that belong to other weights, and those below the cut measured too."""
    import keras

    model = network()
    frozen = model.get_layer("norm1").get_weights()
    run(model, photos, tmp_path, replace(RECIPE, statistics_batches=40, batch_size=20, steps=4))
    for before, after in zip(frozen, model.get_layer("norm1").get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    inside = keras.Model(model.input, model.get_layer("conv2").output)
    signal = np.asarray(inside(PREPROCESSING.forward(np.float32(photos.pixels) / 255)))
    norm = model.get_layer("norm2")
    np.testing.assert_allclose(norm.moving_mean, signal.mean(axis=(0, 1, 2)), atol=0.1)
    # Crops are enlarged, which smooths the noise: less variance than in the photos, but of its size.
    assert (np.asarray(norm.moving_variance) < signal.var(axis=(0, 1, 2)) * 1.3).all()


def test_a_checkpoint_of_other_settings_or_a_damaged_one_is_told(photos, tmp_path):
    """Catches a schedule that goes on in the middle of another one, and a traceback of safetensors."""
    run(network(), photos, tmp_path, replace(RECIPE, steps=1))
    for other in ({}, {"recipe": replace(RECIPE, steps=1), "origin": "other weights"}):
        with pytest.raises(TrainingDataError, match="other settings"):
            run(network(), photos, tmp_path, **other)
    (tmp_path / "checkpoint.safetensors").write_bytes(b"cut")
    with pytest.raises(TrainingDataError, match="damaged"):
        run(network(), photos, tmp_path)


def test_too_little_memory_is_told(photos, tmp_path):
    """Catches TensorFlow's page-long message in place of what to do."""
    import tensorflow as tf

    def full(rgb):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    with pytest.raises(ComputationError, match="smaller --batch"):
        run(network(), photos, tmp_path, teach=full)
