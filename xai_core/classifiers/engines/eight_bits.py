"""Rewrites OpenVINO graphs so that their convolutions multiply 8-bit integers, for low-precision passes.

Jacob 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference", equation 1:
a value is an integer times a scale. Each output channel of a kernel has a scale of its own, each convolution's input one
for all. Two deviations: nothing is trained again, and convolutions that see few channels stay as they are. There the range
is spent on colours and edges, each of which matters, and little time would be saved.

A gradient's graph gets 8 bits in its backward half alone. That half is linear, and its rounding averages out over samples;
rounding in the forward half moves the kinks that all samples share, the more the deeper the network. Measured on expected
gradients, 1 minus the correlation with single precision: on 240 samples VGG16 lost 0.0005 in bfloat16 alone, 0.0007 with
8 bits on the way back, and on another photo 0.0006 in bfloat16 where 8 bits in both halves lost 0.0019. On 120 samples of
each photo InceptionV3 lost 0.0079 and 0.0096 in bfloat16, 0.0007 both times with single precision on the way to the logit
and 8 bits on the way back, for 1.4 times the time (these were the weights before the present ones). With the present ones
InceptionV3 lost 0.001 to 0.002 on four photos and 0.003 to 0.015 of the map's size, for 1.5 times the time.
"""

import functools
from collections.abc import Callable

import numpy as np
import openvino as ov
from openvino import opset14 as op

from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import SAMPLES

#: Photos with dogs and without; what a network makes of them tells how large its layers' values get.
_KINDS = {".jpg", ".png", ".webp"}

#: Convolutions that see fewer channels than this stay as they are.
_FEWEST_CHANNELS = 64

#: Integers from the smallest to the largest that a value or a weight may become.
_LEVELS, _LEVELS_OF_WEIGHTS = 256, 255

#: The integers up to which weights go. Processors without instructions for it add two products in 16 bits on the way to
#: their sum and cut off what has no room: up to 63 all have room (255 * 63 * 2 < 2 ** 15), for one bit of the weights.
#: Measured on 5 and 8 photos with patches hidden: the explained logit is then off by 0.05 to 0.35 (VGG16) and 0.11 to 0.27
#: (InceptionV3), root mean square, and correlates to at least 0.993 and 0.996 with the exact one.
STEPS, STEPS_IN_16_BITS = 127, 63

#: A range this small belongs to a layer that is all zero; it only must not be zero itself.
_SMALLEST_RANGE = 1e-6

#: How much larger than on typical photos a signal on its way back may be before it is cut off: other classes and contrasts
#: of two reach up to three times as high, in few places.
_MARGIN = 1.5

#: Returns the outputs of a graph for its inputs.
Run = Callable[..., list[np.ndarray]]


def quantise(
    graph: ov.Model, write: Callable[[int], ov.Model], size: tuple[int, int], run: Run, *, steps: int = STEPS
) -> None:
    """Change a graph from rgb f32[batch,h,w,3] so that its larger convolutions compute with 8 bits, weights in +-`steps`.

    `write` writes the same graph for another batch size; photos of `size` (h, w) go through that one to learn the ranges:
    the mean of what each of them reaches. A rare larger value is cut off.
    """

    def ends(low: float, high: float) -> tuple[float, float]:
        return min(low, 0), max(high, _SMALLEST_RANGE)

    _rewrite(graph, write, _convolutions, [typical_photos(size)], ends, run, steps)


def quantise_backward(
    graph: ov.Model,
    write: Callable[[int], ov.Model],
    photos: np.ndarray,
    starts: np.ndarray,
    run: Run,
    *,
    steps: int = STEPS,
) -> None:
    """Change a graph from rgb and start (see gradient_model) so that the convolutions of its backward half use 8 bits.

    Weights become integers in +-`steps`. The ranges are learned from photos f32[N,h,w,3] and the starts f32[N,C] of their
    signals.
    """

    def ends(low: float, high: float) -> tuple[float, float]:
        most = max(-low, high, _SMALLEST_RANGE) * _MARGIN
        return -most * 128 / 127, most  # all 256 integers: OpenVINO shifts zero where there are 255

    _rewrite(graph, write, _sent_back, [photos, starts], ends, run, steps)


def _rewrite(
    graph: ov.Model,
    write: Callable[[int], ov.Model],
    choose: Callable[[ov.Model], list[ov.Node]],
    arrays: list[np.ndarray],
    ends: Callable[[float, float], tuple[float, float]],
    run: Run,
    steps: int,
) -> None:
    """Let the chosen convolutions see 8 bits between the `ends` of what they see on average over the inputs in `arrays`."""
    convolutions = choose(graph)
    if not convolutions:
        return
    probed = write(len(arrays[0]))
    places = op.constant(np.array([1, 2, 3], np.int64))
    inputs = [convolution.input_value(0) for convolution in choose(probed)]
    extremes = [reduce(one, places) for reduce in (op.reduce_min, op.reduce_max) for one in inputs]
    lows, highs = np.split(np.stack(run(ov.Model(extremes, probed.get_parameters()), *arrays)).mean(1), 2)
    quantised: dict[tuple[str, int], ov.Output] = {}
    for convolution, low, high in zip(convolutions, lows, highs, strict=True):
        source, kernel = convolution.input_value(0), convolution.input_value(1)
        # Layers side by side that see the same values share them in 8 bits, too.
        name = source.get_node().get_friendly_name(), source.get_index()
        if name not in quantised:
            low, high = ends(low, high)
            quantised[name] = _rounded(source, np.array(low), np.array(high), _LEVELS)
        convolution.input(0).replace_source_output(quantised[name])
        largest = np.abs(kernel.get_node().data).max(axis=(1, 2, 3), keepdims=True)
        most = np.maximum(largest, _SMALLEST_RANGE) * STEPS / steps
        convolution.input(1).replace_source_output(_rounded(kernel, -most, most, _LEVELS_OF_WEIGHTS))


def _convolutions(graph: ov.Model) -> list[ov.Node]:
    """Return the convolutions worth 8 bits, in the order of computation."""
    return [
        node
        for node in graph.get_ordered_ops()
        if node.get_type_name() == "Convolution" and node.get_input_shape(0)[1] >= _FEWEST_CHANNELS
    ]


def _sent_back(graph: ov.Model) -> list[ov.Node]:
    """Return the convolutions worth 8 bits that see a signal on its way back, in the order of computation."""
    [start] = [node for node in graph.get_parameters() if node.get_friendly_name() == "start"]
    names = {start.get_friendly_name()}
    for node in graph.get_ordered_ops():
        if any(one.get_source_output().get_node().get_friendly_name() in names for one in node.inputs()):
            names.add(node.get_friendly_name())
    return [one for one in _convolutions(graph) if one.get_friendly_name() in names]


def _rounded(values: ov.Output, low: np.ndarray, high: np.ndarray, levels: int) -> ov.Output:
    """Return values rounded to so many levels from low to high; OpenVINO makes integers of them where it can."""
    ends = [op.constant(end.astype(np.float32)) for end in (low, high)]
    return op.fake_quantize(values, *ends, *ends, levels).output(0)


@functools.cache
def typical_photos(size: tuple[int, int]) -> np.ndarray:
    """Return photos with dogs and without, f32[N,h,w,3] in [0, 1]."""
    files = sorted(file for file in SAMPLES.iterdir() if file.suffix in _KINDS)
    photos = [squeeze(load_photo(file.read_bytes(), file.name).pixels, size) for file in files]
    return np.stack(photos).astype(np.float32)
