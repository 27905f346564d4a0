"""An explanation as files that other programs read: numbers, picture and description."""

import io
import json
import math
from typing import Any

import numpy as np

from xai_core.types import Crop, Explanation, ImageInput, Label, Prediction


def numbers_file(explanation: Explanation) -> bytes:
    """Return the raw attribution as npz without pickle: `values`, and `segments` where the method has superpixels."""
    arrays = {"values": explanation.values}
    if explanation.segments is not None:
        arrays["segments"] = explanation.segments
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def finite_or_none(number: float) -> float | None:
    """Return the number, or None where JSON cannot hold it (NaN, infinity)."""
    return float(number) if math.isfinite(number) else None


def description(image: ImageInput, explanation: Explanation, label: Label) -> dict[str, Any]:
    """Return what is needed to read the numbers and to compute them again, for JSON; numbers that are not are null."""
    return {
        "photo": photo_description(image),
        "method": explanation.method,
        "classifier": explanation.classifier,
        "target": {"position": explanation.target, "wnid": label.wnid, "label": label.english},
        "parameters": dict(explanation.params),
        "signed": explanation.signed,
        "diagnostics": {name: finite_or_none(number) for name, number in explanation.diagnostics.items()},
        "evaluations": explanation.evaluations,
        "seconds": explanation.seconds,
    }


def photo_description(image: ImageInput) -> dict[str, Any]:
    """Return a photo's name and digest for JSON, and where it is a part of a photo, which part in px."""
    described: dict[str, Any] = {"name": image.name, "sha256": image.digest}
    if image.crop is not None:
        described["crop"] = crop_description(image.crop)
    return described


def crop_description(crop: Crop) -> dict[str, Any]:
    """Return which part of which photo this is, in px, for JSON."""
    height, width = crop.whole.shape[:2]
    edges = dict(zip(("left", "top", "right", "bottom"), crop.edges, strict=True))
    return {"of_sha256": crop.digest, "of_width": width, "of_height": height, **edges}


def prediction_description(image: ImageInput, prediction: Prediction) -> dict[str, Any]:
    """Return a prediction for JSON, the most probable classes first."""
    return {
        "photo": photo_description(image),
        "classifier": prediction.classifier,
        "familiarity": finite_or_none(prediction.familiarity),
        "familiar": prediction.familiar,
        "top": [
            {
                "wnid": prediction.labels[position].wnid,
                "label": prediction.labels[position].english,
                "probability": float(prediction.probabilities[position]),
                "logit": float(prediction.logits[position]),
            }
            for position in prediction.top(10)
        ],
    }


def as_json(content: dict[str, Any]) -> bytes:
    """Return the content as indented UTF-8 text that ends with a newline."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
