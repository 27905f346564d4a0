"""Rewrites an OpenVINO graph so that its convolutions multiply 8-bit integers, as fast drafts do.

Jacob 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference", equation 1:
a value is an integer times a scale. Each output channel of a kernel has a scale of its own, each convolution's input one
for all. Two deviations: nothing is trained again, and convolutions that see few channels stay as they are. There the range
is spent on colours and edges, each of which matters, and little time would be saved.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset14 as op

from xai_core.images import load_photo, squeeze

#: Photos with dogs and without; what a network makes of them tells how large its layers' values get.
_PHOTOS = Path(__file__).parents[3] / "assets" / "samples"
_KINDS = {".jpg", ".png", ".webp"}

#: Convolutions that see fewer channels than this stay as they are.
_FEWEST_CHANNELS = 64

#: Steps from the smallest to the largest number: of values, and of weights, which are as many below 0 as above.
_LEVELS, _LEVELS_OF_WEIGHTS = 256, 255

#: A range this small belongs to a layer that answers nothing; it only must not be zero.
_SMALLEST_RANGE = 1e-6

#: Returns what a graph answers to its input.
Run = Callable[[ov.Model, np.ndarray], list[np.ndarray]]


def quantise(graph: ov.Model, write: Callable[[int], ov.Model], size: tuple[int, int], run: Run) -> None:
    """Change a graph from rgb f32[batch,h,w,3] so that its larger convolutions compute with 8 bits.

    `write` writes the same graph for another batch size; photos of `size` (h, w) go through that one to learn the ranges:
    the mean of what each of them reaches. A rare larger value is cut off.
    """
    if not _convolutions(graph):
        return
    photos = _typical_photos(size)
    probed = write(len(photos))
    places = op.constant(np.array([1, 2, 3], np.int64))
    inputs = [convolution.input_value(0) for convolution in _convolutions(probed)]
    extremes = [reduce(one, places) for reduce in (op.reduce_min, op.reduce_max) for one in inputs]
    lows, highs = np.split(np.stack(run(ov.Model(extremes, probed.get_parameters()), photos)).mean(1), 2)
    quantised: dict[tuple[str, int], ov.Output] = {}
    for convolution, low, high in zip(_convolutions(graph), lows, highs, strict=True):
        source, kernel = convolution.input_value(0), convolution.input_value(1)
        # Layers side by side that see the same values share them in 8 bits, too.
        name = source.get_node().get_friendly_name(), source.get_index()
        if name not in quantised:
            quantised[name] = _rounded(source, np.array(min(low, 0)), np.array(max(high, _SMALLEST_RANGE)), _LEVELS)
        convolution.input(0).replace_source_output(quantised[name])
        largest = np.abs(kernel.get_node().data).max(axis=(1, 2, 3), keepdims=True)
        most = np.maximum(largest, _SMALLEST_RANGE)
        convolution.input(1).replace_source_output(_rounded(kernel, -most, most, _LEVELS_OF_WEIGHTS))


def _convolutions(graph: ov.Model) -> list[ov.Node]:
    """Return the convolutions worth 8 bits, in the order of computation."""
    return [
        node
        for node in graph.get_ordered_ops()
        if node.get_type_name() == "Convolution" and node.get_input_shape(0)[1] >= _FEWEST_CHANNELS
    ]


def _rounded(values: ov.Output, low: np.ndarray, high: np.ndarray, levels: int) -> ov.Output:
    """Return values rounded to so many levels from low to high; OpenVINO makes integers of them where it can."""
    ends = [op.constant(end.astype(np.float32)) for end in (low, high)]
    return op.fake_quantize(values, *ends, *ends, levels).output(0)


@functools.cache
def _typical_photos(size: tuple[int, int]) -> np.ndarray:
    """Return the photos as f32[N,h,w,3] in [0, 1]."""
    files = sorted(file for file in _PHOTOS.iterdir() if file.suffix in _KINDS)
    photos = [squeeze(load_photo(file.read_bytes(), file.name).pixels, size) for file in files]
    return np.stack(photos).astype(np.float32)
