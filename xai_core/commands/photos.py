"""Photos as the command line names them: paths."""

from pathlib import Path

from xai_core.errors import ImageError
from xai_core.images import load_photo
from xai_core.types import ImageInput


def read_photo(path: str) -> ImageInput:
    """Return the photo in a file. Raises ImageError for a file that cannot be read or is no photo."""
    try:
        data = Path(path).read_bytes()
    except OSError as failure:
        raise ImageError(f"“{path}” cannot be read ({failure.strerror or failure}).") from None
    except ValueError:  # a path with a null byte in it
        raise ImageError(f"“{path!r}” is no file's name.") from None
    return load_photo(data, path)
