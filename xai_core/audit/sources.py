"""The folder or the zip that a path names."""

from pathlib import Path

from xai_core.audit.folder import Folder
from xai_core.audit.places import Source
from xai_core.audit.zips import Zip
from xai_core.errors import ParameterError


def open_source(path: Path) -> Source:
    """Return the folder or the zip at `path`. Raises ParameterError for anything else."""
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        raise ParameterError("“{path}” does not exist; please name a folder or a zip with photos.", path=str(path))
    try:
        return Zip(path.open("rb"))
    except OSError as failure:
        raise ParameterError(
            "“{path}” cannot be read ({reason}).", path=str(path), reason=failure.strerror or type(failure).__name__
        ) from None
