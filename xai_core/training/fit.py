"""Fine-tuning: the part of a network above its cached features, one checkpoint an epoch."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xai_core.training.outputs import outputs, ranks

if TYPE_CHECKING:
    import keras


HISTORY = "history.json"
CHECKPOINT = "checkpoint.weights.h5"


@dataclass(frozen=True)
class Recipe:
    """One stretch of fine-tuning with a learning rate that rises, then falls. Written into the network's model.json."""

    windows: tuple[int, ...]  # one entry an epoch: side of the random window cut from the features
    schedule_epochs: int = 0  # epochs after which the learning rate would be down to nothing; 0 = all of this stretch
    views: tuple[str, ...] = ("plain", "mirrored")
    batch_size: int = 64
    learning_rate: float = 5e-4
    warm_up_epochs: float = 0.5
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    mixup: float = 0.0  # both parameters of the Beta distribution that mixes pairs of photos; 0 = photos as they are
    teacher: str = ""  # another network whose probabilities are mixed into the labels (Hinton 2015, arXiv:1503.02531)
    teacher_share: float = 0.5  # its weight in the mix, in [0, 1]
    temperature: float = 2.0  # what its logits are divided by, so that the breeds it finds alike come through
    precision: str = "mixed_bfloat16"
    seed: int = 0


def epoch_batches(
    views: list[np.ndarray], targets: np.ndarray, recipe: Recipe, epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (features f32[B,w,w,K], targets f32[B,C]): every photo once, in one of its views chosen at random.

    A window smaller than the features is cut at a random place for each photo: a shifted crop of the photo at the scale
    that the network will see. With `mixup` each photo is blended with another of its batch, features and targets alike
    (mixup of a hidden layer: Verma 2019, arXiv:1806.05236), which keeps a network from learning its photos by heart.
    The order depends only on the recipe's seed and the epoch. A last partial batch is dropped.
    """
    rng = np.random.default_rng([recipe.seed, epoch])
    order = rng.permutation(len(targets))
    side = views[0].shape[1]
    window = recipe.windows[epoch]
    for start in range(0, len(order) - recipe.batch_size + 1, recipe.batch_size):
        chosen = order[start : start + recipe.batch_size]
        features = np.empty((recipe.batch_size, window, window, views[0].shape[3]), np.float32)
        for row, photo in enumerate(chosen):
            top, left = rng.integers(0, side - window + 1, 2)
            view = views[rng.integers(len(views))]
            features[row] = view[photo, top : top + window, left : left + window]
        wanted = targets[chosen]
        if recipe.mixup:
            share = rng.beta(recipe.mixup, recipe.mixup, recipe.batch_size).astype(np.float32)
            other = rng.permutation(recipe.batch_size)
            features = _blend(features, features[other], share)
            wanted = _blend(wanted, wanted[other], share)
        yield features, wanted


def _blend(ones: np.ndarray, others: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return share * ones + (1 - share) * others, row by row."""
    weights = share.reshape(-1, *[1] * (ones.ndim - 1))
    return weights * ones + (1 - weights) * others


def soft_targets(labels: np.ndarray, classes: int, recipe: Recipe, teacher: np.ndarray | None = None) -> np.ndarray:
    """Return what the network should answer, f32[N,C] with rows that sum to 1: smoothed labels, mixed with the teacher's.

    `teacher` holds the teacher's logits f32[N,C] on the same photos; None leaves it out.
    """
    targets = np.full((len(labels), classes), recipe.label_smoothing / classes, np.float32)
    targets[np.arange(len(labels)), labels] += 1 - recipe.label_smoothing
    if teacher is None:
        return targets
    shifted = np.exp((teacher - teacher.max(axis=1, keepdims=True)) / recipe.temperature)
    taught = shifted / shifted.sum(axis=1, keepdims=True)
    return (1 - recipe.teacher_share) * targets + recipe.teacher_share * taught


def has_checkpoint(folder: Path) -> bool:
    """Return whether `fine_tune` would go on after an epoch that an earlier run finished."""
    return (folder / HISTORY).exists()


def fine_tune(
    top: "keras.Model",
    views: list[np.ndarray],
    targets: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray],
    recipe: Recipe,
    folder: Path,
    report: Callable[[str], None] = print,
) -> list[dict[str, float]]:
    """Train `top` (features -> logits) in place and return one record an epoch; go on after the last finished epoch.

    `views` are the cached features of the training photos, one array a view; `targets` f32[N,C] is what they should give;
    `validation` is (features, labels).
    """
    import keras

    steps = len(targets) // recipe.batch_size
    keras.utils.set_random_seed(recipe.seed)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 100,
        warmup_target=recipe.learning_rate,
        warmup_steps=math.ceil(recipe.warm_up_epochs * steps),
        decay_steps=math.ceil(((recipe.schedule_epochs or len(recipe.windows)) - recipe.warm_up_epochs) * steps),
        alpha=0.01,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay, global_clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta"])
    # XLA doubles the time of a step here, so it stays off.
    top.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    folder.mkdir(parents=True, exist_ok=True)
    history_file, weights_file = folder / HISTORY, folder / CHECKPOINT
    history = []
    if has_checkpoint(folder):
        history = json.loads(history_file.read_text())
        optimizer.build(top.trainable_variables)  # its momenta are read only where there is a place for them
        top.load_weights(weights_file)
    for epoch in range(len(history), len(recipe.windows)):
        top.reset_metrics()
        for layer in top.layers:
            if isinstance(layer, keras.layers.Dropout):
                # A checkpoint does not hold the dropout's seed, so each epoch starts from one of its own.
                layer.seed_generator.state.assign([recipe.seed, epoch])
        for features, wanted in epoch_batches(views, targets, recipe, epoch):
            training = top.train_on_batch(features, wanted, return_dict=True)
        record = {"epoch": epoch + 1, **training, **accuracy(top, *validation)}
        history.append({name: round(float(value), 4) for name, value in record.items()})
        top.save_weights(folder / "next.weights.h5")
        (folder / "next.weights.h5").replace(weights_file)
        history_file.write_text(json.dumps(history, indent=1))
        report(json.dumps(history[-1]))
    return history


def accuracy(top: "keras.Model", features: np.ndarray, labels: np.ndarray, batch_size: int = 64) -> dict[str, float]:
    """Return {"top_1", "top_5"}, the shares in [0, 1] of photos whose breed is the first, or among the first five."""
    rank = ranks(outputs(top, features, batch_size), labels)
    return {"top_1": float(np.mean(rank < 1)), "top_5": float(np.mean(rank < 5))}
