"""The findings as sentences that link to their numbers."""

import re
from collections.abc import Sequence

import streamlit as st

from xai_core.i18n.catalogues import _
from xai_core.types import Finding

#: Characters with a meaning in Markdown.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#~$|])")


def draw(findings: Sequence[Finding]) -> None:
    """Draw the findings, each with a link to the place of its numbers."""
    st.header(_("What the numbers say"), anchor=False)
    if not findings:
        st.caption(_("Nothing here is clear enough to be more than chance."))
        return
    numbers = _("Numbers")
    st.markdown("\n".join(f"- {_plain(finding.text)} [{numbers}](#{finding.anchor})" for finding in findings))


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
