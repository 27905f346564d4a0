"""The dog's detector read out of its package: arrays in the manifest's order, convolutions as TensorFlow pads them."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from xai_core.classifiers.weights import sha256
from xai_core.detection.network import OnnxNetwork
from xai_core.training.finder_sources import _arrays_of_detector, _Graph, _halved

PREFIX = "package/models/coco-ssd/"


def test_arrays_are_read_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    """Catches shards that are read in another order, and an array that begins where another one does."""
    first, second = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([7, 8], np.int32)
    data = first.tobytes() + second.tobytes()
    weights = [
        {"name": "a", "shape": [2, 3], "dtype": "float32"},
        {"name": "b", "shape": [2], "dtype": "int32"},
    ]
    files = {
        "model.json": json.dumps({"weightsManifest": [{"paths": ["2of2", "1of2"], "weights": weights}]}).encode(),
        "2of2": data[:10],
        "1of2": data[10:],
    }
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(PREFIX + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    arrays = _arrays_of_detector(tmp_path / "package.tgz")
    np.testing.assert_array_equal(arrays["a"], first)
    np.testing.assert_array_equal(arrays["b"], second)


def test_convolutions_pad_as_tensorflow_does(tmp_path: Path) -> None:
    """Catches a pixel of padding at the wrong side, on even and odd sides, and kernels whose axes are mixed up."""
    generator = np.random.default_rng(0)
    kernels = [generator.normal(size=shape).astype(np.float16) for shape in ((3, 3, 3, 4), (3, 3, 4, 1), (3, 3, 4, 2))]
    biases = [generator.normal(size=count).astype(np.float32) for count in (4, 4, 2)]
    graph = _Graph({})
    layer = "photo"
    for number, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):  # 300 -> 150 -> 75 -> 38 pixels
        layer = graph.convolution(layer, f"layer{number}", kernel.astype(np.float32), bias, 2)
    shape = graph.constant("shape", np.array([1, 2, 38 * 38], np.int64))
    graph.add("Reshape", [layer, shape], name="flat")
    graph.write(tmp_path / "models" / "network.onnx", {"flat": (2, 38 * 38)})
    photo = generator.normal(size=(1, 300, 300, 3)).astype(np.float32)
    path = tmp_path / "models" / "network.onnx"
    [found] = OnnxNetwork(path, sha256(path), ["flat"]).run(np.ascontiguousarray(photo.transpose(0, 3, 1, 2)))
    expected = tf.nn.conv2d(photo, kernels[0].astype(np.float32), 2, "SAME") + biases[0]
    expected = tf.nn.depthwise_conv2d(expected, kernels[1].astype(np.float32), (1, 2, 2, 1), "SAME") + biases[1]
    expected = tf.nn.conv2d(expected, kernels[2].astype(np.float32), 2, "SAME") + biases[2]
    expected = expected.numpy()[0].transpose(2, 0, 1).reshape(1, 2, -1)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_kernels_are_kept_as_float16_and_vectors_as_they_are() -> None:
    """Catches a bias that loses its small values, and a file twice as large as it has to be."""
    from onnx import numpy_helper

    kernel, [cast] = _halved(numpy_helper.from_array(np.ones((3, 3, 2, 2), np.float32), "kernel"))
    assert numpy_helper.to_array(kernel).dtype == np.float16
    assert list(cast.output) == ["kernel"]
    bias, casts = _halved(numpy_helper.from_array(np.ones(3, np.float32), "bias"))
    assert numpy_helper.to_array(bias).dtype == np.float32 and not casts
