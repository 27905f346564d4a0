"""The page "Methods": a catalogue of all methods, with how each works and what it shows on the visitor's photo."""

from collections.abc import Sequence

import streamlit as st

from pages.components.inputs import subject, url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import map_panel, prediction_view
from pages.components.shell import address, frame, session
from pages.components.shell.frame import guarded
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer, MethodInfo
from xai_core.explainers.families import FAMILIES, Family
from xai_core.explainers.registry import EXPLAINERS, by_family
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import ExplanationRequest
from xai_core.types import Explanation

_ALL = "all"
_WANTED = "methods-asked"


def methods() -> None:
    """Draw the page from top to bottom."""
    page_subject = subject.read()
    st.title(_("Methods"), anchor=False)
    st.markdown(
        _(
            "Every map in SeeSpot comes from one of these methods. They ask the network in different ways, so they answer "
            "different questions: read how each works, when to trust it, and see what it makes of your photo."
        )
    )
    subject.bar(page_subject)
    family, words = _filters(page_subject)
    shown = _matching(family, words)
    requests = _requests(page_subject)
    jobs = _jobs(requests, [method for methods in shown.values() for method in methods], page_subject)
    if not shown:
        st.info(_("No method matches. Try fewer letters, or all families."))
    for name, methods in shown.items():
        st.header(_(FAMILIES[name].heading), anchor=name.replace(" ", "-"))
        st.markdown(_(FAMILIES[name].description))
        for start in range(0, len(methods), 2):
            for column, method in zip(st.columns(2, gap="small"), methods[start : start + 2], strict=False):
                with column:
                    _card(method, requests.get(method.info.key), jobs.get(method.info.key), page_subject)


def _matching(family: str, words: str) -> dict[Family, list[type[Explainer]]]:
    """Return the methods of a family, or of all, that match the search, by family; families without any are left out."""
    matching = {
        name: [method for method in methods if _matches(method.info, words)]
        for name, methods in by_family().items()
        if family in (_ALL, name)
    }
    return {name: methods for name, methods in matching.items() if methods}


def _requests(subject: Subject) -> dict[str, ExplanationRequest]:
    """Return the request for each method's map, with its usual settings, by key; none before the prediction."""
    if subject.target is None:
        return {}
    return {
        key: ExplanationRequest(subject.spec.ref, subject.digest, subject.target, method())
        for key, method in EXPLAINERS.items()
    }


def _filters(subject: Subject) -> tuple[str, str]:
    """Draw the choice of a family, the search and the colour scale; return the family and the search's words."""
    families = [_ALL, *by_family()]
    current, words = address.option("family", families, _ALL), address.query().get("find", "")
    titles = {_ALL: _("All")} | {family: _(FAMILIES[family].title) for family in by_family()}
    key = url_widgets.key_of_texts("methods-family")
    url_widgets.show_value(key, current)
    url_widgets.show_value("methods-find", words)
    with st.container(key="methods-filters"):
        left, middle, right = st.columns([5, 3, 4], gap="medium", vertical_alignment="bottom")
        left.segmented_control(
            _("Family"),
            families,
            default=current,
            format_func=titles.__getitem__,
            key=key,
            required=True,
            wrap=True,
            on_change=_take_filters,
            args=(key,),
            help=_("How a method asks the network; each family is explained below."),
        )
        middle.text_input(
            _("Search"),
            words,
            key="methods-find",
            placeholder=_("A name, a year, a word"),
            icon=":material/search:",
            on_change=_take_filters,
            args=(key,),
        )
        with right:
            map_panel.legend(None if subject.label is None else formatting.breed(subject.label))
    return current, words


def _jobs(
    requests: dict[str, ExplanationRequest], shown: Sequence[type[Explainer]], subject: Subject
) -> dict[str, Job[Explanation]]:
    """Return the jobs by method: those that are stored or started, and the next one of those that wait.

    Waiting are the maps that the visitor asked for, then the quick ones; a visit must not start minutes of computing.
    """
    image = subject.photo.image
    jobs = {key: job for key, request in requests.items() if (job := session.started(request, image)) is not None}
    keys_shown = {
        method.info.key for method in shown
    }  # a map that is not drawn could not tell the page that it is done
    if requests and all(job.done for key, job in jobs.items() if key in keys_shown):
        quick = [requests[method.info.key] for method in shown if method.info.quick]
        keys = {request: key for key, request in requests.items()}
        for request in (*_wanted(), *quick):
            if request in keys and keys[request] not in jobs:
                jobs[keys[request]] = session.ask(request, image)
                break
    return jobs


def _card(
    method: type[Explainer],
    request: ExplanationRequest | None,
    job: Job[Explanation] | None,
    subject: Subject,
) -> None:
    info = method.info
    with st.container(border=True, height="stretch", key=f"catalogue-{info.key}"):
        picture, text = st.columns([5, 7], gap="medium")
        with picture, guarded():
            explanation = _picture(info, request, job, subject)
            st.caption(_("**To read it:** {sentence}").format(sentence=_continued(_(info.sentence))))
        with text:
            st.subheader(_(info.title), anchor=info.key)
            trust = _("**Trust it:** {sentence}").format(sentence=_continued(_(info.trust)))
            limits = _("**Limits.** {sentences}").format(sentences=_(info.limits))
            st.markdown(f"{_(info.how)}\n\n{trust}\n\n{limits}")
            cost = _("Cost for this picture on this computer: {cost}").format(cost=_cost(request, explanation))
            paper = _("Paper: [{paper}]({url})").format(paper=info.paper, url=info.url)
            st.caption(f"{cost}  \n{paper}")
            st.page_link(
                "pages/explain.py",
                label=_("Open in Explain"),
                icon=":material/open_in_new:",
                query_params={**address.subject_query(), "panel1": info.key},
            )


def _picture(
    info: MethodInfo, request: ExplanationRequest | None, job: Job[Explanation] | None, subject: Subject
) -> Explanation | None:
    """Draw the method's map, its progress or the button that starts it; return the explanation once there is one."""
    if request is not None and job is not None:
        label = subject.spec.labels[request.target]
        return map_panel.map_of(info.key, request, subject.photo, subject.address.view, label, with_text=False)
    map_panel.placeholder(subject.photo, _("Not computed yet"))
    if request is None:
        prediction_view.waiting_caption()
    elif info.quick or request in _wanted():
        st.caption(_("Waits for the map before it."))
    else:
        st.button(_("Show it on this photo"), key=f"show-{info.key}", on_click=_wanted().append, args=(request,))
        seconds = session.seconds(request)
        if seconds is None:
            st.caption(_("It asks the network often, so it starts when you want it."))
        else:
            text = _("It takes {about}, so it starts when you want it.")
            st.caption(text.format(about=formatting.about(seconds)))
    return None


def _cost(request: ExplanationRequest | None, explanation: Explanation | None) -> str:
    """Return the text of what the map has cost, or is expected to cost."""
    if explanation is not None:
        return _continued(formatting.effort(explanation))
    seconds = None if request is None else session.seconds(request)
    return _("not measured yet") if seconds is None else formatting.about(seconds)


def _wanted() -> list[ExplanationRequest]:
    """Return the requests that the visitor pressed the button of, in that order."""
    wanted: list[ExplanationRequest] = st.session_state.setdefault(_WANTED, [])
    return wanted


def _matches(info: MethodInfo, words: str) -> bool:
    translated = (info.title, FAMILIES[info.family].title, info.how, info.sentence)
    text = " ".join((info.key, info.family, info.paper, *map(_, translated))).casefold()
    return all(word in text for word in words.casefold().split())


def _continued(sentence: str) -> str:
    """Return a sentence with a small first letter, as it stands after a colon."""
    return sentence[0].lower() + sentence[1:]


def _take_filters(key: str) -> None:
    family = st.session_state[key]
    address.put(family=None if family == _ALL else family, find=st.session_state["methods-find"].strip() or None)


with frame.page("methods"):
    methods()
