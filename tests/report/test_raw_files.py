"""The files people take along: what is in them is what was computed."""

import io
import json

import numpy as np

from xai_core.report.raw_files import as_json, description, finite_or_none, numbers_file, prediction_description
from xai_core.types import Explanation, ImageInput, Label, Prediction

IMAGE = ImageInput(np.zeros((4, 6, 3), np.uint8), "a.jpg", "ab" * 32)
LABELS = (Label("n1", "Pug", "Carlin"), Label("n2", "Boxer", "Boxer"))


def explanation(segments: np.ndarray | None) -> Explanation:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    return Explanation("lime", "vgg16", 1, {"seed": 3}, values, True, segments, {"fit": float("nan")}, 7, 1.5)


def test_arrays_are_read_back_exactly_and_without_pickle():
    """Catches rounding, a lost array, and a file that only unpickling can read."""
    segments = np.array([[0, 0, 1], [1, 2, 2]], np.int32)
    with np.load(io.BytesIO(numbers_file(explanation(segments))), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["values"], explanation(None).values)
        np.testing.assert_array_equal(file["segments"], segments)
    with np.load(io.BytesIO(numbers_file(explanation(None))), allow_pickle=False) as file:
        assert file.files == ["values"]


def test_the_description_is_strict_json_and_names_everything():
    """Would catch NaN, which json.dumps writes and other programs refuse to read."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"not JSON: {constant}")

    read = json.loads(as_json(description(IMAGE, explanation(None), LABELS[1])), parse_constant=refuse)
    assert read["photo"] == {"name": "a.jpg", "sha256": "ab" * 32}
    assert read["target"] == {"position": 1, "wnid": "n2", "label": "Boxer"}
    assert read["parameters"] == {"seed": 3}
    assert read["diagnostics"] == {"fit": None}
    logits = np.array([1.0, 2.0], np.float32)
    prediction = Prediction("vgg16", LABELS, logits, np.array([0.27, 0.73], np.float32), float("nan"), True)
    read = json.loads(as_json(prediction_description(IMAGE, prediction)), parse_constant=refuse)
    assert read["familiarity"] is None
    assert [entry["label"] for entry in read["top"]] == ["Boxer", "Pug"]


def test_counts_among_a_findings_numbers_stay_floats_in_json():
    """Catches 3 in place of 3.0, by which equal reports of two versions would differ."""
    assert as_json({"pairs": finite_or_none(3)}) == b'{\n  "pairs": 3.0\n}\n'
    assert finite_or_none(float("inf")) is None
