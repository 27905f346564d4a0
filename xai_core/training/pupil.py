"""A network that learns from a teacher: its weights, their average and the optimizers' state, one step at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_core.classifiers import weights
from xai_core.classifiers.base import Preprocessing
from xai_core.training.recipe import Distillation, distillation_loss

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_WEIGHTS, _AVERAGE, _OPTIMIZER, _LOSSES = "weights/", "average/", "optimizer/", "losses"


class Pupil:
    """A model in training. AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101) with one learning rate above the recipe's
    layer `gentle_up_to` and one below, gradients clipped by the norm of all of them together.
    """

    def __init__(self, model: "keras.Model", preprocessing: Preprocessing, recipe: Distillation) -> None:
        """Take a model (preprocessed photos -> logits), which learns in place."""
        import keras
        import tensorflow as tf

        self.model = model
        self._preprocessing, self._recipe = preprocessing, recipe
        for layer in _layers_up_to(model, recipe.frozen_up_to):
            layer.trainable = False
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = recipe.norm_momentum
        gentle = {
            id(variable)
            for layer in _layers_up_to(model, recipe.gentle_up_to)
            for variable in layer.trainable_variables
        }
        self._groups = []
        for low, rate in ((True, recipe.gentle_learning_rate), (False, recipe.learning_rate)):
            variables = [variable for variable in model.trainable_variables if (id(variable) in gentle) == low]
            if variables:
                self._groups.append((variables, rate, _optimizer(variables, recipe)))
        self._learning = [variable for variables, _, _ in self._groups for variable in variables]
        self._averaged = [variable for variable in model.weights if "seed_generator" not in variable.path]
        self._average = [tf.Variable(variable.value, trainable=False) for variable in self._averaged]
        #: The sum of the losses since somebody set it to zero.
        self.losses = tf.Variable(0.0, trainable=False)
        self._update = tf.function(self._learn_once, autograph=False)
        self.answers = tf.function(self._answers, autograph=False)

    def learn(self, rgb: "tf.Tensor", taught: "tf.Tensor", wanted: "tf.Tensor", step: int) -> None:
        """Take one step: views f32[B,h,w,3] in [0, 1], the teacher's logits on them and what they show, both f32[B,C]."""
        import keras
        import tensorflow as tf

        for _, rate, optimizer in self._groups:
            optimizer.learning_rate = rate * self._recipe.rate(step)
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Dropout):
                # What is dropped depends on the step alone, so that a run that was stopped drops the same.
                layer.seed_generator.state.assign([self._recipe.seed, step])
        self._update(rgb, taught, wanted, tf.constant(self._recipe.kept(step), tf.float32))

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Have the average in the place of the weights for a while."""
        own = [variable.value.numpy() for variable in self._averaged]
        self.take_average()
        try:
            yield
        finally:
            for variable, value in zip(self._averaged, own, strict=True):
                variable.assign(value)

    def take_average(self) -> None:
        """Put the average in the place of the weights for good."""
        for variable, average in zip(self._averaged, self._average, strict=True):
            variable.assign(average)

    def measure_norms(self, batches: "Iterable[tf.Tensor]") -> None:
        """Set the batch norms that learn to the mean of their statistics on these views, f32[B,h,w,3] each.

        The running ones lag behind the weights, and their average is of statistics that belonged to other weights.
        """
        import keras
        import tensorflow as tf

        norms = [
            layer
            for layer in self.model.layers
            if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        ]
        variables = [variable for norm in norms for variable in (norm.moving_mean, norm.moving_variance)]
        for norm in norms:
            norm.momentum = 0.0  # a batch's own statistics stand in the layer after it
        look = tf.function(lambda rgb: self.model(self._preprocessing.forward(rgb), training=True), autograph=False)
        seen = []
        for rgb in batches:
            look(rgb)
            seen.append([np.asarray(variable) for variable in variables])
        for variable, values in zip(variables, zip(*seen, strict=True), strict=True):
            variable.assign(np.mean(values, axis=0))

    def state(self) -> dict[str, np.ndarray]:
        """Return all that a later run needs to go on: weights, their average, the optimizers' momenta, the sum of losses."""
        arrays = {_WEIGHTS + name: array for name, array in weights.arrays_of(self.model).items()}
        with self.averaged():
            arrays |= {_AVERAGE + name: array for name, array in weights.arrays_of(self.model).items()}
        return arrays | {name: np.asarray(variable) for name, variable in self._others().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Set everything to a state from an earlier run. Raises WeightsError where it is another network's."""
        weights.assign(self.model, _part(state, _AVERAGE))
        for variable, average in zip(self._averaged, self._average, strict=True):
            average.assign(variable.value)
        weights.assign(self.model, _part(state, _WEIGHTS))
        for name, variable in self._others().items():
            variable.assign(state[name])

    def _others(self) -> dict[str, Any]:
        """Return the variables that belong to no layer, by their names in a state."""
        found = {
            f"{_OPTIMIZER}{group}/{number}": variable
            for group, (_, _, optimizer) in enumerate(self._groups)
            for number, variable in enumerate(optimizer.variables)
        }
        return {**found, _LOSSES: self.losses}

    def _learn_once(self, rgb: "tf.Tensor", taught: "tf.Tensor", wanted: "tf.Tensor", kept: "tf.Tensor") -> None:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            logits = self.model(self._preprocessing.forward(rgb), training=True)
            loss = distillation_loss(logits, taught, wanted, self._recipe)
        gradients = tape.gradient(loss, [variable.value for variable in self._learning])
        gradients, _ = tf.clip_by_global_norm(gradients, self._recipe.clip_norm)
        for variables, _, optimizer in self._groups:
            optimizer.apply(gradients[: len(variables)], variables)
            gradients = gradients[len(variables) :]
        for variable, average in zip(self._averaged, self._average, strict=True):
            average.assign_add((1 - kept) * (variable.value - average))
        self.losses.assign_add(loss)

    def _answers(self, rgb: "tf.Tensor") -> "tf.Tensor":
        """Return logits f32[N,C] for photos f32[N,h,w,3] in [0, 1], without learning."""
        return self.model(self._preprocessing.forward(rgb), training=False)


def _layers_up_to(model: "keras.Model", name: str) -> "list[keras.Layer]":
    """Return the layers whose outputs the layer of this name needs, itself included."""
    import keras

    return list(keras.Model(model.input, model.get_layer(name).output).layers)


def _optimizer(variables: "list[keras.Variable]", recipe: Distillation) -> "keras.optimizers.Optimizer":
    """Return an AdamW for these variables that leaves vectors (biases, norms) out of the weight decay."""
    import keras

    optimizer = keras.optimizers.AdamW(recipe.learning_rate, recipe.weight_decay, epsilon=1e-8)
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if len(variable.shape) < 2])
    optimizer.build(variables)
    return optimizer


def _part(state: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}
