"""`python -m benchmarks.passes`: the cost of one pass through a network, compared with Keras and with the machine's limit."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.comparison import SAMPLES
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.photos.decoding import load_photo, squeeze

NETWORKS = ("vgg16", "inception_v3")
FORWARD, GRADIENT = "forward, batch of 16", "forward + input gradient"
ROUNDS = 5
HEADER = (
    "| network | computation | implementation | ms a photo | against the first | GFLOP/s | error |\n"
    "|---|---|---|---|---|---|---|"
)

#: Convolutions in a row when the machine's limit is measured, so that values stay in low precision from one to the next.
CONVOLUTIONS = 8


@dataclass(frozen=True)
class Row:
    """One computation by one implementation; times are medians a photo, interleaved with the other implementations'."""

    network: str
    computation: str
    implementation: str
    milliseconds: float
    ratio: float  # how many times faster than the first implementation of the same computation
    gigaflops: float  # operations of the plain algorithm a second, in 10^9
    error: str  # compared with the first implementation

    def __str__(self) -> str:
        cells = (self.network, self.computation, self.implementation, f"{self.milliseconds:.0f}", f"{self.ratio:.2f}x")
        return "| " + " | ".join([*cells, f"{self.gigaflops:.0f}", self.error]) + " |"


def measure_passes(networks: tuple[str, ...] = NETWORKS, rounds: int = ROUNDS) -> list[Row]:
    """Return a row for each network, computation and implementation: plain Keras, and our engine in both precisions."""
    return [row for key in networks for row in _measure_network(key, rounds)]


def machine_limit(rounds: int = ROUNDS) -> dict[str, float]:
    """Return {computation: GFLOP/s}, the most this machine reaches in a large matrix product or large convolutions."""
    import tensorflow as tf

    matrix = tf.random.normal((2048, 2048))
    work: dict[str, tuple[float, Callable[[], Any]]] = {
        "matrix product, float32, TensorFlow": (2 * 2048**3, lambda: tf.linalg.matmul(matrix, matrix).numpy())
    }
    photos, kernel = tf.random.normal((8, 56, 56, 256)), tf.random.normal((3, 3, 256, 256))
    convolution = tf.function(lambda values: tf.nn.conv2d(values, kernel, 1, "SAME"))
    operations = 2 * 8 * 56 * 56 * 9 * 256 * 256
    work["convolution, float32, TensorFlow"] = (operations, lambda: convolution(photos).numpy())
    for precision, request in _openvino_convolutions(kernel.numpy(), photos.shape):
        values = np.moveaxis(photos.numpy(), -1, 1)
        work[f"convolution, {precision}, OpenVINO"] = (
            operations * CONVOLUTIONS,
            partial(request.infer, [values], share_inputs=True),
        )
    seconds = _medians({name: compute for name, (_, compute) in work.items()}, rounds)
    return {name: operations / seconds[name] / 1e9 for name, (operations, _) in work.items()}


def operations_of(model: Any) -> float:
    """Return the operations of one photo's forward pass."""
    return float(sum(positions * operations for _, positions, operations in operations_by_layer(model)))


def operations_by_layer(model: Any) -> Iterator[tuple[str, int, int]]:
    """Yield (name, output positions, operations at each) of convolutions and dense layers; a multiply-add counts as two."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            yield layer.name, int(np.prod(layer.output.shape[1:-1], dtype=int)), 2 * int(np.prod(layer.kernel.shape))


def _measure_network(key: str, rounds: int) -> Iterator[Row]:
    import tensorflow as tf

    classifier = registry.load(NetworkRef.parse(key))
    model, prepare = registry.NETWORKS[key].model(), classifier.spec.preprocessing
    rgb = _photos(classifier.spec.input_size)
    target = int(classifier.logits(rgb[:1])[0].argmax())

    @tf.function
    def taped(batch: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            logit = model(batch, training=False)[:, target]
        return tape.gradient(logit, batch)

    def tape() -> np.ndarray:
        # In two halves: the activations of 16 photos at once would take more than 2 GB.
        parts = [taped(tf.constant(prepare.forward(half))).numpy() for half in np.split(rgb, 2)]
        return prepare.backward(np.concatenate(parts))

    forward = {
        "Keras predict_on_batch": lambda: model.predict_on_batch(prepare.forward(rgb)),
        "SeeSpot, exact": lambda: classifier.logits(rgb),
        "SeeSpot, low precision": lambda: classifier.logits(rgb, low_precision=True),
    }
    gradient = {
        "tf.function GradientTape": tape,
        "SeeSpot, exact": lambda: classifier.gradients(rgb, target),
        "SeeSpot, low precision": lambda: classifier.gradients(rgb, target, low_precision=True),
    }
    operations = operations_of(model)
    yield from _rows(classifier.spec.title, FORWARD, forward, operations, len(rgb), rounds, _largest_difference)
    yield from _rows(classifier.spec.title, GRADIENT, gradient, 2 * operations, len(rgb), rounds, _least_correlation)


def _rows(
    title: str,
    computation: str,
    implementations: dict[str, Callable[[], np.ndarray]],
    operations: float,
    photos: int,
    rounds: int,
    error: Callable[[np.ndarray, np.ndarray], str],
) -> Iterator[Row]:
    results = {name: compute() for name, compute in implementations.items()}  # this also builds the graphs
    seconds = _medians(implementations, rounds)
    first = next(iter(implementations))
    for name, total in seconds.items():
        per_photo = total / photos
        ratio = seconds[first] / total
        yield Row(
            title,
            computation,
            name,
            1000 * per_photo,
            ratio,
            operations / per_photo / 1e9,
            error(results[name], results[first]),
        )


def _medians(implementations: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return each implementation's median seconds; runs alternate, so that a slow minute of the machine affects all alike."""
    times: dict[str, list[float]] = {name: [] for name in implementations}
    for compute in implementations.values():
        compute()
    for _ in range(rounds):
        for name, compute in implementations.items():
            began = time.perf_counter()
            compute()
            times[name].append(time.perf_counter() - began)
    return {name: median(seconds) for name, seconds in times.items()}


def _openvino_convolutions(kernel: np.ndarray, shape: Any) -> Iterator[tuple[str, Any]]:
    try:
        import openvino as ov
        from openvino import opset14 as op
    except ImportError:
        return
    count, height, width, channels = shape
    photos = op.parameter([count, channels, height, width], np.float32)
    weights = op.constant(
        np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)) / 50
    )  # keeps the values' magnitude through the convolutions

    def rounded(values: ov.Node, low: float, high: float, levels: int) -> ov.Node:
        ends = [op.constant(np.float32(end)) for end in (low, high)]
        return op.fake_quantize(values, *ends, *ends, levels)

    def request(hint: str, integers: bool = False) -> ov.InferRequest:
        values: ov.Node = photos
        kernel_values = rounded(weights, -0.1, 0.1, 255) if integers else weights
        for _ in range(CONVOLUTIONS):
            values = rounded(values, 0, 4, 256) if integers else values
            values = op.relu(op.convolution(values, kernel_values, [1, 1], [1, 1], [1, 1], [1, 1]))
        # The mean keeps the output small, so that convolutions are measured and not copies of their output.
        graph = ov.Model([op.reduce_mean(values, op.constant([2, 3]))], [photos], "convolutions")
        return ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": hint}).create_infer_request()

    yield "float32", request("f32")
    yield "bfloat16", request("bf16")
    yield "8-bit integers", request("bf16", integers=True)


def _photos(size: tuple[int, int]) -> np.ndarray:
    """Return 16 photos rgb f32[16,h,w,3]: the samples, repeated."""
    paths = sorted(path for path in SAMPLES.iterdir() if path.suffix in (".jpg", ".webp"))
    photos = [squeeze(load_photo(path.read_bytes(), path.name).pixels, size) for path in paths]
    return np.stack([photos[number % len(photos)] for number in range(16)])


def _largest_difference(logits: np.ndarray, expected: np.ndarray) -> str:
    return f"logits within {np.abs(logits - expected).max():.1g}"


def _least_correlation(gradients: np.ndarray, expected: np.ndarray) -> str:
    pairs = zip(gradients, expected, strict=True)
    least = min(np.corrcoef(first.ravel(), second.ravel())[0, 1] for first, second in pairs)
    return f"correlation at least {least:.4f}"


def main() -> None:
    """Measure and print both tables."""
    print(HEADER)
    for row in measure_passes():
        print(row, flush=True)
    for name, gigaflops in machine_limit().items():
        print(f"The most this machine reaches: {name}: {gigaflops:.0f} GFLOP/s")


if __name__ == "__main__":
    main()
