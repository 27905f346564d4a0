"""Writes a Keras network as an OpenVINO graph, and its input gradient as one too, made of forward operations only."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import openvino as ov
from openvino import opset14 as op

from xai_core.classifiers.base import ModelSpec, Preprocessing
from xai_core.classifiers.engines.graph import Graph
from xai_core.errors import UnsupportedError

#: From d logit / d output of a step to d logit / d input, one for each input. Pictures are [N,K,u,v] here, channels first.
Pull = Callable[[ov.Output], list[ov.Output]]


@dataclass(frozen=True, eq=False)
class _Step:
    output: ov.Output
    inputs: tuple["_Step", ...]
    pull: Pull

    @property
    def sizes(self) -> list[int]:
        return list(self.output.get_shape())


def forward_model(model: keras.Model, spec: ModelSpec, batch: int) -> ov.Model:
    """Return the graph from rgb f32[batch,h,w,3] in [0, 1] to logits f32[batch,C] and what the last layer sees f32[batch,D].

    Raises UnsupportedError for a layer that is not understood.
    """
    rgb, steps = _written(model, spec, batch)
    return ov.Model([steps[-1].output, steps[-1].inputs[0].output], [rgb], model.name)


def gradient_model(model: keras.Model, spec: ModelSpec, batch: int) -> ov.Model:
    """Return the graph from rgb f32[batch,h,w,3] and start f32[batch,C] to the gradient of sum(start * logits), like rgb.

    Raises UnsupportedError for a layer that is not understood.
    """
    rgb, steps = _written(model, spec, batch)
    start = op.parameter(steps[-1].sizes, np.float32, name="start")
    signals = {steps[-1]: _out(start)}
    for step in reversed(steps[1:]):
        for source, part in zip(step.inputs, step.pull(signals.pop(step)), strict=True):
            signals[source] = _out(op.add(signals[source], part)) if source in signals else part
    return ov.Model(steps[0].pull(signals[steps[0]]), [rgb, start], f"{model.name}_gradient")


def _written(model: keras.Model, spec: ModelSpec, batch: int) -> tuple[ov.Node, list[_Step]]:
    """Return the photos' node and the steps in order of computation; the first prepares the photos, the last has the logits."""
    rgb = op.parameter([batch, *spec.input_size, 3], np.float32, name="rgb")
    steps = [_prepared(_out(rgb), spec.preprocessing)]

    def apply(layer: keras.Layer, inputs: list[_Step]) -> _Step:
        step = inputs[0]
        if not isinstance(layer, keras.layers.Dropout | keras.layers.Activation | keras.layers.ReLU):
            step = _layer(layer, inputs)
            steps.append(step)
        if _ends_in_relu(layer):
            step = _relu(step)
            steps.append(step)
        return step

    Graph(model).run(steps[0], apply)
    return rgb, steps


def _layer(layer: keras.Layer, inputs: list[_Step]) -> _Step:
    """Return the layer's output before its activation."""
    for kind, write in _WRITERS.items():
        if isinstance(layer, kind):
            return write(layer, *inputs)
    raise _not_taught(layer)


def _ends_in_relu(layer: keras.Layer) -> bool:
    if isinstance(layer, keras.layers.ReLU):
        _only(layer, layer.max_value is None and not layer.negative_slope and not layer.threshold)
        return True
    activation = getattr(layer, "activation", None)
    _only(layer, activation in (None, keras.activations.linear, keras.activations.relu))
    return activation is keras.activations.relu


def _only(layer: keras.Layer, understood: bool) -> None:
    if not understood:
        raise _not_taught(layer)


def _not_taught(layer: keras.Layer) -> UnsupportedError:
    return UnsupportedError("OpenVINO is not taught the layer “{layer}” of this network.", layer=layer.name)


def _prepared(rgb: ov.Output, preprocessing: Preprocessing) -> _Step:
    """Return the photos in the network's own range and order, channels first; its pull leads back to rgb."""
    order = _integers([2, 1, 0] if preprocessing.bgr else [0, 1, 2])
    scale = _floats(preprocessing.scale)
    pixels = op.gather(op.transpose(rgb, _integers([0, 3, 1, 2])), order, _integers(1))
    output = op.add(op.multiply(pixels, scale), _by_channel(np.asarray(preprocessing.shift)))

    def pull(signal: ov.Output) -> list[ov.Output]:
        ordered = op.gather(op.multiply(signal, scale), order, _integers(1))
        return [_out(op.transpose(ordered, _integers([0, 2, 3, 1])))]

    return _Step(_out(output), (), pull)


def _relu(source: _Step) -> _Step:
    output = _out(op.relu(source.output))

    def pull(signal: ov.Output) -> list[ov.Output]:
        return [_out(op.select(op.greater(output, _floats(0)), signal, _floats(0)))]

    return _Step(output, (source,), pull)


def _convolution(layer: keras.layers.Conv2D, source: _Step) -> _Step:
    _only(layer, layer.groups == 1 and tuple(layer.dilation_rate) == (1, 1))
    kernel = np.asarray(layer.kernel, np.float32)
    size, strides = kernel.shape[:2], list(layer.strides)
    before, after = _padding(layer.padding, source.sizes[2:], size, strides)
    weights = _floats(kernel.transpose(3, 2, 0, 1))
    output = _out(op.convolution(source.output, weights, strides, before, after, [1, 1]))
    left_over = [
        width + first + last - (steps - 1) * stride - extent
        for width, first, last, steps, stride, extent in zip(
            source.sizes[2:], before, after, list(output.get_shape())[2:], strides, size, strict=True
        )
    ]

    def pull(signal: ov.Output) -> list[ov.Output]:
        if strides == [1, 1]:
            # The same as the transposed convolution below, but run by much faster code.
            turned = _floats(kernel[::-1, ::-1].transpose(2, 3, 0, 1))
            first, last = (
                [extent - 1 - pad for extent, pad in zip(size, pads, strict=True)] for pads in (before, after)
            )
            return [_out(op.convolution(signal, turned, [1, 1], first, last, [1, 1]))]
        transposed = op.convolution_backprop_data(
            signal, weights, strides, pads_begin=before, pads_end=after, dilations=[1, 1], output_padding=left_over
        )
        return [_out(transposed)]

    if layer.bias is not None:
        output = _out(op.add(output, _by_channel(np.asarray(layer.bias))))
    return _Step(output, (source,), pull)


def _dense(layer: keras.layers.Dense, source: _Step) -> _Step:
    kernel = np.asarray(layer.kernel, np.float32)
    output = op.matmul(source.output, _floats(kernel), False, False)
    if layer.bias is not None:
        output = op.add(output, _floats(np.asarray(layer.bias)[np.newaxis]))
    return _Step(_out(output), (source,), lambda signal: [_out(op.matmul(signal, _floats(kernel), False, True))])


def _batch_normalisation(layer: keras.layers.BatchNormalization, source: _Step) -> _Step:
    """Return the step as one scale and one shift a channel; OpenVINO folds both into the convolution before."""
    scale = 1 / np.sqrt(np.asarray(layer.moving_variance, np.float64) + layer.epsilon)
    if layer.gamma is not None:
        scale = scale * np.asarray(layer.gamma)
    shift = -np.asarray(layer.moving_mean) * scale
    if layer.beta is not None:
        shift = shift + np.asarray(layer.beta)
    factor = _by_channel(scale)
    output = op.add(op.multiply(source.output, factor), _by_channel(shift))
    return _Step(_out(output), (source,), lambda signal: [_out(op.multiply(signal, factor))])


def _max_pooling(layer: keras.layers.MaxPooling2D, source: _Step) -> _Step:
    """Return the step whose pull sends each signal to the first of the largest values in its window, as TensorFlow does.

    Ties are common: flat parts of a photo, and anything in half precision.
    """
    size, strides = list(layer.pool_size), list(layer.strides)
    _only(layer, layer.padding == "valid" and strides[0] == strides[1] and min(size) >= strides[0])
    output = _out(op.max_pool(source.output, strides, [1, 1], [0, 0], [0, 0], size))
    _, _, rows, columns = output.get_shape()

    def pull(signal: ov.Output) -> list[ov.Output]:
        parts: dict[tuple[int, int], ov.Output] = {}
        left = signal  # what has not found its winner yet
        for row in range(size[0]):
            for column in range(size[1]):
                stop = [row + (rows - 1) * strides[0] + 1, column + (columns - 1) * strides[1] + 1]
                values = op.slice(source.output, *map(_integers, ([row, column], stop, strides, [2, 3])))
                wins = op.equal(values, output)
                parts[row, column] = _out(op.select(wins, left, _floats(0)))
                left = _out(op.select(wins, _floats(0), left))
        return [_interleaved(parts, strides[0], source.sizes)]

    return _Step(output, (source,), pull)


def _interleaved(parts: dict[tuple[int, int], ov.Output], stride: int, sizes: list[int]) -> ov.Output:
    """Return [N,K,h,w] of the given sizes: at (r + stride i, c + stride j) the sum of all parts[r, c][i, j], elsewhere 0."""
    count, channels, height, width = sizes
    blocks = [-(-height // stride), -(-width // stride)]
    phases: list[ov.Output | None] = [None] * stride**2
    for (row, column), part in parts.items():
        before = [row // stride, column // stride]
        after = [
            most - one - first for most, one, first in zip(blocks, list(part.get_shape())[2:], before, strict=True)
        ]
        placed = _out(op.pad(part, _integers([0, 0, *before]), _integers([0, 0, *after]), "constant", _floats(0)))
        phase = row % stride * stride + column % stride
        earlier = phases[phase]
        phases[phase] = placed if earlier is None else _out(op.add(earlier, placed))
    stacked = op.concat([op.unsqueeze(phase, _integers(2)) for phase in phases], 2)
    deep = op.reshape(stacked, _integers([count, channels * stride**2, *blocks]), False)
    whole = op.depth_to_space(deep, "depth_first", stride)
    return _out(op.slice(whole, *map(_integers, ([0, 0], [height, width], [1, 1], [2, 3]))))


def _average_pooling(layer: keras.layers.AveragePooling2D, source: _Step) -> _Step:
    """Return the step; windows that reach over the edge average the places inside, as in TensorFlow."""
    size, strides = list(layer.pool_size), list(layer.strides)
    _only(layer, layer.padding == "same" and strides == [1, 1] and size[0] % 2 == size[1] % 2 == 1)
    around = [extent // 2 for extent in size]
    inside = [
        np.convolve(np.ones(extent), np.ones(window), "same")
        for extent, window in zip(source.sizes[2:], size, strict=True)
    ]
    share = _floats(size[0] * size[1] / np.outer(*inside)[np.newaxis, np.newaxis])
    output = op.avg_pool(source.output, [1, 1], around, around, size, exclude_pad=True)

    def pull(signal: ov.Output) -> list[ov.Output]:
        return [_out(op.avg_pool(op.multiply(signal, share), [1, 1], around, around, size, exclude_pad=False))]

    return _Step(_out(output), (source,), pull)


def _global_average(layer: keras.layers.GlobalAveragePooling2D, source: _Step) -> _Step:
    _only(layer, not layer.keepdims)
    sizes = source.sizes
    output = op.reduce_mean(source.output, _integers([2, 3]), keep_dims=False)

    def pull(signal: ov.Output) -> list[ov.Output]:
        shared = op.reshape(
            op.multiply(signal, _floats(1 / (sizes[2] * sizes[3]))), _integers([*sizes[:2], 1, 1]), False
        )
        return [_out(op.broadcast(shared, _integers(sizes)))]

    return _Step(_out(output), (source,), pull)


def _flatten(layer: keras.layers.Flatten, source: _Step) -> _Step:
    """Return the step in Keras' order, which counts channels fastest."""
    count, channels, height, width = source.sizes
    rows = op.reshape(op.transpose(source.output, _integers([0, 2, 3, 1])), _integers([count, -1]), False)

    def pull(signal: ov.Output) -> list[ov.Output]:
        pixels = op.reshape(signal, _integers([count, height, width, channels]), False)
        return [_out(op.transpose(pixels, _integers([0, 3, 1, 2])))]

    return _Step(_out(rows), (source,), pull)


def _concatenate(layer: keras.layers.Concatenate, *sources: _Step) -> _Step:
    _only(layer, layer.axis in (-1, 3))
    channels = _integers([source.sizes[1] for source in sources])
    output = op.concat([source.output for source in sources], 1)
    return _Step(_out(output), sources, lambda signal: op.variadic_split(signal, _integers(1), channels).outputs())


_WRITERS: dict[type, Callable[..., _Step]] = {
    keras.layers.Conv2D: _convolution,
    keras.layers.Dense: _dense,
    keras.layers.BatchNormalization: _batch_normalisation,
    keras.layers.MaxPooling2D: _max_pooling,
    keras.layers.AveragePooling2D: _average_pooling,
    keras.layers.GlobalAveragePooling2D: _global_average,
    keras.layers.Flatten: _flatten,
    keras.layers.Concatenate: _concatenate,
}


def _padding(kind: str, extents: list[int], size: tuple[int, int], strides: list[int]) -> tuple[list[int], list[int]]:
    """Return the rows and columns of zeros before and after a picture, by TensorFlow's rule: the odd one comes after."""
    if kind == "valid":
        return [0, 0], [0, 0]
    total = [
        max((-(-extent // stride) - 1) * stride + window - extent, 0)
        for extent, window, stride in zip(extents, size, strides, strict=True)
    ]
    return [one // 2 for one in total], [one - one // 2 for one in total]


def _by_channel(values: np.ndarray) -> ov.Node:
    return _floats(np.reshape(values, (1, -1, 1, 1)))


def _floats(values: float | np.ndarray) -> ov.Node:
    return op.constant(np.asarray(values, np.float32, order="C"))


def _integers(values: int | list[int]) -> ov.Node:
    return op.constant(np.asarray(values, np.int64))


def _out(node: ov.Node) -> ov.Output:
    return node.output(0)
