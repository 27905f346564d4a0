"""The page "Methods": a catalogue of all methods, with how each works and what it shows on the visitor's photo."""

from collections.abc import Sequence

import streamlit as st

from pages.components.inputs import subject, url_widgets
from pages.components.outputs import map_panel, prediction_view
from pages.components.shell import address, frame, session
from pages.components.shell.frame import guarded
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer, MethodInfo
from xai_core.explainers.families import FAMILIES
from xai_core.explainers.registry import EXPLAINERS, by_family
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import ExplanationRequest
from xai_core.types import Explanation

_ALL = "all"
_ASKED = "methods-asked"


def methods() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title(_("Methods"), anchor=False)
    st.markdown(
        _(
            "Every map in SeeSpot comes from one of these methods. They ask the network in different ways, so they answer "
            "different questions: read how each works, when to trust it, and see what it makes of your photo."
        )
    )
    subject.bar(chosen)
    questions = _questions(chosen)

    family, sought = _filters(chosen)
    shown = {
        one: found
        for one, offered in by_family().items()
        if family in (_ALL, one) and (found := [method for method in offered if _matches(method.info, sought)])
    }
    jobs = _jobs(questions, [method for found in shown.values() for method in found], chosen)
    if not shown:
        st.info(_("No method matches. Try fewer letters, or all families."))
    for one, found in shown.items():
        st.header(_(FAMILIES[one].heading), anchor=one.replace(" ", "-"))
        st.markdown(_(FAMILIES[one].description))
        for start in range(0, len(found), 2):
            for column, method in zip(st.columns(2, gap="small"), found[start : start + 2], strict=False):
                with column:
                    _card(method, questions.get(method.info.key), jobs.get(method.info.key), chosen)


def _questions(chosen: subject.Subject) -> dict[str, ExplanationRequest]:
    """Return what each method is asked, as it comes; nothing while the breeds are not known."""
    if chosen.target is None:
        return {}
    return {
        key: ExplanationRequest(chosen.spec.ref, chosen.digest, chosen.target, method())
        for key, method in EXPLAINERS.items()
    }


def _filters(chosen: subject.Subject) -> tuple[str, str]:
    """Draw the choice of a family, the search and the maps' scale; return the family and the words sought."""
    families = [_ALL, *by_family()]
    current, sought = address.option("family", families, _ALL), address.query().get("find", "")
    titles = {_ALL: _("All")} | {one: _(FAMILIES[one].title) for one in by_family()}
    key = url_widgets.key_of_texts("methods-family")
    url_widgets.show_value(key, current)
    url_widgets.show_value("methods-find", sought)
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
            sought,
            key="methods-find",
            placeholder=_("A name, a year, a word"),
            icon=":material/search:",
            on_change=_take_filters,
            args=(key,),
        )
        with right:
            map_panel.legend(None if chosen.label is None else formatting.breed(chosen.label))
    return current, sought


def _jobs(
    questions: dict[str, ExplanationRequest], shown: Sequence[type[Explainer]], chosen: subject.Subject
) -> dict[str, Job[Explanation]]:
    """Return the jobs there are: for what is stored at once, and for what is wanted one after the other.

    Wanted is what the visitor asked for and what takes a moment only; a cold visit must not start minutes of computing.
    """
    image = chosen.held.image
    jobs = {key: job for key, question in questions.items() if (job := session.known(question, image)) is not None}
    seen = {method.info.key for method in shown}  # what the filters hide is drawn by nobody, who could wait for it
    if questions and all(job.done for key, job in jobs.items() if key in seen):
        quick = [questions[method.info.key] for method in shown if method.info.quick]
        keys = {question: key for key, question in questions.items()}
        for question in (*_asked(), *quick):
            if question in keys and keys[question] not in jobs:
                jobs[keys[question]] = session.ask(question, image)
                break
    return jobs


def _card(
    method: type[Explainer],
    question: ExplanationRequest | None,
    job: Job[Explanation] | None,
    chosen: subject.Subject,
) -> None:
    info = method.info
    with st.container(border=True, height="stretch", key=f"catalogue-{info.key}"):
        picture, text = st.columns([5, 7], gap="medium")
        with picture, guarded():
            explanation = _picture(info, question, job, chosen)
            st.caption(_("**To read it:** {sentence}").format(sentence=_continued(_(info.sentence))))
        with text:
            st.subheader(_(info.title), anchor=info.key)
            trust = _("**Trust it:** {sentence}").format(sentence=_continued(_(info.trust)))
            limits = _("**Limits.** {sentences}").format(sentences=_(info.limits))
            st.markdown(f"{_(info.how)}\n\n{trust}\n\n{limits}")
            cost = _("Cost for this picture on this computer: {cost}").format(cost=_cost(question, explanation))
            paper = _("Paper: [{paper}]({url})").format(paper=info.paper, url=info.url)
            st.caption(f"{cost}  \n{paper}")
            st.page_link(
                "pages/explain.py",
                label=_("Open in Explain"),
                icon=":material/open_in_new:",
                query_params={**address.subject_query(), "panel1": info.key},
            )


def _picture(
    info: MethodInfo, question: ExplanationRequest | None, job: Job[Explanation] | None, chosen: subject.Subject
) -> Explanation | None:
    """Draw the method's map, the waiting for it or the offer to compute it; return the explanation once there is one."""
    if question is not None and job is not None:
        label = chosen.spec.labels[question.target]
        return map_panel.map_of(info.key, question, chosen.held, chosen.address.view, label, told=False)
    map_panel.placeholder(chosen.held, _("Not computed yet"))
    if question is None:
        prediction_view.waiting_caption()
    elif info.quick or question in _asked():
        st.caption(_("Waits for the map before it."))
    else:
        st.button(_("Show it on this photo"), key=f"show-{info.key}", on_click=_asked().append, args=(question,))
        seconds = session.seconds(question)
        if seconds is None:
            st.caption(_("It asks the network often, so it starts when you want it."))
        else:
            told = _("It takes {about}, so it starts when you want it.")
            st.caption(told.format(about=formatting.about(seconds)))
    return None


def _cost(question: ExplanationRequest | None, explanation: Explanation | None) -> str:
    """Return what the map has cost, or will cost as far as that is known."""
    if explanation is not None:
        return _continued(formatting.effort(explanation))
    seconds = None if question is None else session.seconds(question)
    return _("not measured yet") if seconds is None else formatting.about(seconds)


def _asked() -> list[ExplanationRequest]:
    """Return what the visitor wanted to see, first things first."""
    asked: list[ExplanationRequest] = st.session_state.setdefault(_ASKED, [])
    return asked


def _matches(info: MethodInfo, sought: str) -> bool:
    read = (info.title, FAMILIES[info.family].title, info.how, info.sentence)
    text = " ".join((info.key, info.family, info.paper, *map(_, read))).casefold()
    return all(word in text for word in sought.casefold().split())


def _continued(sentence: str) -> str:
    """Return a sentence as it stands after a colon."""
    return sentence[0].lower() + sentence[1:]


def _take_filters(key: str) -> None:
    family = st.session_state[key]
    address.put(family=None if family == _ALL else family, find=st.session_state["methods-find"].strip() or None)


with frame.page("methods"):
    methods()
