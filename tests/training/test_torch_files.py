"""A hand-made file in PyTorch's format of 2020 is read as numbers, and nothing that it names is run."""

import io
import os
import pickle
import struct
from collections import OrderedDict

import numpy as np
import pytest

from xai_core.errors import BackboneSourceError
from xai_core.training.torch_files import MAGIC_NUMBER, VERSION, read_arrays


class Name:
    """Pickled as the bare name of something in another module."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Tensor:
    """Pickled as PyTorch does: a storage by its key, then offset, shape and strides."""

    def __init__(self, key, offset, shape, strides):
        self.key, self.view = key, (offset, shape, strides)


class Storage:
    def __init__(self, key, kind, count):
        self.key, self.kind, self.count = key, kind, count


class Writer(pickle._Pickler):
    """Writes names of modules that are not installed here, and storages by their keys."""

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Name):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, Tensor):
            self.save(Name("torch._utils", "_rebuild_tensor_v2"))
            self.save((STORAGES[obj.key], *obj.view, False, OrderedDict()))
            self.write(pickle.REDUCE)
        elif isinstance(obj, Storage):
            self.save(("storage", Name("torch", obj.kind), obj.key, "cpu", obj.count, None))
            self.write(pickle.BINPERSID)
        else:
            super().save(obj, save_persistent_id)


NUMBERS = {"a": np.arange(12, dtype="<f4"), "b": np.array([7], "<i8")}
STORAGES = {"a": Storage("a", "FloatStorage", 12), "b": Storage("b", "LongStorage", 1)}


def written(tensors):
    """Return the bytes of a state dict."""
    file = io.BytesIO()
    facts = {"protocol_version": VERSION, "little_endian": True}
    for part in (MAGIC_NUMBER, VERSION, facts, OrderedDict(tensors), list(NUMBERS)):
        Writer(file, 2).dump(part)
    for numbers in NUMBERS.values():
        file.write(struct.pack("<q", len(numbers)) + numbers.tobytes())
    return file.getvalue()


GOOD = {
    "whole": Tensor("a", 0, (3, 4), (4, 1)),
    "part": Tensor("a", 1, (2, 3), (1, 4)),
    "count": Tensor("b", 0, (), ()),
}


def test_tensors_are_read_with_their_offsets_and_strides():
    """Catches a transposed tensor read row by row, and two tensors of one storage read as two storages."""
    arrays = read_arrays(io.BytesIO(written(GOOD)))
    assert list(arrays) == ["whole", "part", "count"]
    np.testing.assert_array_equal(arrays["whole"], np.arange(12).reshape(3, 4))
    np.testing.assert_array_equal(arrays["part"], [[1, 5, 9], [2, 6, 10]])
    assert arrays["count"] == 7
    assert [array.dtype for array in arrays.values()] == [np.float32, np.float32, np.int64]


class Call:
    """Pickled as a call of a function with one argument."""

    def __init__(self, function, argument):
        self.call = function, (argument,)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("function", [os.system, eval, __import__], ids=lambda function: function.__name__)
def test_a_file_that_calls_something_is_refused_and_calls_nothing(function, tmp_path):
    """Catches a general pickle reader, which would run what the file names."""
    trace = tmp_path / "trace"
    argument = {"system": f"touch {trace}", "eval": f"open({str(trace)!r}, 'w')", "__import__": "antigravity"}
    with pytest.raises(BackboneSourceError, match="which no weights need"):
        read_arrays(io.BytesIO(written({**GOOD, "evil": Call(function, argument[function.__name__])})))
    assert not trace.exists()


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor("a", 0, (3, 5), (4, 1)),
        Tensor("a", -1, (2,), (1,)),
        Tensor("a", 5, (2,), (-1,)),
        Tensor("a", 0, (1000, 1000), (0, 0)),
        Tensor("a", 0, ("x",), (1,)),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(tensor):
    """Catches memory beside the file's numbers shown as weights, and a small file that grows without bound."""
    with pytest.raises(BackboneSourceError, match="damaged"):
        read_arrays(io.BytesIO(written({"bad": tensor})))


def test_a_cut_file_is_refused_wherever_it_is_cut():
    """Catches a traceback of the pickle reader or of NumPy, and missing numbers read as zeros."""
    whole = written(GOOD)
    for end in range(len(whole)):
        with pytest.raises(BackboneSourceError):
            read_arrays(io.BytesIO(whole[:end]))
    for other in (b"PK\x03\x04 a zip file", whole + b"\0"):
        with pytest.raises(BackboneSourceError, match="damaged"):
            read_arrays(io.BytesIO(other))
