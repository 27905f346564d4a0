"""A Keras network taken apart into its layers, so that a pass may treat each ReLU and each pooling in a way of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from xai_core.classifiers.base import Rule
from xai_core.errors import UnsupportedError

#: Layers whose output is their input times a constant matrix (plus a constant) once training is over.
_AFFINE = (
    keras.layers.Conv2D,
    keras.layers.Dense,
    keras.layers.BatchNormalization,
    keras.layers.AveragePooling2D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.Concatenate,
    keras.layers.Add,
    keras.layers.ZeroPadding2D,
    keras.layers.Flatten,
    keras.layers.Dropout,
)

#: Input differences smaller than this have no slope that single precision could tell: the gradient stands in for it.
_NO_DIFFERENCE = 1e-6

#: Computes a layer's output from its inputs; what travels from layer to layer is up to it: a tensor, or a pair of them.
Apply = Callable[[keras.Layer, list[Any]], Any]


@dataclass(frozen=True)
class _Step:
    layer: keras.Layer
    sources: tuple[int, ...]  # positions of the steps whose outputs this layer takes
    spent: tuple[int, ...]  # those of them that no later layer takes


class Graph:
    """The layers of a functional Keras model in the order of computation. Shares the model's weights, changes nothing."""

    def __init__(self, model: keras.Model) -> None:
        positions = {id(layer.output): position for position, layer in enumerate(model.layers)}
        sources = [
            () if isinstance(layer, keras.layers.InputLayer) else tuple(positions[id(one)] for one in _inputs(layer))
            for layer in model.layers
        ]
        last_use = {source: position for position, taken in enumerate(sources) for source in taken}
        self._steps = tuple(
            _Step(layer, taken, tuple(source for source in taken if last_use[source] == position))
            for position, (layer, taken) in enumerate(zip(model.layers, sources, strict=True))
        )

    def run(self, value: Any, apply: Apply, *, until: str | None = None) -> Any:
        """Return what `apply` makes of the last layer, or of the layer named `until`, starting from the photos' `value`."""
        values: dict[int, Any] = {}
        for position, step in enumerate(self._steps):
            values[position] = apply(step.layer, [values[one] for one in step.sources]) if step.sources else value
            if step.layer.name == until:
                break
            for one in step.spent:
                del values[one]
        return values[position]


def by_rule(rule: Rule) -> Apply:
    """Return the forward pass on tensors whose backward pass treats ReLUs by `rule`.

    Max-pooling sends the signal to the place that won (Zeiler and Fergus' switches), and all other layers are transposed, as
    in the gradient; where windows overlap the signals add up. An activation other than ReLU keeps its derivative.
    """
    relu = tf.nn.relu if rule == "plain" else _rectifier(rule)

    def apply(layer: keras.Layer, inputs: list[tf.Tensor]) -> tf.Tensor:
        if isinstance(layer, keras.layers.MaxPooling2D):
            return layer(inputs[0])
        output = affine(layer, inputs)
        activation = _activation(layer)
        if activation is None:
            return output
        return relu(output) if activation is keras.activations.relu else activation(output)

    return apply


def by_rescaling(layer: keras.Layer, inputs: list[tuple[tf.Tensor, tf.Tensor]]) -> tuple[tf.Tensor, tf.Tensor]:
    """Forward pass on pairs (photos, their references) whose backward pass on the photos carries DeepLIFT's multipliers.

    Shrikumar 2017, equation 14: an activation passes the slope between reference and photo. Max-pooling, for which the
    paper gives no rule, is treated as shap.DeepExplainer does: what the photo's winner rose above the reference's is credited
    to the photo's place, what it fell below it to the reference's place. Where neither input nor output differ from the
    reference's the gradient at the photo stands in, which is the limit of both rules (SHAP: 0 in max-pooling).
    """
    return _rescaled_layer(layer, inputs, lambda _, references: references)


def by_secants(layer: keras.Layer, inputs: list[tuple[tf.Tensor, tf.Tensor]]) -> tuple[tf.Tensor, tf.Tensor]:
    """Forward pass on pairs (photos of a path, the one before it): each is the reference of the next (see by_rescaling)."""
    return _rescaled_layer(
        layer, inputs, lambda values, before: tf.stop_gradient(tf.concat([before, values[:-1]], axis=0))
    )


def _rescaled_layer(
    layer: keras.Layer,
    inputs: list[tuple[tf.Tensor, tf.Tensor]],
    references: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return a layer's outputs for pairs (photos, others); `references` makes of both what the photos are compared with."""
    if isinstance(layer, keras.layers.MaxPooling2D):
        ((photos, others),) = inputs
        return _rescaled_pooling(layer, photos, lambda values: references(values, others)), layer(others)
    photos, others = (affine(layer, list(half)) for half in zip(*inputs, strict=True))
    activation = _activation(layer)
    if activation is None:
        return photos, others
    return _rescaled(activation, photos, lambda values: references(values, others)), activation(others)


def affine(layer: keras.Layer, inputs: list[tf.Tensor]) -> tf.Tensor:
    """Return a layer's output before its activation. Raises UnsupportedError for layers that are not understood."""
    if isinstance(layer, keras.layers.Activation | keras.layers.ReLU):
        return inputs[0]
    if not isinstance(layer, _AFFINE):
        raise UnsupportedError(
            "The layer “{layer}” of this network cannot be followed backwards by a rule.", layer=layer.name
        )
    if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
        kernel = tf.convert_to_tensor(layer.kernel)
        dense = isinstance(layer, keras.layers.Dense)
        product = inputs[0] @ kernel if dense else layer.convolution_op(inputs[0], kernel)
        return product if layer.bias is None else product + tf.convert_to_tensor(layer.bias)
    return layer(inputs if len(inputs) > 1 else inputs[0], training=False)


def _inputs(layer: keras.Layer) -> list[keras.KerasTensor]:
    return tf.nest.flatten(layer.input)


def _activation(layer: keras.Layer) -> Callable[[tf.Tensor], tf.Tensor] | None:
    """Return the function that ends a layer, or None where there is none."""
    if isinstance(layer, keras.layers.ReLU):
        plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
        return keras.activations.relu if plain else layer
    activation = getattr(layer, "activation", None)
    return None if activation is keras.activations.linear else activation


def _rectifier(rule: Rule) -> Callable[[tf.Tensor], tf.Tensor]:
    @tf.custom_gradient
    def relu(values: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        output = tf.nn.relu(values)

        def backward(signal: tf.Tensor) -> tf.Tensor:
            positive = tf.nn.relu(signal)
            return positive if rule == "deconvnet" else tf.where(output > 0, positive, 0.0)

        return output, backward

    return relu


#: Returns what a layer's input `values` are compared with.
Reference = Callable[[tf.Tensor], tf.Tensor]


def _rescaled(activation: Callable[[tf.Tensor], tf.Tensor], photo: tf.Tensor, reference_of: Reference) -> tf.Tensor:
    @tf.custom_gradient
    def forward(values: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def backward(signal: tf.Tensor) -> tf.Tensor:
            # Only the values are kept until here: everything else is quicker to compute again than to store.
            reference = reference_of(values)
            with tf.GradientTape() as tape:
                tape.watch(values)
                output = activation(values)
            difference = values - reference
            same = tf.abs(difference) < _NO_DIFFERENCE
            slope = (output - activation(reference)) / tf.where(same, 1.0, difference)
            return signal * tf.where(same, tape.gradient(output, values), slope)

        return activation(values), backward

    return forward(photo)


def _rescaled_pooling(layer: keras.layers.MaxPooling2D, photo: tf.Tensor, reference_of: Reference) -> tf.Tensor:
    def to_winners(values: tf.Tensor, output: tf.Tensor, signal: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.MaxPoolGrad(
            orig_input=values,
            orig_output=output,
            grad=signal,
            ksize=(1, *layer.pool_size, 1),
            strides=(1, *layer.strides, 1),
            padding=layer.padding.upper(),
        )

    @tf.custom_gradient
    def forward(values: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        output = layer(values)

        def backward(signal: tf.Tensor) -> tf.Tensor:
            reference = reference_of(values)
            reference_output = layer(reference)
            higher = tf.maximum(output, reference_output)
            credit = to_winners(values, output, signal * (higher - reference_output))
            credit += to_winners(reference, reference_output, signal * (output - higher))
            difference = values - reference
            same = tf.abs(difference) < _NO_DIFFERENCE
            unmoved = tf.where(tf.abs(output - reference_output) < _NO_DIFFERENCE, signal, 0.0)
            return tf.where(same, to_winners(values, output, unmoved), credit / tf.where(same, 1.0, difference))

        return output, backward

    return forward(photo)
