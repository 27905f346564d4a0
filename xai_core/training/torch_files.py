"""The numbers of a PyTorch state dict in the format from before PyTorch 1.6, read without PyTorch and without running anything.

Such a file is five pickles one after the other (a magic number, the format's version, facts about the machine, the
dictionary of tensors, the names of the storages in their order) and then the storages themselves, each a count and its
numbers. A pickle can name any function to be called; the reader below knows five names, and what it puts in their place
only notes its arguments.
"""

import math
import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from xai_core.errors import BackboneSourceError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
VERSION = 1001
#: The storages that occur in weights -> how their numbers lie in the file.
STORAGES = {"FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8", "LongStorage": "<i8"}

# What a cut or changed file makes a pickle reader raise.
_DAMAGED = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class _Entries(dict[str, Any]):
    """Stands for an OrderedDict."""


@dataclass(frozen=True)
class _Storage:
    """What a tensor says of the numbers that it is a view of."""

    key: str
    kind: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """Stands for a tensor: a view of a storage, in numbers (not bytes) from its start."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Reader(pickle.Unpickler):
    """A pickle reader that finds nothing but stand-ins."""

    def find_class(self, module: str, name: str) -> Any:
        # A new stand-in each time: a pickle may set attributes of what it has been given.
        if (module, name) == ("collections", "OrderedDict"):
            return lambda: _Entries()
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *unused: _Tensor(storage, offset, shape, strides)
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise BackboneSourceError(
            f"The file of weights asks for {module}.{name}, which no weights need; it was not read further."
        )

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, count, _ = pid
        return _Storage(key, kind, count)


def read_arrays(file: BinaryIO) -> dict[str, np.ndarray]:
    """Return the tensors of a state dict as {name: array of its own shape and kind of number}, in the file's order.

    `file` is open for reading bytes, at its start. Raises BackboneSourceError where it is cut, holds something else
    than tensors of `STORAGES`, or names anything that could run.
    """
    try:
        if _load(file) != MAGIC_NUMBER or _load(file) != VERSION or not _load(file)["little_endian"]:
            raise ValueError("another format")
        tensors = _load(file)
        if not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
            raise ValueError("something else than tensors")
        declared = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        storages = {key: _numbers(file, declared[key]) for key in _load(file)}
        if file.read(1):
            raise ValueError("more than the storages")
        return {str(name): _view(storages[tensor.storage.key], tensor) for name, tensor in tensors.items()}
    except _DAMAGED:
        raise BackboneSourceError(
            "The file of weights is damaged or in another format than PyTorch's of 2020; delete its package and try again."
        ) from None


def _load(file: BinaryIO) -> Any:
    return _Reader(file).load()


def _numbers(file: BinaryIO, storage: _Storage) -> np.ndarray:
    """Return the next storage's numbers, after the count that stands before them."""
    (count,) = struct.unpack("<q", file.read(8))
    if count != storage.count:
        raise ValueError("another count than the tensors say")
    dtype = np.dtype(storage.kind)
    return np.frombuffer(file.read(count * dtype.itemsize), dtype, count)


def _view(numbers: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """Return the tensor's numbers in its shape; a view past the end of its storage would show foreign memory."""
    last = tensor.offset + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True))
    if min(tensor.offset, *tensor.shape, *tensor.strides, last) < 0 or last >= len(numbers):
        raise ValueError("a tensor outside its storage")
    if math.prod(tensor.shape) > len(numbers):
        raise ValueError("a tensor larger than its storage")
    bytes_apart = tuple(stride * numbers.itemsize for stride in tensor.strides)
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, bytes_apart).copy()
