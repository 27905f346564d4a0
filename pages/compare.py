"""The page "Compare": networks against methods on one scale, with what each map is worth and what all have in common."""

from collections.abc import Mapping

import streamlit as st

from pages.components.compare import cells, grid, presentation, scores, together, trust
from pages.components.inputs import pickers, subject
from pages.components.outputs import findings_list, prediction_view, report_button
from pages.components.shell import frame, presenter_mode
from xai_core.findings.photo_findings import MapResult, NetworkMaps, map_findings
from xai_core.i18n.catalogues import _
from xai_core.report.contents import Scoring
from xai_core.types import Explanation


def compare() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    if presenter_mode.on():
        presenter_mode.dress()
    st.title(_("Which map should I believe?"), anchor=False)
    st.markdown(
        _(
            "The same photo and the same breed, explained by several methods for several networks. Maps differ: below each "
            "stands how well it foretells the network's answer, and whether it passes the checks that a map should pass."
        )
    )
    subject.bar(chosen)
    choice, check = st.columns([8, 5], gap="medium", vertical_alignment="top")
    with choice:
        networks, methods, second = cells.choice()
    if not networks or not methods:
        st.info(_("Choose at least one network and one method."))
        return
    if chosen.target is None:
        prediction_view.waiting_caption()
        return
    rows = cells.rows(chosen, networks, methods, second)
    with check:
        checking = trust.switch(rows)
    drawing, scale = st.columns([10, 5], gap="medium")
    with drawing:
        pickers.view_controls(chosen.address.view)
    with scale:
        grid.scale(chosen)
    hidden = scores.fill()
    jobs = cells.ask(rows)
    maps = {cell: job.result() for cell, job in jobs.items() if job.state == "done"}
    settled = all(job.done for job in jobs.values())
    # What looks at maps waits for them: the machine has only so many hands, and people want to see maps first.
    measured = scores.read(maps, hidden) if settled else scores.Scores()
    marks = trust.read(maps) if settled and checking and measured.settled else trust.TrustVerdicts()
    report_button.keep_jobs()
    if presenter_mode.on():
        return presentation.draw(rows, jobs, measured, marks, chosen)
    grid.draw(rows, jobs, measured, marks, chosen)
    grid.explain()
    together.draw(rows, maps, measured, marks, chosen)
    known = _known(rows, maps, measured, marks)
    findings_list.draw(map_findings(known, "agreement"))
    scoring = Scoring(fill=hidden, seeds=tuple(range(scores.RANDOM)))
    with st.container(horizontal=True, vertical_alignment="center"):
        report_button.offer(
            report_button.Content(chosen.held.image, known if settled else [], chosen.address.view, scoring)
        )
        presenter_mode.enter()


def _known(
    rows: list[list[cells.Cell]],
    maps: Mapping[cells.Cell, Explanation],
    measured: scores.Scores,
    marks: trust.TrustVerdicts,
) -> list[NetworkMaps]:
    """Return what is known of the first photo so far, the networks in the order of their rows."""
    found = []
    for number, row in enumerate(rows):
        known = tuple(
            MapResult(
                maps[cell],
                f"row-{number}",
                measured.measures[cell].against_chance if cell in measured.measures else None,
                marks.verdicts.get(cell),
            )
            for cell in row
            if cell in maps
        )
        if known and not row[0].second:
            found.append(NetworkMaps(row[0].spec, known[0].explanation.target, known))
    return found


with frame.page("compare"):
    compare()
