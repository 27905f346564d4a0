"""What the numbers say, in sentences that lead to their numbers."""

import re
from collections.abc import Sequence

import streamlit as st

from xai_core.i18n.catalogues import _
from xai_core.types import Finding

#: What Markdown would take for more than a letter.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#~$|])")


def draw(found: Sequence[Finding]) -> None:
    """Draw the findings, each with a link to the place of its numbers."""
    st.header(_("What the numbers say"), anchor=False)
    if not found:
        st.caption(_("Nothing here is clear enough to be more than chance."))
        return
    numbers = _("Numbers")
    st.markdown("\n".join(f"- {_plain(one.text)} [{numbers}](#{one.anchor})" for one in found))


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
