"""How answers become bytes and back: npz without pickle, with what is not an array as JSON inside it."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

import msgspec
import numpy as np

from xai_core.errors import StoreError
from xai_core.types import ReadOnlyArrays

#: Part of every key: raise it when the bytes change their meaning, and old entries are never asked for again.
_FORMAT = 4

_METADATA = "metadata"
Answer = TypeVar("Answer")


def key(**content: Any) -> str:
    """Return the 64 hexadecimal digits that stand for one request: anything that changes the answer changes them."""
    canonical = json.dumps({"format": _FORMAT, **content}, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def encode(answer: Any) -> bytes:
    """Return a frozen dataclass as npz: its arrays, those inside its fields as "field.name", and the rest as JSON.

    Fields are arrays, mappings of arrays, dataclasses that hold arrays (ReadOnlyArrays), or what JSON can hold (numbers,
    texts, mappings and tuples of them, dataclasses).
    """
    arrays, metadata = _split(answer)
    text = json.dumps(metadata, default=_plain).encode()
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{_METADATA: np.frombuffer(text, np.uint8)}, **arrays)
    return buffer.getvalue()


def decode(data: bytes, kind: type[Answer]) -> Answer:
    """Return what `encode` was given, a `kind`, its arrays read-only. Raises StoreError for any other bytes."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        metadata = json.loads(arrays.pop(_METADATA).tobytes())
        return _joined(kind, arrays, metadata)
    except (
        Exception
    ) as failure:  # zipfile, NumPy, json and msgspec each have their own ways to say that bytes make no sense
        raise StoreError("A stored result is damaged; it will be computed again.") from failure


def _split(answer: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return a dataclass's arrays by their names, and its other fields."""
    arrays: dict[str, np.ndarray] = {}
    metadata: dict[str, Any] = {}
    for entry in dataclasses.fields(answer):
        value = getattr(answer, entry.name)
        inner: Mapping[str, np.ndarray] = {}
        if isinstance(value, np.ndarray):
            arrays[entry.name] = value
        elif _holds_arrays(value):
            inner = value
        elif isinstance(value, ReadOnlyArrays):
            inner, metadata[entry.name] = _split(value)
        else:
            metadata[entry.name] = value
        arrays |= {f"{entry.name}.{name}": array for name, array in inner.items()}
    return arrays, metadata


def _joined(kind: type[Answer], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> Answer:
    """Return the dataclass of which `_split` gave the arrays and the other fields."""
    hints = get_type_hints(kind)
    return kind(
        **{
            entry.name: _field(entry.name, hints[entry.name], arrays, metadata)
            for entry in dataclasses.fields(kind)  # type: ignore[arg-type]
        }
    )


def _field(name: str, hint: Any, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> Any:
    if name in arrays:
        return arrays[name]
    inner = {entry.removeprefix(f"{name}."): array for entry, array in arrays.items() if entry.startswith(f"{name}.")}
    if hint == Mapping[str, np.ndarray]:
        return inner
    if isinstance(hint, type) and issubclass(hint, ReadOnlyArrays):
        return _joined(hint, inner, metadata[name])
    return None if metadata[name] is None else msgspec.convert(metadata[name], hint)


def _holds_arrays(value: Any) -> bool:
    """Return whether the value is a mapping of arrays; an empty mapping leaves no trace in either form."""
    return isinstance(value, Mapping) and bool(value) and all(isinstance(one, np.ndarray) for one in value.values())


def _plain(value: Any) -> Any:
    """Return what JSON cannot hold as what it can: NumPy's numbers as Python's, dataclasses and mappings as dicts."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} has no place in a stored result")
