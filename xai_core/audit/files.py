"""An audit as files for download: CSV for spreadsheets, and one self-contained HTML page."""

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from xai_core.audit import sentences
from xai_core.audit.clusters import Clusters
from xai_core.audit.plan import Plan
from xai_core.audit.remarks import headlines, remarks
from xai_core.audit.row import Row, data_url
from xai_core.audit.summary import Summary, is_right, wrong_first
from xai_core.classifiers.base import ModelSpec
from xai_core.explainers.registry import EXPLAINERS
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, current_language
from xai_core.render import heatmap

#: Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #767676; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line);
text-align: left; vertical-align: middle; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
img { border-radius: 6px; display: block; max-height: 120px; } .quiet { color: var(--quiet); }
.groups { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 1rem; }
.group { border: 1px solid var(--line); border-radius: 8px; padding: .8rem; }
.typical { display: flex; gap: .4rem; flex-wrap: wrap; } .typical img { height: 64px; }
td.path { overflow-wrap: anywhere; min-width: 9rem; } .scroll { overflow-x: auto; } tr { break-inside: avoid; }
"""


def as_csv(plan: Plan, rows: Sequence[Row], spec: ModelSpec) -> bytes:
    """Return one line per photo, wrong answers first, in UTF-8 with a byte order mark for spreadsheets.

    Column names and breeds are English in all languages, for programs. Where a cell holds several paths or breeds, " | "
    stands between them. An apostrophe is put before text that a spreadsheet would run as a formula.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    methods = [explainer.info.key for explainer in plan.explainers]
    writer.writerow(
        [
            *("photo", "sha256", "true_breed", "answer", "probability", "right", "familiarity", "familiar"),
            *("second_answer", "second_probability", "dog_share_of_photo", "methods_agreement"),
            *(f"{key}_on_dog" for key in methods),
            *("path", "copies", "contradicting_breeds", "unknown_folder", "nearest_breed", "crop"),
        ]
    )
    contested = {one.number: " | ".join(breed.english for breed in one.breeds) for one in plan.contested}
    unknown = {
        number: (folder.path, "" if folder.nearest is None else folder.nearest.english)
        for folder in plan.unknown_folders
        for number in folder.numbers
    }
    for row in wrong_first(plan, rows):
        photo, verdict = plan.photos[row.number], is_right(plan, row)
        second = row.others[0] if row.others else None
        cells = [
            *(photo.name, photo.digest, "" if photo.truth is None else spec.labels[photo.truth].english),
            *(spec.labels[row.answer].english, row.probability, "" if verdict is None else str(verdict).lower()),
            *(row.familiarity, str(row.familiar).lower()),
            *(("", "") if second is None else (spec.labels[second[0]].english, second[1])),
            *(row.dog, row.agreement, *(row.maps[key].on_dog for key in methods)),
            *(photo.path, " | ".join(copy.path for copy in plan.copies_of(row.number)), contested.get(row.number, "")),
            *unknown.get(row.number, ("", "")),
            row.crop,
        ]
        writer.writerow([_cell(one) for one in cells])
    return "\ufeff".encode() + buffer.getvalue().encode()


def as_html(
    plan: Plan, rows: Sequence[Row], summary: Summary, groups: Mapping[str, Clusters | None], spec: ModelSpec
) -> bytes:
    """Return the audit as one HTML file in the current language: no scripts, nothing from elsewhere, names escaped."""
    by_number = {row.number: row for row in rows}
    title = _("What does {network} look at in these photos?").format(network=spec.title)
    parts = [
        f"<h1>{_text(title)}</h1>",
        _paragraphs([*sentences.overview(summary), *headlines(plan)]),
        _heading(_("Dog or background?")),
        _paragraphs(sentences.evidence(summary)),
    ]
    if summary.confusions:
        parts += [_heading(_("Most frequent confusions")), _confusions(summary, spec)]
    for key, clusters in groups.items():
        parts.append(_heading(_("Groups of alike maps: {method}").format(method=_(EXPLAINERS[key].info.title))))
        parts.append(_paragraphs([sentences.clearness(clusters)]))
        if clusters is not None:
            parts.append(_groups(clusters, key, by_number, spec))
    parts += [_heading(_("Photo by photo, wrong answers first")), _table(plan, rows, spec)]
    if told := remarks(plan):
        parts += [_heading(_("About the files")), "<ul>", *(f"<li>{_text(one)}</li>" for one in told), "</ul>"]
    limits = _("A map is evidence about the network, not proof about the dog.")
    made = _("Network {network}, weights {weights}; audit {audit}.").format(
        network=spec.key, weights=plan.weights[:12], audit=plan.id
    )
    parts.append(f'<p class="quiet">{_text(limits)} {_text(made)}</p>')
    title = _("Audit of {network}").format(network=spec.title)
    # The policy is a second line of defence: nothing but embedded pictures is loaded, even if an escape were missing.
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{_text(title)}</title><style>{_STYLE}</style>"
    )
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="{current_language()}"><head>{head}</head><body>\n{body}\n</body></html>\n'.encode()


def mean_map(mean: np.ndarray, side: int = 140) -> np.ndarray:
    """Return a cluster's mean map [14,14] as a picture u8[side,side,3]."""
    return heatmap.overlay(np.full((side, side, 3), 255, np.uint8), mean.astype(np.float32), False, mode="map")


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


def _text(text: str) -> str:
    return escape(text, quote=True)


def _heading(text: str) -> str:
    return f"<h2>{_text(text)}</h2>"


def _paragraphs(texts: Sequence[str]) -> str:
    return "".join(f"<p>{_text(one)}</p>" for one in texts)


def _confusions(summary: Summary, spec: ModelSpec) -> str:
    lines = "".join(
        f"<tr><td>{_text(formatting.breed(spec.labels[one.truth]))}</td><td>{_text(formatting.breed(spec.labels[one.answer]))}</td>"
        f'<td class="n">{one.count}</td></tr>'
        for one in summary.confusions
    )
    heads = (_("True breed"), _("Taken for"), _("Times"))
    return f"<table><tr>{''.join(f'<th>{_text(one)}</th>' for one in heads)}</tr>{lines}</table>"


def _groups(clusters: Clusters, method: str, rows: Mapping[int, Row], spec: ModelSpec) -> str:
    made = []
    for one in clusters.clusters:
        mean = data_url(mean_map(one.mean))
        typical = "".join(
            f'<img src="{_text(rows[number].maps[method].picture)}" alt="">' for number in one.typical if number in rows
        )
        caption = "; ".join(sentences.cluster(one, spec.labels))
        alt = _text(_("Mean of the maps in this group"))
        made.append(
            f'<div class="group"><img src="{mean}" alt="{alt}"><p>{_text(caption)}</p>'
            f'<div class="typical">{typical}</div></div>'
        )
    return f'<div class="groups">{"".join(made)}</div>'


def _table(plan: Plan, rows: Sequence[Row], spec: ModelSpec) -> str:
    methods = [explainer.info.key for explainer in plan.explainers]
    heads = [_("Photo"), *(_(EXPLAINERS[key].info.title) for key in methods), _("File"), _("True breed"), _("Answer")]
    heads += [
        _("Probability"),
        *(_("On the dog, {method}").format(method=_(EXPLAINERS[key].info.title)) for key in methods),
    ]
    lines = [f"<tr>{''.join(f'<th>{_text(one)}</th>' for one in heads)}</tr>"]
    verdicts = {True: "✓ ", False: "✗ ", None: ""}
    for row in wrong_first(plan, rows):
        photo = plan.photos[row.number]
        pictures = [row.picture, *(row.maps[key].picture for key in methods)]
        cells = [f'<td><img src="{_text(one)}" alt=""></td>' for one in pictures]
        cells.append(f'<td class="path">{_text(photo.path)}</td>')
        cells.append(f"<td>{'' if photo.truth is None else _text(formatting.breed(spec.labels[photo.truth]))}</td>")
        cells.append(f"<td>{verdicts[is_right(plan, row)]}{_text(formatting.breed(spec.labels[row.answer]))}</td>")
        cells.append(f'<td class="n">{formatting.share(row.probability)}</td>')
        for key in methods:
            share = row.maps[key].on_dog
            cells.append(f'<td class="n">{"–" if share is None else formatting.share(share)}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'
