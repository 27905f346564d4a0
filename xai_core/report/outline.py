"""The text and the pictures of a report as blocks, in the current language."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from xai_core import params
from xai_core.explainers.registry import EXPLAINERS
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.findings.photo_findings import MapResult, MaskingResult, NetworkResult, map_names
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.maps import consensus
from xai_core.metrics.registry import METRICS
from xai_core.photos import perturbations
from xai_core.render import heatmap
from xai_core.render.pictures import on_whole, with_outline
from xai_core.report.blocks import (
    Bars,
    Block,
    Bullets,
    Figure,
    Figures,
    FindingList,
    Outline,
    Paragraph,
    Scale,
    Section,
    Table,
)
from xai_core.report.contents import AGREEMENT, Report
from xai_core.types import ImageInput, Parameter

_PICTURE_SIDE = 640  # px: sharp on paper at 8 cm, and a hundred kilobytes a picture
_BREEDS = 5

#: The limits that every report states.
LIMITS = (
    N_("An explanation is evidence about the network, not proof about the dog."),
    N_(
        "A map shows what moved this network's answer for this photo. Another network, another photo of the same dog, or "
        "another method may show something else."
    ),
    N_(
        "Methods have no common truth to be held against: agreement and scores make a map more credible, never certain."
    ),
    N_(
        "The networks name one of the breeds they have learned, whatever the photo shows; a mixed breed has no right answer."
    ),
)
_MARKS = {
    "passed": N_("passed both checks"),
    "survives": N_("fails the sanity check"),
    "unsteady": N_("unsteady"),
    "empty": N_("empty, so it cannot be checked"),
}


def outline(report: Report) -> Outline:
    """Return the text and the pictures of a report."""
    title = (
        _("What the network saw in “{photo}”") if len(report.networks) == 1 else _("What the networks saw in “{photo}”")
    )
    networks = " · ".join(network.spec.title for network in report.networks)
    parts: list[Section | None] = [
        _photo(report),
        _findings(report),
        _maps(report),
        _agreement(report) if len(report.maps) > 1 else None,
        _limits(report),
        _settings(report),
    ]
    return Outline(
        title.format(photo=report.image.name),
        _("SeeSpot report · {networks} · {breed} · {date}").format(
            networks=networks, breed=formatting.breed(report.label), date=report.made.isoformat()
        ),
        tuple(part for part in parts if part is not None),
    )


def _photo(report: Report) -> Section:
    name = report.image.name
    lines = [name]
    pixels = _small(report.image.pixels)
    if report.dog is not None:
        pixels = with_outline(pixels, report.dog)
        lines.append(
            _("The white line is the dog's outline, found automatically; it takes up {share} of the photo.").format(
                share=formatting.share(float(report.dog.mean()))
            )
        )
    if report.image.crop is not None:
        lines.append(_("Only the part in the frame is explained."))
    picture = Figure("photo", "", _placed(report, pixels), _("The photo “{photo}”").format(photo=name), tuple(lines))
    blocks: list[Block] = [Paragraph(_(LIMITS[0]), "note"), Figures((picture,))]
    return Section("photo-and-breeds", _("Photo and breeds"), (*blocks, *(_bars(one) for one in report.networks)))


def _bars(network: NetworkResult) -> Bars:
    prediction = network.prediction
    names = formatting.breed_names(prediction.labels)
    top = prediction.top(_BREEDS)
    if network.target not in top:
        top = [*top, network.target]
    rows = tuple(
        (
            names[one],
            float(prediction.probabilities[one]),
            formatting.share(float(prediction.probabilities[one])),
            one == network.target,
        )
        for one in top
    )
    return Bars(network.anchor, _("{network}: the most probable breeds").format(network=network.spec.title), rows)


def _findings(report: Report) -> Section:
    findings = report.findings()
    blocks: tuple[Block, ...] = (
        FindingList(tuple(findings)),
        Paragraph(
            _(
                "These sentences are made by fixed rules from the numbers below. What could be chance is left out, so silence "
                "means that nothing was clear enough to say."
            ),
            "small",
        ),
    )
    return Section("findings", _("What the numbers say"), blocks)


def _maps(report: Report) -> Section:
    name = formatting.breed(report.label)
    blocks: list[Block] = [
        Paragraph(
            _(
                "Orange parts of the photo raise the score of {breed}, blue parts lower it. Each map is drawn on its own scale."
            ).format(breed=name)
        ),
        Scale(tuple(heatmap.legend(True)), _("speaks against"), _("speaks for {breed}").format(breed=name)),
    ]
    for network, row in zip(report.networks, map_names(report.networks), strict=True):
        blocks.append(Figures(tuple(_figure(report, title, one) for title, one in zip(row, network.maps, strict=True))))
    if any(one.scores is not None for network in report.networks for one in network.maps):
        blocks.append(Paragraph(_scores_explained(report), "small"))
    if windows := tuple(_window(report, one, one.masking) for one in report.networks if one.masking is not None):
        blocks.append(Figures(windows))
    return Section("maps", _("What speaks for {breed}?").format(breed=name), tuple(blocks))


def _figure(report: Report, title: str, one: MapResult) -> Figure:
    info = EXPLAINERS[one.explanation.method].info
    explanation = one.explanation
    picture = heatmap.overlay(
        _small(report.image.pixels),
        explanation.values,
        explanation.signed,
        opacity=report.opacity,
        segments=explanation.segments,
    )
    lines = [_(info.sentence)]
    if one.scores is not None:
        lines.append(
            _(
                "Deletion {deletion} (random order {random_deletion}), insertion {insertion} ({random_insertion})."
            ).format(
                deletion=formatting.number(one.scores.deletion.value, 2),
                random_deletion=formatting.number(one.scores.random_deletion, 2),
                insertion=formatting.number(one.scores.insertion.value, 2),
                random_insertion=formatting.number(one.scores.random_insertion, 2),
            )
        )
    if one.verdict is not None:
        lines.append(
            _("Checks: {mark} (random weights {sanity}, stability {stability}).").format(
                mark=_(_MARKS[one.verdict.reason]),
                sanity=formatting.number(one.verdict.sanity, 2),
                stability=formatting.number(one.verdict.stability, 2),
            )
        )
    alt = _("{map}: what speaks for {breed}, drawn over the photo").format(
        map=title, breed=formatting.breed(report.label)
    )
    return Figure(
        one.anchor, title, _placed(report, picture), alt, (*lines, *diagnostic_sentences(explanation.diagnostics))
    )


def _window(report: Report, network: NetworkResult, masking: MaskingResult) -> Figure:
    title = _("Hidden: the window where the maps of {network} point most").format(network=network.spec.title)
    line = _(
        "The probability of {breed} goes from {before} to {after}; with as much hidden elsewhere it is {elsewhere}."
    ).format(
        breed=formatting.breed(report.label),
        before=formatting.number(float(network.prediction.probabilities[network.target]), 2),
        after=formatting.number(masking.after, 2),
        elsewhere=", ".join(formatting.number(one, 2) for one in masking.after_elsewhere) or "-",
    )
    picture = perturbations.occlude(_small(report.image.pixels), *masking.window, fill="blurred")
    return Figure(f"hidden-{network.anchor}", "", _placed(report, picture), title, (title, line))


def _placed(report: Report, picture: np.ndarray) -> np.ndarray:
    """Return a picture of the photo; of a part, in its place on the whole photo."""
    crop = report.image.crop
    if crop is None:
        return picture
    whole = _small(crop.whole)
    return on_whole(picture, whole, crop.edges_in(whole))


def _scores_explained(report: Report) -> str:
    return " ".join(
        [
            *(_named(_(METRICS[key].title), _(METRICS[key].sentence)) for key in ("deletion", "insertion")),
            _("Low deletion and high insertion are good; random order stands for knowing nothing."),
        ]
    )


def _agreement(report: Report) -> Section:
    maps = report.maps
    correlations = consensus.correlations(maps)
    names = [name for row in map_names(report.networks) for name in row]
    counts = consensus.votes(maps)
    picture = heatmap.overlay(
        _small(report.image.pixels), counts.astype(np.float32), False, opacity=report.opacity, full=float(len(maps))
    )
    figure = Figure(
        "votes",
        _("Where they point"),
        _placed(report, picture),
        _("How many of {count} maps have each place among their strongest, drawn over the photo").format(
            count=len(maps)
        ),
        (
            _(
                "The more orange, the more of the {count} maps have a place among the strongest {share}; at most {most} do."
            ).format(count=len(maps), share=formatting.share(consensus.STRONGEST), most=int(counts.max())),
        ),
    )
    rows = tuple(
        (f"{row + 1}. {name}", *(_number_or_dash(one) for one in correlations[row])) for row, name in enumerate(names)
    )
    blocks = (
        Figures((figure,)),
        Paragraph(_("Rank correlation of each map with each: 1 is the same order of places, 0 no more than chance.")),
        Table(("", *(f"{column + 1}." for column in range(len(names)))), rows),
    )
    return Section(AGREEMENT, _("What the maps agree on"), blocks)


def _limits(report: Report) -> Section:
    methods = dict.fromkeys(one.explanation.method for network in report.networks for one in network.maps)
    own = (_named(_(EXPLAINERS[key].info.title), _(EXPLAINERS[key].info.limits)) for key in methods)
    return Section("limits", _("Limits"), (Bullets((*(_(one) for one in LIMITS), *own)),))


def _part(image: ImageInput) -> list[tuple[str, str]]:
    """Return which part of a photo was explained, if not all of it."""
    if image.crop is None:
        return []
    height, width = image.crop.whole.shape[:2]
    left, top, right, bottom = image.crop.edges
    text = _("pixels {left} to {right} from the left and {top} to {bottom} from above, of {width} x {height}")
    return [
        (
            _("Part of the photo"),
            text.format(left=left, right=right, top=top, bottom=bottom, width=width, height=height),
        )
    ]


def _settings(report: Report) -> Section:
    image = report.image
    height, width = image.pixels.shape[:2]
    facts = [
        (_("Photo"), f"{image.name}, {width} x {height}"),
        *_part(image),
        (_("SHA-256 of the photo"), image.digest),
        (_("Breed"), f"{formatting.breed(report.label)} ({report.label.wnid})"),
    ]
    for network in report.networks:
        engine = report.engines.get(network.spec.key)
        facts.append((network.spec.title, f"{network.spec.key}{f', {engine}' if engine else ''}"))
        facts.append((_("SHA-256 of its weights"), network.spec.weights_digest))
    if any(one.scores is not None for network in report.networks for one in network.maps):
        scoring = report.scoring
        text = _("{steps} steps, pixels hidden become {fill}, random orders of seeds {seeds}").format(
            steps=scoring.steps, fill=_FILLS[scoring.fill](), seeds=", ".join(map(str, scoring.seeds))
        )
        facts.append((_("Deletion and insertion"), text))
    facts.append((_("Versions"), ", ".join(f"{name} {version}" for name, version in report.versions.items())))
    maps = tuple(
        (name, _parameters(one), f"{_(info.paper)}, {info.url}")
        for network, row in zip(report.networks, map_names(report.networks), strict=True)
        for name, one in zip(row, network.maps, strict=True)
        for info in (EXPLAINERS[one.explanation.method].info,)
    )
    blocks = (
        Table(("", ""), tuple(facts)),
        Table((_("Map"), _("Settings"), _("Source")), maps),
        Paragraph(
            _(
                "This report holds its photo without loss and all of these settings in machine-readable form. Whoever has "
                "SeeSpot can compute every map and score again and compare: python -m xai_core verify FILE"
            ),
            "small",
        ),
    )
    return Section("settings", _("How it was computed"), blocks)


_FILLS: dict[str, Callable[[], str]] = {
    "blurred": lambda: _("the photo blurred"),
    "mean": lambda: _("the photo's mean colour"),
}


def _parameters(one: MapResult) -> str:
    specs = {spec.name: spec for spec in params.param_specs(EXPLAINERS[one.explanation.method])}
    settings = [
        _named(_(specs[name].label) if name in specs else name, _value_text(value))
        for name, value in one.explanation.params.items()
    ]
    return "; ".join(settings) or _("none")


def _value_text(value: Parameter) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _named(name: str, text: str) -> str:
    return _("{name}: {text}").format(name=name, text=text)


def _number_or_dash(value: float) -> str:
    return "-" if math.isnan(value) else formatting.number(value, 2)


def _small(pixels: np.ndarray) -> np.ndarray:
    """Return a photo u8[H,W,3] scaled down to the size at which it is drawn."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE), Image.Resampling.HAMMING)
    return np.asarray(picture)
