"""The recipe for two cores: the frozen part of the network runs once a view, and the part above it learns from its outputs."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from xai_core.classifiers import weights
from xai_core.errors import TrainingDataError
from xai_core.training.data import PhotoSet
from xai_core.training.features import cached_features
from xai_core.training.fit import fine_tune, has_checkpoint, soft_targets
from xai_core.training.outputs import outputs
from xai_core.training.plans import Plan
from xai_core.training.probe import linear_probe
from xai_core.training.release import PhotoFeatures, release, view_features


def train_on_cached_features(
    plan: Plan,
    train_set: PhotoSet,
    val_set: PhotoSet,
    work: Path,
    models: Path,
    report: Callable[[str], None] = print,
) -> None:
    """Fine-tune the part above `plan.frozen_up_to` by the plan's recipes and release it to models/<key>/.

    `work` takes the archives, cached features (about 10 GB a network) and checkpoints.
    """
    import keras

    classes = int(train_set.labels.max()) + 1
    keras.utils.set_random_seed(plan.recipes[0].seed)
    keras.config.set_dtype_policy(plan.recipes[0].precision)
    try:
        # No size in the graph: fine-tuning also sees windows smaller than the whole feature map.
        model = plan.build(classes, (None, None))
        weights.assign(model, plan.backbone(work), partly=True)
        cut = model.get_layer(plan.frozen_up_to).output
        trunk, top = keras.Model(model.input, cut), keras.Model(cut, model.output)
        pooling = keras.Model(cut, model.get_layer("features").output)

        def features(part: str, view: str) -> np.ndarray:
            chosen = train_set if part == "train" else val_set
            path = work / f"{plan.key}-{part}-{view}.npy"
            return cached_features(
                path, trunk, plan.preprocessing.forward, chosen, view, plan.input_size, report=report
            )

        validation = features("val", "plain")
        history = []
        for stage, recipe in enumerate(plan.recipes, start=1):
            views = [features("train", view) for view in recipe.views]
            checkpoints = work / f"{plan.key}-stage{stage}"
            if stage == 1 and plan.start_from_probe and not has_checkpoint(checkpoints):
                pooled = np.concatenate([outputs(pooling, view) for view in views])
                model.get_layer("logits").set_weights(linear_probe(pooled, np.tile(train_set.labels, len(views))))
            taught = _teacher_logits(recipe.teacher, len(train_set), work) if recipe.teacher else None
            targets = soft_targets(train_set.labels, classes, recipe, taught)
            history += fine_tune(top, views, targets, (validation, val_set.labels), recipe, checkpoints, report)
        whole = keras.Model(model.input, model.get_layer("features").output)
        seen = PhotoFeatures(
            outputs(pooling, views[0]),
            train_set.labels,
            outputs(pooling, validation),
            val_set.labels,
            *view_features(whole, plan, val_set),
        )
        kernel, bias = model.get_layer("logits").get_weights()
        # A teacher's own temperature is part of its pupil's recipe: these stay as they were trained.
        np.save(work / f"{plan.key}-train-logits.npy", seen.train @ kernel + bias)
    finally:
        keras.config.set_dtype_policy("float32")
    how = {
        "start_from_probe": plan.start_from_probe,
        "recipes": [asdict(recipe) for recipe in plan.recipes],
        "history": history,
    }
    release(plan, model, seen, how, models, report)


def _teacher_logits(teacher: str, photos: int, work: Path) -> np.ndarray:
    """Return the logits f32[N,C] that another network gave the plain training photos when it was trained.

    Raises TrainingDataError where it has not been trained in the same folder.
    """
    path = work / f"{teacher}-train-logits.npy"
    if not path.exists():
        raise TrainingDataError(f"{teacher} teaches this network; train it first, with the same --work folder.")
    logits: np.ndarray = np.load(path, allow_pickle=False)
    if len(logits) != photos:
        raise TrainingDataError(
            f"{teacher} was trained on {len(logits)} photos, not on these {photos}; train it again."
        )
    return logits
