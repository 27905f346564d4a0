"""The audit photo by photo: the first ones as cards, all as a table to filter and sort, and both as files."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from pages.components.inputs import url_widgets
from xai_core.audit import files
from xai_core.audit.clusters import Clusters, group
from xai_core.audit.plan import Plan
from xai_core.audit.row import Row
from xai_core.audit.summary import Summary, is_right, wrong_first
from xai_core.classifiers.base import ModelSpec
from xai_core.explainers.registry import EXPLAINERS
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext

_CARDS = 4
_ALL, _WRONG, _RIGHT, _UNKNOWN, _STRANGE = "all", "wrong", "right", "unlabelled", "unfamiliar"
_EVERY_GROUP = "0"
_HEIGHT = 64  # px of a row


def draw(
    plan: Plan, rows: Sequence[Row], summary: Summary, clusters: Clusters | None, method: str, spec: ModelSpec
) -> None:
    """Draw the photos."""
    st.header(_("Photo by photo, wrong answers first"), anchor=False)
    shown = _filtered(plan, wrong_first(plan, rows), clusters)
    st.caption(ngettext("{count} photo", "{count} photos", len(shown)).format(count=len(shown)))
    if shown:
        with st.container(key="audit-cards"):
            for column, row in zip(st.columns(_CARDS, gap="small"), shown[:_CARDS], strict=False):
                with column, st.container(border=True, height="stretch"):
                    _card(plan, row, method, spec)
        _table(plan, shown, clusters, method, spec)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            _("Table (CSV)"),
            lambda: files.as_csv(plan, rows, spec),
            "audit.csv",
            "text/csv",
            key="audit-csv",
            on_click="ignore",
        )
        st.download_button(
            _("Everything on one page (HTML)"),
            lambda: files.as_html(
                plan, rows, summary, {one.info.key: group(plan, rows, one.info.key) for one in plan.explainers}, spec
            ),
            "audit.html",
            "text/html",
            key="audit-html",
            on_click="ignore",
        )


def _filtered(plan: Plan, rows: list[Row], clusters: Clusters | None) -> list[Row]:
    """Draw the filters and return the rows that pass."""
    filters = {
        _ALL: lambda row: True,
        _WRONG: lambda row: is_right(plan, row) is False,
        _RIGHT: lambda row: is_right(plan, row) is True,
        _UNKNOWN: lambda row: is_right(plan, row) is None,
        _STRANGE: lambda row: not row.familiar,
    }
    titles = {
        _ALL: _("All"),
        _WRONG: _("Wrong"),
        _RIGHT: _("Right"),
        _UNKNOWN: _("Breed not known"),
        _STRANGE: _("Unfamiliar"),
    }
    titles = {key: title for key, title in titles.items() if key == _ALL or any(filters[key](row) for row in rows)}
    left, right = st.columns([7, 5], gap="medium", vertical_alignment="bottom")
    with left:
        shown = url_widgets.segments("show", _("Show"), titles, _ALL)
    members = None
    if clusters is not None:
        names = {_EVERY_GROUP: _("All groups")} | {
            str(number): _("Group {number}").format(number=number) for number in range(1, len(clusters.clusters) + 1)
        }
        with right:
            group_number = url_widgets.choice("group", _("Group"), names, _EVERY_GROUP)
        if group_number != _EVERY_GROUP:
            members = set(clusters.clusters[int(group_number) - 1].numbers)
    return [row for row in rows if filters[shown](row) and (members is None or row.number in members)]


def _card(plan: Plan, row: Row, method: str, spec: ModelSpec) -> None:
    photo, label = plan.photos[row.number], spec.labels[row.answer]
    st.image(
        [row.picture, row.maps[method].picture],
        width=118,
        alt=[photo.path, EXPLAINERS[method].info.title],
    )
    verdict = is_right(plan, row)
    answer = _("{breed}, {share}").format(breed=formatting.breed(label), share=formatting.share(row.probability))
    lines = [f"**{answer}**" if verdict is None else f"**{'✓' if verdict else '✗'} {answer}**"]
    if photo.truth is not None and not verdict:
        lines.append(_("In truth: {breed}").format(breed=formatting.breed(spec.labels[photo.truth])))
    st.markdown("  \n".join(lines))
    st.caption("  \n".join((_on_dog(row.maps[method].on_dog), _escaped(photo.path))))
    st.page_link(
        "pages/explain.py",
        label=_("Open in Explain"),
        icon=":material/open_in_new:",
        query_params=_address(plan, row, method, spec),
    )


def _escaped(path: str) -> str:
    """Return a path as Markdown that shows it as it is."""
    return re.sub(r"([!-/:-@[-`{-~])", r"\\\1", path)


def _on_dog(share: float | None) -> str:
    return (
        _("No outline of the dog") if share is None else _("{share} on the dog").format(share=formatting.share(share))
    )


def _address(plan: Plan, row: Row, method: str, spec: ModelSpec) -> dict[str, str]:
    """Return the address, as a query, of the row's full view on the page Explain."""
    target = spec.labels[row.answer].wnid or str(row.answer)
    query = {"photo": plan.photos[row.number].digest, "network": spec.key, "target": target, "panel1": method}
    if row.crop is not None:
        query["crop"] = row.crop
    others = [explainer.info.key for explainer in plan.explainers[1:4] if explainer.info.key != method]
    query |= {f"panel{number}": key for number, key in enumerate(others, 2)}
    return query


def _table(plan: Plan, rows: Sequence[Row], clusters: Clusters | None, method: str, spec: ModelSpec) -> None:
    groups = {
        number: place
        for place, cluster in enumerate(() if clusters is None else clusters.clusters, 1)
        for number in cluster.numbers
    }
    verdicts = {True: "✓", False: "✗", None: ""}
    methods = [explainer.info.key for explainer in plan.explainers]
    columns: dict[str, list[object]] = {
        "photo": [row.picture for row in rows],
        "map": [row.maps[method].picture for row in rows],
        "open": ["./?" + urlencode(_address(plan, row, method, spec)) for row in rows],
        "right": [verdicts[is_right(plan, row)] for row in rows],
        "answer": [formatting.breed(spec.labels[row.answer]) for row in rows],
        "truth": [
            "" if (truth := plan.photos[row.number].truth) is None else formatting.breed(spec.labels[truth])
            for row in rows
        ],
        "probability": [100 * row.probability for row in rows],
        "familiarity": [None if row.familiarity is None else 100 * row.familiarity for row in rows],
        **{f"dog-{key}": [_percent(row.maps[key].on_dog) for row in rows] for key in methods},
        "agreement": [row.agreement for row in rows],
        "group": [groups.get(row.number) for row in rows],
        "path": [plan.photos[row.number].path for row in rows],
    }
    if len(methods) == 1:
        del columns["agreement"]
    if not groups:
        del columns["group"]
    config = st.column_config
    st.dataframe(
        columns,
        key="audit-table",
        hide_index=True,
        row_height=_HEIGHT,
        placeholder="–",
        height=min(480, 40 + _HEIGHT * len(rows)),
        column_config={
            "photo": config.ImageColumn(_("Photo"), width="small"),
            "map": config.ImageColumn(EXPLAINERS[method].info.title, width="small"),
            "right": config.TextColumn(_("Right"), width="small"),
            "answer": config.TextColumn(_("Answer")),
            "truth": config.TextColumn(_("True breed")),
            "probability": config.NumberColumn(_("Probability"), format="%.0f %%"),
            "familiarity": config.NumberColumn(
                _("Familiarity"), format="%.0f %%", help=_("How much the photo looks like those the network knows.")
            ),
            **{
                f"dog-{key}": config.NumberColumn(
                    _("On the dog, {method}").format(method=_(EXPLAINERS[key].info.title)), format="%.0f %%"
                )
                for key in methods
            },
            "agreement": config.NumberColumn(_("Agreement"), format="%.2f"),
            "group": config.NumberColumn(_("Group"), width="small"),
            "path": config.TextColumn(_("File"), width="large"),
            "open": config.LinkColumn(_("Full view"), display_text=_("Open")),
        },
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
