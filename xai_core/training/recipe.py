"""What a distillation is made of: its settings, and the numbers that follow from them at each step."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xai_core.errors import TrainingDataError
from xai_core.training.augmentation import MILD, STRONG, Variety

if TYPE_CHECKING:
    import tensorflow as tf

#: What random numbers are drawn for: each has a stream of its own.
ORDER, VIEWS, STATISTICS = range(3)


@dataclass(frozen=True)
class Distillation:
    """One distillation, counted in steps so that it can be repeated on any machine. Written into the network's model.json.

    "Patient and consistent": pupil and teacher see the same view, blended ones included, for many epochs (Beyer 2021,
    arXiv:2106.05237). The last stretch has larger, milder views, in which objects look as large as in whole photos
    (Touvron 2019, arXiv:1906.06423).
    """

    steps: int
    sides: tuple[int, int]  # px of a view, before and in the last stretch
    frozen_up_to: str  # the layer below which nothing learns; batch norms there stay in inference mode
    gentle_up_to: str  # the layer below which the gentle learning rate holds
    learning_rate: float
    gentle_learning_rate: float
    warm_up_steps: int
    averaging: float  # how much of the weights' average stays at each step, in the long run
    statistics_batches: int = 0  # batches on which the batch norms' statistics are measured again at the end
    batch_size: int = 256
    weight_decay: float = 0.05  # of kernels; biases and norms have none
    clip_norm: float = 2.0  # largest norm of all gradients together
    last_rate: float = 0.01  # share of the learning rate at which the cosine ends
    last_stretch: float = 0.15  # share of the steps with larger and milder views
    teacher_share: float = 0.7  # how much of the loss is the teacher's
    temperature: float = 1.0
    label_smoothing: float = 0.1
    norm_momentum: float = 0.98  # of the batch norms' running statistics
    precision: str = "mixed_bfloat16"
    seed: int = 0

    def rate(self, step: int) -> float:
        """Return the share of both learning rates at a step (from 0): a linear warm-up times a cosine."""
        cosine = (1 + math.cos(math.pi * step / self.steps)) / 2
        return min(1.0, (step + 1) / self.warm_up_steps) * (self.last_rate + (1 - self.last_rate) * cosine)

    def kept(self, step: int) -> float:
        """Return how much of the average stays after a step (from 0); less at first, when the average is of few weights."""
        return min(self.averaging, (step + 2) / (step + 11))

    def view(self, step: int) -> tuple[int, Variety]:
        """Return the side of the views at a step, and their variety."""
        if step < round((1 - self.last_stretch) * self.steps):
            return self.sides[0], STRONG
        return self.sides[1], MILD

    def photos(self, step: int, count: int) -> np.ndarray:
        """Return the numbers i64[B] of the photos at a step, out of `count`; every epoch shows each once, in another order.

        A last partial batch of an epoch is dropped. Raises TrainingDataError where a batch is larger than the photos.
        """
        if self.batch_size > count:
            raise TrainingDataError(
                f"A batch of {self.batch_size} takes more photos than the {count} there are; train with a smaller --batch."
            )
        epoch, place = divmod(step, count // self.batch_size)
        order = self.random(ORDER, epoch).permutation(count)
        return order[place * self.batch_size : (place + 1) * self.batch_size]

    def random(self, purpose: int, number: int) -> np.random.Generator:
        """Return the random numbers of a purpose at a step, epoch or batch; always the same ones."""
        return np.random.default_rng([self.seed, purpose, number])


def distillation_loss(
    logits: "tf.Tensor", taught: "tf.Tensor", wanted: "tf.Tensor", recipe: Distillation
) -> "tf.Tensor":
    """Return the mean over the batch of s T^2 KL(p(t/T) || p(z/T)) + (1 - s) H(y', p(z)), a number.

    `logits` z and `taught` t are f32[B,C], p is the softmax, s the teacher's share, T the temperature; `wanted` y f32[B,C]
    has rows that sum to 1 and is smoothed to y' = (1 - e) y + e / C. H is the cross-entropy in nats.
    Hinton 2015, arXiv:1503.02531, section 2: T^2 keeps the gradients' size when the temperature changes. The paper takes the
    teacher's cross-entropy; the divergence differs from it by a constant and is zero for a pupil that agrees.
    """
    import tensorflow as tf

    teacher = tf.nn.log_softmax(taught / recipe.temperature)
    pupil = tf.nn.log_softmax(logits / recipe.temperature)
    divergence = tf.reduce_sum(tf.exp(teacher) * (teacher - pupil), axis=1)
    smooth = wanted * (1 - recipe.label_smoothing) + recipe.label_smoothing / wanted.shape[1]
    surprise = -tf.reduce_sum(smooth * tf.nn.log_softmax(logits), axis=1)
    share = recipe.teacher_share
    return tf.reduce_mean(share * recipe.temperature**2 * divergence + (1 - share) * surprise)
