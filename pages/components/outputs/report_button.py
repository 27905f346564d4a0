"""The button for a report of what a page shows: it asks for what is missing, then offers an HTML and a PDF file."""

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.outputs import job_progress
from pages.components.shell import address, session
from pages.components.shell.address import View
from pages.components.shell.frame import guarded
from xai_core.detection.locate import DogLocation
from xai_core.execution.jobs import Job
from xai_core.findings.photo_findings import MapResult, NetworkMaps, NetworkResult
from xai_core.i18n import catalogues, formatting
from xai_core.i18n.catalogues import _
from xai_core.metrics import deletion_insertion as metric
from xai_core.metrics.against_chance import against_chance
from xai_core.report.contents import Report, Scoring, versions
from xai_core.requests import DogRequest, PredictionRequest, Request, StudyRequest
from xai_core.studies.faithfulness import Faithfulness, FaithfulnessResult
from xai_core.types import ImageInput

Answer = TypeVar("Answer")
_WANTED, _REQUESTS = "report", "report-requests"


@dataclass(frozen=True, eq=False)
class Content:
    """The contents of a page's report: one photo and breed, and the finished maps."""

    image: ImageInput
    networks: Sequence[NetworkMaps]
    view: View
    scoring: Scoring


def keep_jobs() -> None:
    """Keep the report's jobs while the page has no finished map, as long as a report is wanted."""
    if address.query().get(_WANTED) == "yes":
        session.keep(st.session_state.get(_REQUESTS, ()))


def offer(content: Content) -> None:
    """Draw the button that opens the report, with the progress of what is missing or the files."""
    with st.popover(_("Report"), icon=":material/description:", key="report"), guarded():
        st.markdown(
            _(
                "Everything shown here in one file: photo, breeds, maps, scores, findings, settings and limits. Others can "
                "check it: `python -m xai_core verify` computes every map again."
            )
        )
        if not any(network.maps for network in content.networks):
            st.caption(_("This needs a finished map."))
            return
        time = _time(content)
        if not url_widgets.flag(_WANTED, _("Prepare the report"), help=time or None):
            st.session_state[_REQUESTS] = ()
            return
        missing = _Missing(content)
        st.session_state[_REQUESTS] = tuple(missing.jobs)
        job_progress.several("report", missing.jobs, _("What the report needs"))
        if missing.networks is not None:
            _files(content, missing.networks, missing.dog)


class _Missing:
    """The jobs that a report still needs, by request; `networks` make its contents once all are done, else None."""

    def __init__(self, content: Content) -> None:
        self.jobs: dict[Request, Job] = {}
        self._image = content.image
        self._scoring = content.scoring
        networks = [self._network(number, network) for number, network in enumerate(content.networks, 1)]
        self.dog: Job[DogLocation] = self._ask(DogRequest(content.networks[0].spec.ref, content.image.digest))
        self.networks = networks if all(job.state == "done" for job in self.jobs.values()) else None

    def _network(self, number: int, network: NetworkMaps) -> Callable[[], NetworkResult]:
        request = PredictionRequest(network.spec.ref, self._image.digest)
        prediction = self._ask(request)
        maps = [self._map(f"map-{number}-{place}", network, result) for place, result in enumerate(network.maps, 1)]
        return lambda: NetworkResult(
            network.spec, network.target, tuple(make() for make in maps), prediction.result(), f"network-{number}"
        )

    def _map(self, anchor: str, network: NetworkMaps, result: MapResult) -> Callable[[], MapResult]:
        result = dataclasses.replace(result, anchor=anchor)
        if result.scores is not None and len(result.scores.random) == len(self._scoring.seeds):
            return lambda: result
        maps = [result.explanation.values, *(metric.random_map(seed) for seed in self._scoring.seeds)]
        own, *random = (self._study(network, values) for values in maps)
        return lambda: dataclasses.replace(
            result, scores=against_chance(own.result().curves, [job.result().curves for job in random])
        )

    def _study(self, network: NetworkMaps, values: np.ndarray) -> Job[FaithfulnessResult]:
        study = Faithfulness.of(values, fill=self._scoring.fill, steps=self._scoring.steps)
        return self._ask(StudyRequest(network.spec.ref, (self._image.digest,), network.target, study))

    def _ask(self, request: Request[Answer]) -> Job[Answer]:
        self.jobs[request] = job = session.ask(request, self._image)
        return job


def _files(content: Content, results: Sequence[Callable[[], NetworkResult]], dog: Job[DogLocation]) -> None:
    """Draw the buttons for the two files, which are made when a button is pressed."""
    workbench = session.workbench()
    language = catalogues.current_language()

    def report() -> Report:
        # Files are made in a thread without a page, which has no language of its own.
        catalogues.set_language(language)
        networks = tuple(make() for make in results)
        specs = [network.spec for network in networks]
        engines = {spec.key: engine for spec in specs if (engine := workbench.engine(spec.ref)) is not None}
        return Report(
            content.image,
            networks,
            content.scoring,
            datetime.date.today(),
            dog.result(),
            opacity=content.view.opacity / 100,
            engines=engines,
            versions=versions(),
        )

    def html() -> bytes:
        from xai_core.report.html import to_html

        return to_html(report())

    def pdf() -> bytes:
        from xai_core.report.pdf import to_pdf

        return to_pdf(report())

    for title, make, name, kind in (
        (_("One HTML file"), html, "seespot-report.html", "text/html"),
        (_("One PDF file"), pdf, "seespot-report.pdf", "application/pdf"),
    ):
        st.download_button(
            title,
            make,
            name,
            kind,
            key=name.replace(".", "-"),
            on_click="ignore",
            width="stretch",
            icon=":material/download:",
        )


def _time(content: Content) -> str:
    """Return the text of how long what is missing takes where nothing of it is stored; "" where that is not known."""
    total = 0.0
    for network in content.networks:
        count = sum(result.scores is None for result in network.maps)
        if count:
            study = Faithfulness(fill=content.scoring.fill, steps=content.scoring.steps)
            seconds = session.seconds(StudyRequest(network.spec.ref, (content.image.digest,), network.target, study))
            if seconds is None:
                return ""
            total += seconds * (count + len(content.scoring.seeds))
    return formatting.takes(total) if total else ""
