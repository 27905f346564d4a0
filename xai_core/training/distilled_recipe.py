"""The recipe of the distilled weights: a whole network learns from two better ones, which takes a GPU.

The weights that it was written down from were made in PyTorch, by a schedule that followed the clock for as many steps as
the plans have; here it follows the steps, so a run differs from theirs in where the last stretch begins.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xai_core.classifiers import weights
from xai_core.errors import ParameterError, WeightsError
from xai_core.training.data import PhotoSet, decoded
from xai_core.training.distillation import distil
from xai_core.training.plans import Plan
from xai_core.training.recipe import Distillation
from xai_core.training.release import photo_features, release
from xai_core.training.teachers import LITE1, LITE2, Teachers

if TYPE_CHECKING:
    import keras

#: px of the decoded training photos: the largest views are 299 px of nearly whole photos; 12,000 photos take 3.7 GB.
PHOTO_SIDE = 320
FIRST_KERNEL = 0.01  # standard deviation of the dense layer's kernel at the start


@dataclass(frozen=True)
class Changes:
    """What a user wants otherwise than the plan has it; None leaves it as it is."""

    start: Path | None = None  # weights.safetensors to go on from, in place of the ImageNet backbone
    steps: int | None = None
    batch: int | None = None

    def applied(self, recipe: Distillation) -> Distillation:
        """Return the recipe with these changes; a warm-up takes at most a tenth of the steps.

        Raises ParameterError for fewer than one step or photo.
        """
        for name, value in (("--steps", self.steps), ("--batch", self.batch)):
            if value is not None and value < 1:
                raise ParameterError(f"{name} is {value}; give a number of at least 1.")
        steps = self.steps or recipe.steps
        return replace(
            recipe,
            steps=steps,
            batch_size=self.batch or recipe.batch_size,
            warm_up_steps=max(1, min(recipe.warm_up_steps, steps // 10)),
        )


def train_by_distillation(
    plan: Plan,
    changes: Changes,
    train_set: PhotoSet,
    val_set: PhotoSet,
    work: Path,
    models: Path,
    report: Callable[[str], None] = print,
) -> None:
    """Distil the network by the plan's recipe with the user's changes, and release it to models/<key>/.

    `work` takes the archives and the checkpoint. See `distil` for what may be raised; BackboneSourceError and WeightsError
    tell of archives and weights that cannot be had or do not fit.
    """
    import keras
    import tensorflow as tf

    recipe = changes.applied(plan.distillation)
    classes = int(train_set.labels.max()) + 1
    keras.utils.set_random_seed(recipe.seed)
    keras.config.set_dtype_policy(recipe.precision)
    try:
        model = plan.build(classes, (None, None))
        origin = _begin(model, plan, recipe, changes.start, work)
        teach = tf.function(Teachers(work), autograph=False)
        report(f"{plan.key}: reading {len(train_set) + len(val_set)} photos")
        photos = decoded(train_set, (PHOTO_SIDE, PHOTO_SIDE))
        validation = decoded(val_set, plan.input_size)
        folder = work / f"{plan.key}-distillation"
        history = distil(model, plan.preprocessing, teach, photos, validation, recipe, folder, report, origin=origin)
        trained = weights.arrays_of(model)
    finally:
        keras.config.set_dtype_policy("float32")
    # In single precision, as it will be asked.
    model = plan.build(classes, (None, None))
    weights.assign(model, trained)
    how = {
        "backbone": {
            "package": plan.source.package,
            "sha256": plan.source.sha256,
            "frozen_up_to": recipe.frozen_up_to,
        },
        "start": origin,
        "teachers": [
            {"package": teacher.source.package, "sha256": teacher.source.sha256} for teacher in (LITE1, LITE2)
        ],
        "distillation": asdict(recipe),
        "history": history,
    }
    release(plan, model, photo_features(model, plan, train_set, val_set, report), how, models, report)


def _begin(model: "keras.Model", plan: Plan, recipe: Distillation, start: Path | None, work: Path) -> str:
    """Give the model its first weights and return the SHA-256 of the file that they come from."""
    if start is not None:
        weights.assign(model, _read(start))
        return weights.sha256(start)
    kernel = model.get_layer("logits").kernel.shape
    dense = np.random.default_rng(recipe.seed).normal(0, FIRST_KERNEL, kernel)
    weights.assign(model, {**plan.backbone(work), "logits/kernel": dense}, partly=True)
    return plan.source.sha256


def _read(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file of weights. Raises WeightsError where there is none that can be read."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError):
        raise WeightsError("{file} cannot be read as weights; give a weights.safetensors.", file=path.name) from None
