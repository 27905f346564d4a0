"""The page "Compare": networks against methods on one scale, with what each map is worth and what all have in common."""

import streamlit as st

from pages.components.compare import cells, grid, presentation, scores, together, trust
from pages.components.compare.cells import Cell
from pages.components.compare.comparison import Comparison
from pages.components.inputs import pickers, subject
from pages.components.inputs.subject import Subject
from pages.components.outputs import findings_list, prediction_view, report_button
from pages.components.shell import frame, presenter_mode
from xai_core.findings.photo_findings import MapResult, NetworkMaps, map_findings
from xai_core.i18n.catalogues import _
from xai_core.report.contents import Scoring


def compare() -> None:
    """Draw the page from top to bottom."""
    page_subject = subject.read()
    if presenter_mode.on():
        presenter_mode.dress()
    st.title(_("Which map should I believe?"), anchor=False)
    st.markdown(
        _(
            "The same photo and the same breed, explained by several methods for several networks. Maps differ: below each "
            "stands how well it foretells the network's answer, and whether it passes the checks that a map should pass."
        )
    )
    subject.bar(page_subject)
    choice = _choice(page_subject)
    if choice is None:
        return
    rows, with_checks = choice
    comparison = _comparison(page_subject, rows, with_checks)
    report_button.keep_jobs()
    if presenter_mode.on():
        presentation.draw(comparison)
    else:
        _draw(comparison)


def _choice(subject: Subject) -> tuple[list[list[Cell]], bool] | None:
    """Draw the choices; return the rows of the grid and whether maps are checked, None where there is nothing to show."""
    choice, check = st.columns([8, 5], gap="medium", vertical_alignment="top")
    with choice:
        networks, methods, second = cells.choice()
    if not networks or not methods:
        st.info(_("Choose at least one network and one method."))
        return None
    if subject.target is None:
        prediction_view.waiting_caption()
        return None
    rows = cells.rows(subject, networks, methods, second)
    with check:
        with_checks = trust.switch(rows)
    drawing, scale = st.columns([10, 5], gap="medium")
    with drawing:
        pickers.view_controls(subject.address.view)
    with scale:
        grid.scale(subject)
    return rows, with_checks


def _comparison(subject: Subject, rows: list[list[Cell]], with_checks: bool) -> Comparison:
    """Ask for the maps, then for their scores, then for the checks: people want to see maps first."""
    jobs = cells.ask(rows)
    maps = {cell: job.result() for cell, job in jobs.items() if job.state == "done"}
    finished = all(job.done for job in jobs.values())
    measured = scores.read(maps, scores.fill()) if finished else scores.Scores()
    checked = trust.read(maps) if finished and with_checks and measured.settled else trust.TrustVerdicts()
    return Comparison(subject, rows, jobs, measured, checked)


def _draw(comparison: Comparison) -> None:
    grid.draw(comparison)
    grid.explain()
    together.draw(comparison)
    networks = _networks(comparison)
    findings_list.draw(map_findings(networks, "agreement"))
    finished = all(job.done for job in comparison.jobs.values())
    scoring = Scoring(fill=scores.fill(), seeds=tuple(range(scores.RANDOM_ORDERS)))
    image, view = comparison.subject.photo.image, comparison.subject.address.view
    with st.container(horizontal=True, vertical_alignment="center"):
        report_button.offer(report_button.Content(image, networks if finished else [], view, scoring))
        presenter_mode.enter()


def _networks(comparison: Comparison) -> list[NetworkMaps]:
    """Return the finished maps of the first photo with their scores and verdicts, the networks in the order of rows."""
    finished = comparison.maps
    networks = []
    for number, row in enumerate(comparison.rows):
        maps = tuple(
            MapResult(
                finished[cell],
                f"row-{number}",
                comparison.scores.by_cell.get(cell),
                comparison.trust.verdicts.get(cell),
            )
            for cell in row
            if cell in finished
        )
        if maps and not row[0].second:
            networks.append(NetworkMaps(row[0].spec, maps[0].explanation.target, maps))
    return networks


with frame.page("compare"):
    compare()
