"""A report as one self-contained HTML file: pictures, style and manifest are inside, no script is run."""

import base64
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from xai_core.i18n.catalogues import _, current_language
from xai_core.photos.decoding import to_screen
from xai_core.report import manifest
from xai_core.report.blocks import Block
from xai_core.report.contents import Report
from xai_core.report.outline import outline

_FOLDER = Path(__file__).parent


def to_html(report: Report) -> bytes:
    """Return the report as UTF-8 HTML in the current language. Equal reports give equal bytes."""
    text = _template().render(
        outline=outline(report),
        language=current_language(),
        numbers=_("Numbers"),
        style=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),
        kinds=_kind,
        picture=_picture,
        # Markup, since JSON is not unescaped when it is read; `as_text` leaves no "<" in it.
        manifest=Markup(f"{manifest.TAG}{manifest.as_text(manifest.describe(report))}</script>"),
    )
    return text.encode()


@cache
def _template() -> Template:
    loader = FileSystemLoader(_FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html.j2")


def _kind(block: Block) -> str:
    return type(block).__name__


def _picture(pixels: np.ndarray) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(to_screen(pixels)).decode()}"
