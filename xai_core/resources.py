"""Where the files lie that come with SeeSpot: networks, sample photos, catalogues of texts."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "_files"  # in an installed package; in a checkout they lie beside the package

#: The folder that holds app.py, pages/, models/ and assets/.
ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
MODELS = ROOT / "models"
ASSETS = ROOT / "assets"
SAMPLES = ASSETS / "samples"
CATALOGUES = ASSETS / "translations"
