"""What is trained, one plan a network: where it starts and its two recipes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xai_core.classifiers import inception_v3, vgg16
from xai_core.classifiers.base import Preprocessing
from xai_core.training.fit import Recipe
from xai_core.training.recipe import Distillation
from xai_core.training.sources import INCEPTION_V3_SOURCE, VGG16_SOURCE, Source, inception_v3_arrays, vgg16_arrays

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Plan:
    """Everything that makes one of the shipped networks."""

    key: str
    title: str
    sentence: str
    build: "Callable[[int, tuple[int | None, int | None]], keras.Model]"
    frozen_up_to: str  # what the recipe with cached features runs once
    input_size: tuple[int, int]
    preprocessing: Preprocessing
    cam_layers: tuple[str, ...]
    source: Source
    backbone: Callable[[Path], dict[str, np.ndarray]]
    start_from_probe: bool  # begin with the best linear layer on the backbone's features, not with a random one
    recipes: tuple[Recipe, ...]  # with cached features: carried out one after the other
    distillation: Distillation


PLANS = {
    plan.key: plan
    for plan in (
        Plan(
            key="vgg16",
            title="VGG16",
            sentence=vgg16.SENTENCE,
            build=vgg16.build,
            frozen_up_to=vgg16.FROZEN_UP_TO,
            input_size=(224, 224),
            preprocessing=vgg16.PREPROCESSING,
            cam_layers=vgg16.CAM_LAYERS,
            source=VGG16_SOURCE,
            backbone=vgg16_arrays,
            start_from_probe=True,
            recipes=(Recipe(windows=(10, 12, 14, 14), learning_rate=3e-5),),
            distillation=Distillation(
                steps=2085,
                sides=(192, 224),
                frozen_up_to="block2_pool",
                gentle_up_to="block5_pool",
                learning_rate=1.5e-3,
                gentle_learning_rate=1e-4,
                warm_up_steps=200,
                averaging=0.999,
            ),
        ),
        Plan(
            key="inception_v3",
            title="InceptionV3",
            sentence=inception_v3.SENTENCE,
            build=inception_v3.build,
            frozen_up_to=inception_v3.FROZEN_UP_TO,
            input_size=(299, 299),
            preprocessing=inception_v3.PREPROCESSING,
            cam_layers=inception_v3.CAM_LAYERS,
            source=INCEPTION_V3_SOURCE,
            backbone=inception_v3_arrays,
            start_from_probe=False,
            recipes=(
                Recipe(windows=(12,) * 5, schedule_epochs=7, learning_rate=6e-4),
                Recipe(windows=(12,) * 2, schedule_epochs=8, learning_rate=5e-4, seed=1),
                Recipe(windows=(12,) * 2, schedule_epochs=5, learning_rate=4e-4, seed=2, teacher="vgg16"),
                Recipe(windows=(17,), warm_up_epochs=0.1, learning_rate=2.5e-4, seed=3, teacher="vgg16"),
                Recipe(
                    windows=(17,) * 5,
                    views=("plain", "mirrored", "zoomed-1", "zoomed-2", "zoomed-3"),
                    learning_rate=3e-4,
                    weight_decay=0.05,
                    seed=4,
                    teacher="vgg16",
                ),
                Recipe(
                    windows=(17,) * 6,
                    views=("plain", "mirrored", "zoomed-1", "zoomed-2", "zoomed-3", "zoomed-4"),
                    learning_rate=3e-4,
                    weight_decay=0.05,
                    mixup=0.4,
                    seed=5,
                    teacher="vgg16",
                ),
            ),
            distillation=Distillation(
                steps=3310,
                sides=(240, 299),
                frozen_up_to="activation_5",
                gentle_up_to="mixed5",
                learning_rate=1e-3,
                gentle_learning_rate=1.5e-4,
                warm_up_steps=300,
                averaging=0.9995,
                statistics_batches=60,
            ),
        ),
    )
}
