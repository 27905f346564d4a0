"""Where the files lie that come with SeeSpot: networks, sample photos, catalogues of texts."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "_files"  # in an installed package; in a checkout they lie beside the package

#: The folder that holds app.py, pages/, models/ and assets/.
ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
MODELS = Path(os.environ.get("SEESPOT_MODELS") or ROOT / "models")  # `train --models DIR` writes such a folder
ASSETS = ROOT / "assets"
SAMPLES = ASSETS / "samples"
CATALOGUES = ASSETS / "translations"
BREED_NAMES = ASSETS / "breed_names.csv"
