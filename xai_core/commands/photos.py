"""Reads photos by their path."""

import os
from pathlib import Path

from xai_core.errors import ImageError
from xai_core.photos.decoding import MAXIMUM_BYTES, load_photo
from xai_core.types import ImageInput


def read_photo(path: str) -> ImageInput:
    """Return the photo in a file. Raises ImageError for a file that cannot be read or is no photo."""
    if not path or "\0" in path:
        raise ImageError("“{path}” is no file's name.", path=path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)  # a device has no end
    except OSError as failure:
        raise ImageError(
            "“{path}” cannot be read ({reason}).", path=path, reason=failure.strerror or str(failure)
        ) from None
    return load_photo(data, _in_utf_8(path))


def _in_utf_8(path: str) -> str:
    """Return a path as it reads in UTF-8, in which most names are written whatever the locale says."""
    try:
        return os.fsencode(path).decode()
    except UnicodeError:
        return path
