"""The state of an audit: its progress and time left, stop and go on, and the photos that were left out."""

import streamlit as st

from pages.components.audit import choice
from pages.components.shell import address
from pages.components.shell.frame import guarded
from xai_core.audit.remarks import remarks
from xai_core.audit.run import AuditRun
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext

_POLL_SECONDS = 1.0
_REDRAW_RATIO = 1.25  # times as many photos as are drawn: then the whole page is drawn again


def draw(run: AuditRun) -> None:
    """Draw the audit's state; the page runs again when there are enough new photos, and when the audit ends."""
    own = "audit" in address.query()
    if own:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(
                _("{network}. The address of this page holds this audit: keep it to come back.").format(
                    network=choice.title(run.plan.classifier)
                ),
                width="content",
            )
            st.button(_("Close"), key="audit-close", on_click=address.put, kwargs={"audit": None, "group": None})
        choice.again(run.plan)
    state = run.state
    if state == "running":
        st.fragment(_running, run_every=_POLL_SECONDS)(run, len(run.journal.rows()))
    elif state != "done":
        if run.error is not None:
            st.error(str(run.error))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_stopped(run), width="content")
            st.button(_("Go on"), key="audit-go-on", on_click=choice.audits().resume, args=(run,))
    told = remarks(run.plan)
    failed = [f"{run.plan.photos[number].path}: {error}" for number, error in sorted(run.failures.items())]
    if state == "done" and failed:
        st.button(_("Try the failed photos again"), key="audit-again", on_click=choice.audits().resume, args=(run,))
    if told or failed:
        count = len(told) + len(failed)
        with st.expander(
            ngettext("{count} remark about the files", "{count} remarks about the files", count).format(count=count)
        ):
            for sentence in (*told, *failed):
                st.text(sentence)


def _stopped(run: AuditRun) -> str:
    return _("Stopped after {done} of {count} photos; nothing that was computed is lost.").format(
        done=len(run.journal.rows()), count=len(run.plan.photos)
    )


def _running(run: AuditRun, drawn: int) -> None:
    with guarded():
        done, count = run.done, len(run.plan.photos)
        if run.state != "running" or done > max(_REDRAW_RATIO * drawn, drawn + 3):
            st.rerun()
        text = _("{done} of {count} photos. {left}").format(
            done=done, count=count, left=formatting.time_left(run.seconds_left)
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.progress(done / count, text)
            st.button(_("Stop"), key="audit-stop", on_click=run.stop)
        st.caption(_("It goes on while you look at other pages. What is done so far stands below."))
