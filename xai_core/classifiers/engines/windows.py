"""Logits of one photo with a patch pasted in here or there, recomputing of each layer only what the patch can change.

The idea is Krypton's (Nakandala, Kumar and Papakonstantinou, SIGMOD 2019, "Incremental and approximate inference for faster
occlusion-based deep CNN explanations", section 4): the photo's own maps are kept; which places of a layer a patch can
reach follows from kernels, strides and padding; only these are computed, from the maps around them, until they are most of
the map. It is exact, since all other places are what they were. Ours differs in that boxes of a batch share their size but
need not lie on a grid, and in that layers need not form a chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xai_core.classifiers.engines.graph import Graph

#: A box that is larger than this share of its map is given up for the whole map: gathering it would cost what it saves.
LARGEST_SHARE = 0.9

#: Corners this many steps apart meet the grids of all layers alike; no network here shrinks a photo more.
_GRID = 32

_SLIDING = (
    keras.layers.Conv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.ZeroPadding2D,
)
_POINTWISE = (
    keras.layers.BatchNormalization,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.Dropout,
)
Side = tuple[int, int]


@dataclass(frozen=True)
class Reach:
    """The places of a map that each of N patches can have changed: from `first` i64[N,2] up to, without, `end` i64[N,2]."""

    first: np.ndarray
    end: np.ndarray

    def boxes(self, side: Side) -> tuple[np.ndarray, np.ndarray]:
        """Return (corners i64[N,2], size i64[2]) of boxes of one size inside the map that hold all of them."""
        size = (self.end - self.first).max(axis=0)
        return np.minimum(self.first, side - size), size


class Windows:
    """Knows how far in a network patches reach, and computes logits from what they change. Changes nothing itself."""

    def __init__(self, model: keras.Model, graph: Graph) -> None:
        self._graph = graph
        self._photo = model.layers[0].name
        self._sides: dict[str, Side] = {
            layer.name: layer.output.shape[1:3] for layer in model.layers if len(layer.output.shape) == 4
        }

    def surroundings(self, layers: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of `layers` whose whole maps are needed to compute with parts of them."""
        needed: dict[str, None] = {}

        def note(layer: keras.Layer, inputs: list[str]) -> str:
            if not isinstance(layer, _POINTWISE):
                needed.update(dict.fromkeys(inputs))
            return layer.name

        self._graph.run(self._photo, note)
        return tuple(name for name in layers if name in needed)

    def layers(self, size: Side) -> tuple[str, ...]:
        """Return the layers that are worth computing in part only for patches of `size`, from input to output."""
        free = np.array(self._sides[self._photo]) - size
        corners = np.clip(free // 2 + np.arange(_GRID)[:, np.newaxis] - _GRID // 2, 0, free)
        return tuple(self.reach(corners, size, LARGEST_SHARE))

    def reach(self, corners: np.ndarray, size: Side, most: float = 1.0) -> dict[str, Reach]:
        """Return what patches of `size` at `corners` i64[N,2] can change in each layer up to which it can be followed.

        A map of which boxes would hold more than the share `most` is given up, and with it all that is made of it.
        """
        found: dict[str, Reach] = {}

        def note(name: str, reach: Reach) -> None:
            if np.prod(reach.boxes(self._sides[name])[1]) <= most * np.prod(self._sides[name]):
                found[name] = reach

        def follow(layer: keras.Layer, inputs: list[str]) -> str:
            if all(one in found for one in inputs):
                if (sliding := _Sliding.of(layer, self._sides[inputs[0]])) is not None:
                    note(layer.name, sliding.reach(found[inputs[0]], self._sides[layer.name]))
                elif _joins(layer) or isinstance(layer, _POINTWISE):
                    first = np.min([found[one].first for one in inputs], axis=0)
                    note(layer.name, Reach(first, np.max([found[one].end for one in inputs], axis=0)))
            return layer.name

        note(self._photo, Reach(corners, corners + size))
        self._graph.run(self._photo, follow)
        return found

    def boxes(self, layers: tuple[str, ...], corners: np.ndarray, size: Side) -> tuple[np.ndarray, np.ndarray]:
        """Return (corners i32[L,N,2], sizes i32[L,2]) of the boxes that patches of `size` at `corners` change in `layers`."""
        reach = self.reach(corners, size)
        boxes = [reach[name].boxes(self._sides[name]) for name in layers]
        return np.array([corner for corner, _ in boxes], np.int32), np.array([size for _, size in boxes], np.int32)

    def logits(
        self,
        layers: tuple[str, ...],
        patches: tf.Tensor,
        corners: tf.Tensor,
        sizes: tf.Tensor,
        maps: Mapping[str, tf.Tensor],
    ) -> tf.Tensor:
        """Return logits f32[N,C], with `layers` computed in their `boxes` only and all others as a whole.

        Patches f32[N,p,q,3] are in the network's own range; `maps` are the clean photo's, f32[u,v,K], of `surroundings`.
        """
        position = {name: number for number, name in enumerate(layers)}

        def apply(layer: keras.Layer, inputs: list[Any]) -> Any:
            if layer.name not in position or not all(isinstance(one, _Part) for one in inputs):
                return _computed(layer, [one.whole() if isinstance(one, _Part) else one for one in inputs])
            corner, size = corners[position[layer.name]], sizes[position[layer.name]]
            sliding = _Sliding.of(layer, self._sides[inputs[0].layer])
            if sliding is not None:
                output = sliding.outputs(layer, inputs[0], corner, size)
            elif len(inputs) > 1:
                output = _computed(layer, [one.around(corner, size) for one in inputs])
            else:
                output = _computed(layer, [inputs[0].boxes])
            return _Part(layer.name, output, corner, maps.get(layer.name))

        return self._graph.run(_Part(self._photo, patches, corners[0], maps[self._photo]), apply)


@dataclass(frozen=True)
class _Part:
    """What patches can have changed of a layer's output: boxes f32[N,p,q,K] at corners i32[N,2] of the clean map f32[u,v,K]."""

    layer: str
    boxes: tf.Tensor
    corners: tf.Tensor
    clean: Any  # None where no layer asks for more than the boxes

    def around(self, first: tf.Tensor, size: tf.Tensor, outside: float = 0.0) -> tf.Tensor:
        """Return f32[N,*size,K], the changed map from `first` i32[N,2] on, with `outside` where there is no map."""
        count, high, wide, channels = tf.unstack(tf.shape(self.boxes))
        height, width, _ = self.clean.shape.as_list()
        rows, columns = (first[:, axis, tf.newaxis] + tf.range(size[axis]) for axis in (0, 1))
        clean, in_map = _numbers(rows, columns, height, width)
        changed, in_box = _numbers(rows - self.corners[:, :1], columns - self.corners[:, 1:], high, wide)
        changed += height * width + tf.range(count)[:, tf.newaxis, tf.newaxis] * high * wide
        # A table of all pixels there are, and for each place the number of its pixel: each value is copied only once.
        table = [
            tf.reshape(self.clean, (height * width, channels)),
            tf.reshape(self.boxes, (-1, channels)),
            tf.fill((1, channels), outside),
        ]
        beyond = height * width + count * high * wide
        return tf.gather(tf.concat(table, axis=0), tf.where(in_box, changed, tf.where(in_map, clean, beyond)))

    def in_map(self, first: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        """Return f32[N,*size,1], 1 where `around` returns something of the map and 0 where it returns `outside`."""
        rows, columns = (first[:, axis, tf.newaxis] + tf.range(size[axis]) for axis in (0, 1))
        _, inside = _numbers(rows, columns, *self.clean.shape.as_list()[:2])
        return tf.cast(inside, tf.float32)[..., tf.newaxis]

    def whole(self) -> tf.Tensor:
        """Return the changed maps f32[N,u,v,K]."""
        return self.around(tf.zeros_like(self.corners), tf.constant(self.clean.shape.as_list()[:2]))


@dataclass(frozen=True)
class _Sliding:
    """How a layer slides over a map: two numbers each, down and across."""

    length: np.ndarray  # of its window, gaps included
    stride: np.ndarray
    padding: np.ndarray  # in front of the map; how much is behind it follows from the number of outputs

    @staticmethod
    def of(layer: keras.Layer, side: Side) -> "_Sliding | None":
        """Return how `layer` slides over a map of `side`, or None for a layer that does not, or in ways of its own."""
        if not isinstance(layer, _SLIDING) or layer.data_format != "channels_last" or getattr(layer, "groups", 1) > 1:
            return None
        if isinstance(layer, keras.layers.ZeroPadding2D):
            one = np.ones(2, np.int64)
            return _Sliding(one, one, np.array([layer.padding[0][0], layer.padding[1][0]]))
        if isinstance(layer, keras.layers.Conv2D):
            length = (np.array(layer.kernel_size) - 1) * layer.dilation_rate + 1
        else:
            length = np.array(layer.pool_size)
        stride = np.array(layer.strides)
        outputs = -(-np.array(side) // stride)
        missing = np.maximum((outputs - 1) * stride + length - side, 0)
        return _Sliding(length, stride, missing // 2 if layer.padding == "same" else np.zeros_like(missing))

    def reach(self, changed: Reach, side: Side) -> Reach:
        """Return which of the layer's outputs, a map of `side`, see a changed place; at least one, to have something."""
        first = -((self.length - 1 - self.padding - changed.first) // self.stride)
        end = (changed.end - 1 + self.padding) // self.stride + 1
        first = np.clip(first, 0, np.array(side) - 1)
        return Reach(first, np.clip(end, first + 1, side))

    def outputs(self, layer: keras.Layer, part: _Part, corners: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        """Return the layer's outputs f32[N,*size,K] in boxes at `corners` i32[N,2], from what they see of its input."""
        first = corners * self.stride - self.padding
        size = (size - 1) * self.stride + self.length
        if isinstance(layer, keras.layers.ZeroPadding2D):
            return part.around(first, size)
        if isinstance(layer, keras.layers.MaxPooling2D):
            seen = part.around(first, size, outside=-np.inf)
            return tf.nn.max_pool2d(seen, layer.pool_size, layer.strides, "VALID")
        seen = part.around(first, size)
        if isinstance(layer, keras.layers.AveragePooling2D):
            # What lies outside of the map does not count, neither in the sum nor in the number of places.
            sums, places = (
                tf.nn.avg_pool2d(one, layer.pool_size, layer.strides, "VALID")
                for one in (seen, part.in_map(first, size))
            )
            return sums / places
        outputs = tf.nn.conv2d(seen, layer.kernel, layer.strides, "VALID", dilations=layer.dilation_rate)
        if layer.bias is not None:
            outputs = tf.nn.bias_add(outputs, layer.bias)
        return layer.activation(outputs)


def _computed(layer: keras.Layer, inputs: list[tf.Tensor]) -> tf.Tensor:
    """Return what the layer itself makes of its inputs."""
    return layer(inputs if len(inputs) > 1 else inputs[0], training=False)


def _joins(layer: keras.Layer) -> bool:
    """Return whether a layer puts maps of one size together place by place."""
    if isinstance(layer, keras.layers.Concatenate):
        return layer.axis in (-1, 3)
    return isinstance(layer, keras.layers.Add)


def _numbers(rows: tf.Tensor, columns: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the places' numbers i32[N,p,q] in a map, row by row, for rows [N,p] and columns [N,q], and whether they exist."""
    inside = ((rows >= 0) & (rows < height))[:, :, tf.newaxis] & ((columns >= 0) & (columns < width))[:, tf.newaxis]
    return rows[:, :, tf.newaxis] * width + columns[:, tf.newaxis], inside
