"""The page "Audit": many photos at once, what a network gets wrong in them, and what its evidence has in common."""

import streamlit as st

from pages.components.audit import choice, groups, numbers, progress, table
from pages.components.shell import frame, session
from xai_core.audit.run import AuditRun
from xai_core.audit.summary import summarise
from xai_core.classifiers.reference import NetworkRef
from xai_core.i18n.catalogues import _


def audit() -> None:
    """Draw the page from top to bottom."""
    st.title(_("What do its mistakes have in common?"), anchor=False)
    st.markdown(
        _(
            "One photo shows what a network saw once. Hand in many of them, and see how often it is right, whether its "
            "evidence lies on the dog or on the background, and which photos it treats alike."
        )
    )
    choice.draw()
    run = choice.audit_run()
    if run is not None:
        _results(run)


def _results(run: AuditRun) -> None:
    progress.draw(run)
    by_number = run.journal.rows()
    rows = [by_number[number] for number in sorted(by_number)]
    if not rows:
        return
    plan, spec = run.plan, session.workbench().spec(NetworkRef.parse(run.plan.classifier))
    summary = summarise(plan, rows)
    numbers.draw(plan, rows, summary, spec)
    method = choice.method(plan)
    clusters = groups.draw(plan, rows, method, spec)
    table.draw(plan, rows, summary, clusters, method, spec)


with frame.page("audit"):
    audit()
