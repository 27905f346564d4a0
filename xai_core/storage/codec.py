"""How results become bytes and back (npz without pickle, JSON inside it), and under which key they are kept."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xai_core import params
from xai_core.classifiers.base import ModelSpec
from xai_core.errors import StoreError
from xai_core.explainers.base import Explainer
from xai_core.studies.base import Study
from xai_core.types import Explanation, Label, Prediction, StudyResult

#: Part of every key: raise it when the bytes change their meaning, and old entries are never asked for again.
_FORMAT = 3

_NAMED = "named."


def explanation_key(spec: ModelSpec, image_digest: str, target: int, explainer: Explainer) -> str:
    """Return the 64 hexadecimal digits that stand for one question: anything that changes the answer changes them."""
    return _digest(
        kind="explanation",
        classifier=spec.key,
        weights=spec.weights_digest,
        image=image_digest,
        target=int(target),
        method=explainer.info.key,
        version=explainer.info.version,
        params=params.values_of(explainer),
    )


def prediction_key(spec: ModelSpec, image_digest: str) -> str:
    """Return the 64 hexadecimal digits that stand for "what does this network see in this photo"."""
    return _digest(kind="prediction", classifier=spec.key, weights=spec.weights_digest, image=image_digest)


def study_key(spec: ModelSpec, image_digests: Sequence[str], target: int, study: Study) -> str:
    """Return the 64 hexadecimal digits that stand for one study of these photos, in their order."""
    return _digest(
        kind="study",
        classifier=spec.key,
        weights=spec.weights_digest,
        images=list(image_digests),
        target=int(target),
        study=study.info.key,
        version=study.info.version,
        params=params.values_of(study),
    )


def encode_explanation(explanation: Explanation) -> bytes:
    """Return the explanation as npz: `values`, `segments` where there are any, its extras, and `metadata`."""
    arrays = {"values": explanation.values, **_prefixed(explanation.extras)}
    if explanation.segments is not None:
        arrays["segments"] = explanation.segments
    return _pack(arrays, _without_arrays(explanation))


def decode_explanation(data: bytes) -> Explanation:
    """Return what `encode_explanation` was given, its arrays read-only. Raises StoreError for any other bytes."""
    arrays, metadata = _unpack(data)
    try:
        return Explanation(
            values=arrays["values"], segments=arrays.get("segments"), extras=_unprefixed(arrays), **metadata
        )
    except (KeyError, TypeError) as failure:
        raise _damaged() from failure


def encode_prediction(prediction: Prediction) -> bytes:
    """Return the prediction as npz: `logits`, `probabilities` and `metadata`."""
    arrays = {"logits": prediction.logits, "probabilities": prediction.probabilities}
    metadata = _without_arrays(prediction)
    metadata["labels"] = [dataclasses.astuple(label) for label in prediction.labels]
    return _pack(arrays, metadata)


def decode_prediction(data: bytes) -> Prediction:
    """Return what `encode_prediction` was given, its arrays read-only. Raises StoreError for any other bytes."""
    arrays, metadata = _unpack(data)
    try:
        metadata["labels"] = tuple(Label(*label) for label in metadata["labels"])
        return Prediction(logits=arrays["logits"], probabilities=arrays["probabilities"], **metadata)
    except (KeyError, TypeError) as failure:
        raise _damaged() from failure


def encode_study(result: StudyResult) -> bytes:
    """Return what a study measured as npz: its arrays, and `metadata`."""
    return _pack(_prefixed(result.arrays), _without_arrays(result))


def decode_study(data: bytes) -> StudyResult:
    """Return what `encode_study` was given, its arrays read-only. Raises StoreError for any other bytes."""
    arrays, metadata = _unpack(data)
    try:
        return StudyResult(arrays=_unprefixed(arrays), **metadata)
    except (KeyError, TypeError) as failure:
        raise _damaged() from failure


def _without_arrays(value: Explanation | Prediction | StudyResult) -> dict[str, Any]:
    entries = {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}
    return {
        name: dict(content) if isinstance(content, Mapping) else content
        for name, content in entries.items()
        if not isinstance(content, np.ndarray) and name not in ("segments", "extras", "arrays")
    }


def _prefixed(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return named arrays under names that cannot meet those of an explanation's own arrays."""
    return {f"{_NAMED}{name}": array for name, array in arrays.items()}


def _unprefixed(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(_NAMED): array for name, array in arrays.items() if name.startswith(_NAMED)}


def _pack(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> bytes:
    text = json.dumps(metadata, default=_plain).encode()
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, metadata=np.frombuffer(text, np.uint8), **arrays)
    return buffer.getvalue()


def _unpack(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return arrays, json.loads(arrays.pop("metadata").tobytes())
    except Exception as failure:  # zipfile, NumPy and json each have their own ways to say that bytes make no sense
        raise _damaged() from failure


def _plain(value: Any) -> Any:
    """Return NumPy's numbers as Python's, which is what JSON can hold."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a stored result")


def _digest(**question: Any) -> str:
    canonical = json.dumps({"format": _FORMAT, **question}, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _damaged() -> StoreError:
    return StoreError("A stored result is damaged; it will be computed again.")
