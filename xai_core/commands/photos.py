"""Reads photos by their path."""

from pathlib import Path

from xai_core.errors import ImageError
from xai_core.photos.decoding import load_photo
from xai_core.types import ImageInput


def read_photo(path: str) -> ImageInput:
    """Return the photo in a file. Raises ImageError for a file that cannot be read or is no photo."""
    try:
        data = Path(path).read_bytes()
    except OSError as failure:
        raise ImageError(
            "“{path}” cannot be read ({reason}).", path=path, reason=failure.strerror or str(failure)
        ) from None
    except ValueError:  # a path with a null byte in it
        raise ImageError("“{path}” is no file's name.", path=repr(path)) from None
    return load_photo(data, path)
