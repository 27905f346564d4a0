"""The audit's summary: how often the network is right, where its evidence lies, which breeds it confuses."""

from collections.abc import Sequence

import streamlit as st

from xai_core.audit import sentences
from xai_core.audit.plan import Plan
from xai_core.audit.remarks import headlines
from xai_core.audit.row import Row
from xai_core.audit.summary import Summary
from xai_core.classifiers.base import ModelSpec
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _


def draw(plan: Plan, rows: Sequence[Row], summary: Summary, spec: ModelSpec) -> None:
    """Draw the summary."""
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.header(_("How often is it right, and where does it look?"), anchor=False)
        told = (*sentences.overview(summary), *headlines(plan), *sentences.evidence(summary))
        st.markdown("\n\n".join(_plain(sentence) for sentence in told))
        st.caption(
            _(
                "The outline comes from two other networks, one that boxes dogs and one that sees what stands out, never "
                "from the one that is audited. It is drawn on each photo whose share is told. Of 60 photos of known breeds "
                "it was told in 50 and, by eye, held the whole dog in 47 of these, in some with a hand or a second dog: so "
                "trust a difference between many photos more than the number of a single one."
            )
        )
    with right:
        st.header(_("What does it take for what?"), anchor=False)
        if summary.confusions:
            st.table(
                [
                    {
                        _("True breed"): formatting.breed(spec.labels[confusion.truth]),
                        _("Taken for"): formatting.breed(spec.labels[confusion.answer]),
                        _("Times"): str(confusion.count),
                    }
                    for confusion in summary.confusions
                ]
            )
        else:
            st.caption(_("No breed was taken for another one."))


def _plain(sentence: str) -> str:
    """Return a sentence with its Markdown characters escaped."""
    return sentence.replace("$", r"\$").replace("*", r"\*")
