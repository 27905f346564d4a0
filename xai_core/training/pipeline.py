"""From public archives and a folder of photos to models/<key>/: every step can be stopped and taken up again."""

from collections.abc import Callable
from pathlib import Path

from xai_core.classifiers.trained import read_labels
from xai_core.errors import ParameterError, TrainingDataError, UnknownNameError, WeightsError
from xai_core.training.cached_recipe import train_on_cached_features
from xai_core.training.data import read_photo_set, tell_left_out
from xai_core.training.distilled_recipe import Changes, train_by_distillation
from xai_core.training.plans import PLANS, Plan

#: The recipes by their names on the command line.
DISTILLATION, CACHED_FEATURES = RECIPES = ("distillation", "cached-features")


def plan_of(key: str) -> Plan:
    """Return the network's plan. Raises UnknownNameError naming the networks that can be trained."""
    if key not in PLANS:
        raise UnknownNameError(f"There is no recipe for “{key}”; choose one of {', '.join(PLANS)}.")
    return PLANS[key]


def train(
    key: str,
    photos: Path,
    work: Path,
    models: Path,
    recipe: str = DISTILLATION,
    changes: Changes | None = None,
    report: Callable[[str], None] = print,
) -> None:
    """Train one network and write its weights, familiarity table and description to models/<key>/.

    `photos` holds train/ and val/, one folder a breed; `work` takes the archives and whatever a stopped run goes on from.
    `changes` are for the distillation alone. The network's accuracy is not written here: `evaluate` measures it on the
    files as they were saved. Raises UnknownNameError, ParameterError, TrainingDataError, BackboneSourceError, WeightsError
    or ComputationError, one sentence each.
    """
    plan = plan_of(key)
    changes = changes or Changes()
    if recipe not in RECIPES:
        raise UnknownNameError(f"There is no recipe “{recipe}”; choose one of {', '.join(RECIPES)}.")
    if recipe == CACHED_FEATURES and changes != Changes():
        raise ParameterError(f"--start, --steps and --batch belong to the recipe {DISTILLATION}; leave them out.")
    if changes.start is not None and not changes.start.is_file():
        raise WeightsError("{file} cannot be read as weights; give a weights.safetensors.", file=changes.start.name)
    wnids = tuple(label.wnid for label in read_labels(models))
    for part in ("train", "val"):
        if not (photos / part).is_dir():
            raise TrainingDataError(f"{photos} needs the folders train and val, each with one folder a breed.")
    train_set, val_set = read_photo_set(photos / "train", wnids), read_photo_set(photos / "val", wnids)
    tell_left_out((*train_set.left_out, *val_set.left_out), report)
    if recipe == CACHED_FEATURES:
        train_on_cached_features(plan, train_set, val_set, work, models, report)
    else:
        train_by_distillation(plan, changes, train_set, val_set, work, models, report)
