"""Every study's result through the store."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import numpy as np
import pytest

from xai_core.errors import StoreError
from xai_core.storage import codec
from xai_core.studies.block_maps import BlockMapsResult
from xai_core.studies.concept_test import ConceptTest
from xai_core.studies.faithfulness import FaithfulnessResult
from xai_core.studies.feature_visualisation import FeatureVisualisationResult
from xai_core.studies.first_kernels import FirstKernelsResult
from xai_core.studies.flip_test import FlipPart, FlipTestResult
from xai_core.studies.integrated_path import IntegratedPathResult
from xai_core.studies.layer_maps import LayerMapsResult
from xai_core.studies.noise_sweep import NoiseSweepResult
from xai_core.studies.projections import ProjectionsResult
from xai_core.studies.robustness import RobustnessResult
from xai_core.studies.tcav import TcavResult
from xai_core.types import ReadOnlyArrays, StudyOutput

#: What each kind of field is filled with.
VALUES: dict[Any, Callable[[int], Any]] = {
    np.ndarray: lambda number: np.arange(number, number + 6, dtype=np.float32).reshape(2, 3),
    int: lambda number: number,
    float: lambda number: number + 0.25,
    bool: lambda number: bool(number % 2),
    Mapping[str, np.ndarray]: lambda number: {f"a.{number}": np.full((2, 2), number, np.uint8)},
    Mapping[str, float]: lambda number: {"delta": number / 3, "none": float("nan")},
    Mapping[str, ConceptTest]: lambda number: {"fur": ConceptTest(0.5, 0.25, 0.75, number / 7, True)},
    FlipPart: lambda number: example(FlipPart),
}
RESULTS = (
    BlockMapsResult,
    FaithfulnessResult,
    FeatureVisualisationResult,
    FirstKernelsResult,
    FlipTestResult,
    IntegratedPathResult,
    LayerMapsResult,
    NoiseSweepResult,
    ProjectionsResult,
    RobustnessResult,
    TcavResult,
)


def example(kind: type) -> ReadOnlyArrays:
    """Return a result whose fields all differ."""
    hints = get_type_hints(kind)
    return kind(
        **{entry.name: VALUES[hints[entry.name]](number) for number, entry in enumerate(dataclasses.fields(kind))}
    )


def assert_equal(before: object, after: object) -> None:
    """Compare two values field by field, arrays with their types."""
    if isinstance(before, ReadOnlyArrays):
        assert type(before) is type(after)
        for entry in dataclasses.fields(before):  # type: ignore[arg-type]
            assert_equal(getattr(before, entry.name), getattr(after, entry.name))
    elif isinstance(before, np.ndarray):
        assert isinstance(after, np.ndarray)
        assert before.dtype == after.dtype and not after.flags.writeable
        np.testing.assert_array_equal(before, after)
    elif isinstance(before, dict):
        assert isinstance(after, dict) and list(before) == list(after)
        for name in before:
            assert_equal(before[name], after[name])
    else:
        assert type(before) is type(after)
        assert before == after or before != before  # NaN


@pytest.mark.parametrize("kind", RESULTS)
def test_a_result_survives_the_store_exactly(kind: type[StudyOutput]) -> None:
    """Catches a field that the codec cannot store, or that comes back as another type, shape or precision."""
    before = example(kind)
    assert_equal(before, codec.decode(codec.encode(before), kind))


def test_a_result_of_another_study_is_refused() -> None:
    """Catches an entry that is read as a class with other fields."""
    with pytest.raises(StoreError):
        codec.decode(codec.encode(example(NoiseSweepResult)), FlipTestResult)
