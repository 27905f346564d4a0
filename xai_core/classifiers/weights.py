"""Weights on disk: safetensors, which hold numbers and nothing that could run, checked against their SHA-256."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xai_core.errors import WeightsError

if TYPE_CHECKING:
    import keras


def arrays_of(model: "keras.Model") -> dict[str, np.ndarray]:
    """Return every weight of the model as {"<layer>/<variable>": f32 array}."""
    return {
        f"{layer.name}/{variable.name}": np.asarray(variable, np.float32)
        for layer in model.layers
        for variable in layer.weights
        if "seed_generator" not in variable.path
    }


def assign(model: "keras.Model", arrays: dict[str, np.ndarray], *, partly: bool = False) -> None:
    """Set the model's weights in place from {"<layer>/<variable>": array}.

    Raises WeightsError where an array is missing (unless `partly`, which leaves such weights as they are), has another
    shape, or belongs to no weight of the model.
    """
    left = set(arrays)
    for layer in model.layers:
        for variable in layer.weights:
            name = f"{layer.name}/{variable.name}"
            if "seed_generator" in variable.path or (partly and name not in arrays):
                continue
            if name not in arrays or tuple(arrays[name].shape) != tuple(variable.shape):
                raise WeightsError(
                    "The weights do not fit the network: {name} is missing or has another shape.", name=name
                )
            variable.assign(np.asarray(arrays[name], np.float32))
            left.discard(name)
    if left:
        raise WeightsError("The weights do not fit the network: it has no {name}.", name=min(left))


def save(path: Path, arrays: dict[str, np.ndarray]) -> str:
    """Write the arrays and return the file's SHA-256; matrices and kernels in float16, vectors in float32.

    Vectors (biases, batch-norm statistics) take next to no room, and small variances would vanish in float16.
    """
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    compact = {name: np.ascontiguousarray(a, np.float16 if a.ndim > 1 else np.float32) for name, a in arrays.items()}
    unfinished = path.with_suffix(".unfinished")
    save_file(compact, unfinished)
    unfinished.chmod(0o644)  # the library writes files that only their owner can read
    unfinished.replace(path)
    return sha256(path)


def read(path: Path, digest: str) -> dict[str, np.ndarray]:
    """Return the file's arrays as float32. Raises WeightsError where it is missing or is not the file with this SHA-256."""
    from safetensors.numpy import load

    return {name: array.astype(np.float32) for name, array in load(read_bytes(path, digest)).items()}


def read_bytes(path: Path, digest: str) -> bytes:
    """Return a network's file. Raises WeightsError where it is missing or is not the file with this SHA-256."""
    try:
        data = path.read_bytes()
    except OSError:
        raise WeightsError(
            "The file {file} is missing; fetch the project's models/ folder again.", file=_shown(path)
        ) from None
    if hashlib.sha256(data).hexdigest() != digest:
        raise WeightsError("The file {file} is damaged; fetch the project's models/ folder again.", file=_shown(path))
    return data


def sha256(path: Path) -> str:
    """Return the file's SHA-256 as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shown(path: Path) -> str:
    """Return the path as a user knows it: the model's folder and the file, not where on the machine they lie."""
    return f"models/{path.parent.name}/{path.name}"
