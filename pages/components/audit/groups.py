"""Groups of photos whose maps are alike, each with its mean map and its most typical photos."""

from collections.abc import Sequence

import streamlit as st

from pages.components.shell import address
from xai_core.audit import sentences
from xai_core.audit.clusters import Cluster, Clusters, group
from xai_core.audit.files import mean_map
from xai_core.audit.plan import Plan
from xai_core.audit.row import Row
from xai_core.classifiers.base import ModelSpec
from xai_core.i18n.catalogues import _

_BESIDE = 4


def draw(plan: Plan, rows: Sequence[Row], method: str, spec: ModelSpec) -> Clusters | None:
    """Draw the groups, and return them."""
    st.header(_("Which photos does it treat alike?"), anchor=False)
    clusters = _grouped(plan.id, len(rows), method, plan, rows)
    st.markdown(sentences.clearness(clusters))
    if clusters is None:
        return None
    st.caption(
        _(
            "Each picture is the mean of a group's maps: strong colour is where the evidence usually lies. A group that looks "
            "at an edge or a corner, or is often wrong, is worth opening: it may have learned the place, not the dog. After "
            "SpRAy ([Lapuschkin et al. 2019](https://doi.org/10.1038/s41467-019-08987-4))."
        )
    )
    by_number = {row.number: row for row in rows}
    for start in range(0, len(clusters.clusters), _BESIDE):
        line = clusters.clusters[start : start + _BESIDE]
        for offset, (column, cluster) in enumerate(zip(st.columns(_BESIDE, gap="small"), line, strict=False)):
            with column, st.container(border=True, height="stretch"):
                _card(start + offset, cluster, method, by_number, plan, spec)
    return clusters


def _card(number: int, cluster: Cluster, method: str, rows: dict[int, Row], plan: Plan, spec: ModelSpec) -> None:
    name = _("Group {number}").format(number=number + 1)
    with st.container(horizontal=True, gap="small"):
        st.image(mean_map(cluster.mean), width=120, alt=_("{group}: the mean of its maps").format(group=name))
        with st.container(width=130, gap=None):
            st.markdown(f"**{name}**")
            st.caption("  \n".join(sentences.cluster(cluster, spec.labels)))
    st.image(
        [rows[photo].maps[method].picture for photo in cluster.typical],
        width=64,
        alt=[plan.photos[photo].path for photo in cluster.typical],
    )
    st.button(
        _("Show these photos"),
        key=f"audit-group-{number}",
        on_click=address.put,
        kwargs={"group": number + 1, "show": None},
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _grouped(audit: str, count: int, method: str, _plan: Plan, _rows: Sequence[Row]) -> Clusters | None:
    """Return the groups, computed once for each number of finished rows of an audit."""
    return group(_plan, _rows, method)
