"""A small picture that can be clicked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st


def tile(
    name: str,
    picture: bytes | np.ndarray,
    label: str,
    *,
    chosen: bool,
    width: int,
    on_click: Callable[..., None],
    args: tuple[Any, ...] = (),
    help: str | None = None,
) -> None:
    """Draw a picture with an invisible button over it (see style.css), called `label` by screen readers."""
    with st.container(key=f"tile-{'chosen-' if chosen else ''}{name}", width=width, gap=None):
        st.image(picture, width=width, alt="")
        st.button(label, key=f"pick-{name}", help=help, on_click=on_click, args=args)
