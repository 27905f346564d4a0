"""A report's manifest: everything needed to compute its maps and scores again, as JSON that holds numbers and text only."""

import base64
import binascii
import hashlib
import json
import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from xai_core.errors import ImageError, ReportError
from xai_core.explainers.registry import EXPLAINERS
from xai_core.findings.known import Hidden, KnownMap, KnownNetwork
from xai_core.maps.grid import channel_sum
from xai_core.metrics.base import Score
from xai_core.photos.decoding import from_pixels, load_photo, to_png
from xai_core.report.contents import Report, Scoring
from xai_core.types import ImageInput, Parameter, Prediction

SCHEMA = "seespot-report"
VERSION = 1
#: A report of eight maps has some megabytes; what is larger is not read.
MAXIMUM_BYTES = 64 * 1024**2
#: The tag that holds the manifest in a report's HTML.
TAG = '<script type="application/json" id="seespot-manifest">'

_MOST_NETWORKS, _MOST_MAPS, _MOST_PARAMETERS, _MOST_SEEDS = 8, 32, 40, 16
_MOST_WINDOWS = 16
_LONGEST_SIDE = 2048  # of a map
_LONGEST_TEXT = 200
_EMBEDDED = re.compile(re.escape(TAG.encode()) + rb"(.*?)</script>", re.DOTALL)
Kind = TypeVar("Kind")


@dataclass(frozen=True, eq=False)
class MapRecord:
    """What a report says of one map."""

    method: str
    version: int  # of the method
    parameters: Mapping[str, Parameter]
    digest: str  # SHA-256 of the values, as `map_digest` takes it
    shape: tuple[int, ...]
    copy: np.ndarray  # f32[h,w], channels summed, rounded to half precision of the largest magnitude
    curves: Mapping[str, np.ndarray] | None  # "deletion" and "insertion" f32[K]; None: not measured
    checks: Mapping[str, float] | None  # "sanity" and "steadiness"; None: not checked


@dataclass(frozen=True, eq=False)
class NetworkRecord:
    """What a report says of one network."""

    key: str
    weights: str  # SHA-256
    wnid: str  # of the breed that is explained
    label: str
    logits: np.ndarray  # f32[C]
    maps: tuple[MapRecord, ...]
    random: tuple[Mapping[str, np.ndarray], ...]  # the curves of the random orders, as `scoring.seeds`
    windows: tuple[tuple[float, float, float], ...]  # (x, y, size) of those that were hidden, the telling one first
    after: np.ndarray  # f32[windows], the breed's probability with each of them hidden


@dataclass(frozen=True, eq=False)
class Manifest:
    """What is read back from a report."""

    image: ImageInput  # the pixels as they went in, under their own digest
    networks: tuple[NetworkRecord, ...]
    scoring: Scoring


def map_digest(values: np.ndarray) -> str:
    """Return the SHA-256 of a map's shape and of its values as little-endian f32."""
    digest = hashlib.sha256(str(values.shape).encode())
    digest.update(np.ascontiguousarray(values, "<f4").data)
    return digest.hexdigest()


def describe(report: Report) -> dict[str, Any]:
    """Return the manifest of a report, for JSON. Equal reports give equal manifests."""
    image = report.image
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "made": report.made.isoformat(),
        "photo": {
            "name": image.name,
            "sha256": image.digest,
            "pixels_sha256": from_pixels(image.pixels, image.name).digest,
            "width": image.pixels.shape[1],
            "height": image.pixels.shape[0],
            "png": base64.b64encode(to_png(image.pixels)).decode(),
        },
        "scoring": {
            "fill": report.scoring.fill,
            "steps": report.scoring.steps,
            "random_seeds": list(report.scoring.seeds),
        },
        "networks": [_network(one, report) for one in report.networks],
        "findings": [
            {
                "text": one.text,
                "about": one.about,
                "numbers": {key: _finite(value) for key, value in one.numbers.items()},
            }
            for one in report.findings()
        ],
        "versions": dict(report.versions),
    }


def as_text(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as JSON that can stand inside of a script element: no "<" ends it early."""
    return json.dumps(manifest, ensure_ascii=True, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def read_file(path: Path) -> Manifest:
    """Return what a report's file holds. Raises ReportError as `read` does, and where the file cannot be read."""
    try:
        with path.open("rb") as file:
            return read(file.read(MAXIMUM_BYTES + 1))
    except OSError as failure:
        raise ReportError("{file} cannot be read ({reason}).", file=path, reason=failure.strerror or failure) from None


def read(data: bytes) -> Manifest:
    """Return what a report's HTML, or its manifest as a file of its own, holds. Nothing in it is run.

    Raises ReportError for anything else, and where what it says does not fit together.
    """
    if len(data) > MAXIMUM_BYTES:
        raise ReportError(
            "This file is too large for a report; it has more than {megabytes} MB.", megabytes=MAXIMUM_BYTES >> 20
        )
    embedded = _EMBEDDED.search(data)
    try:
        content = json.loads(embedded[1] if embedded else data)
    except (ValueError, RecursionError):
        raise ReportError("This file is no report of SeeSpot, or it is damaged.") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ReportError("This file is no report of SeeSpot, or it is damaged.")
    if content.get("version") != VERSION:
        raise ReportError("This report was made by another version of SeeSpot, whose reports this one cannot read.")
    try:
        return Manifest(
            _read_photo(_get(content, "photo", dict)),
            tuple(_read_network(one) for one in _list(content, "networks", _MOST_NETWORKS)),
            _read_scoring(_get(content, "scoring", dict)),
        )
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error, zlib.error, ImageError):
        raise ReportError("This report is damaged: what it says does not fit together.") from None


def _network(network: KnownNetwork, report: Report) -> dict[str, Any]:
    spec, prediction, label = network.spec, network.prediction, network.spec.labels[network.target]
    random = next((one.scores.random for one in network.maps if one.scores is not None), ())
    return {
        "key": spec.key,
        "title": spec.title,
        "weights_sha256": spec.weights_digest,
        "engine": report.engines.get(spec.key),
        "input_size": list(spec.input_size),
        "place": network.place,
        "target": {"wnid": label.wnid, "label": label.english},
        "prediction": _prediction(prediction),
        "maps": [_map(one) for one in network.maps],
        "random_orders": [_curves(*pair) for pair in random],
        "hidden": None if network.hidden is None else _hidden(network.hidden),
    }


def _hidden(hidden: Hidden) -> dict[str, Any]:
    windows = zip((hidden.window, *hidden.elsewhere), (hidden.after, *hidden.after_elsewhere), strict=True)
    return {"windows": [{"x": x, "y": y, "size": size, "after": after} for (x, y, size), after in windows]}


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "familiarity": _finite(prediction.familiarity),
        "familiar": prediction.familiar,
        "logits": [float(one) for one in prediction.logits],
        "top": [
            {
                "wnid": prediction.labels[one].wnid,
                "label": prediction.labels[one].english,
                "probability": float(prediction.probabilities[one]),
            }
            for one in prediction.top(5)
        ],
    }


def _map(one: KnownMap) -> dict[str, Any]:
    explanation = one.explanation
    flat = channel_sum(explanation.values).astype(np.float32)
    scale = float(np.abs(flat).max()) or 1.0
    copy = (flat / scale).astype("<f2")
    described: dict[str, Any] = {
        "place": one.place,
        "method": explanation.method,
        "method_version": EXPLAINERS[explanation.method].info.version,
        "parameters": dict(explanation.params),
        "signed": explanation.signed,
        "sha256": map_digest(explanation.values),
        "shape": list(explanation.values.shape),
        "copy": {"scale": scale, "float16_zlib": base64.b64encode(zlib.compress(copy.tobytes(), 9)).decode()},
        "diagnostics": {name: _finite(value) for name, value in explanation.diagnostics.items()},
        "evaluations": explanation.evaluations,
        "scores": None,
        "checks": None,
    }
    if one.scores is not None:
        described["scores"] = _curves(one.scores.deletion, one.scores.insertion)
    if one.verdict is not None:
        found = one.verdict
        described["checks"] = {
            "mark": found.mark,
            "reason": found.reason,
            "sanity": _finite(found.sanity),
            "steadiness": _finite(found.stability),
        }
    return described


def _curves(deletion: Score, insertion: Score) -> dict[str, Any]:
    pairs = {"deletion": deletion, "insertion": insertion}
    return {
        name: {"value": _finite(one.value), "curve": [] if one.curve is None else [float(point) for point in one.curve]}
        for name, one in pairs.items()
    }


def _read_photo(photo: Mapping[str, Any]) -> ImageInput:
    image = load_photo(base64.b64decode(_get(photo, "png", str), validate=True), _text(photo, "name"))
    plain = from_pixels(image.pixels, image.name)
    if plain.digest != _text(photo, "pixels_sha256"):
        raise ValueError("other pixels")
    return plain


def _read_scoring(scoring: Mapping[str, Any]) -> Scoring:
    seeds = tuple(_integer(one, 2**31) for one in _list(scoring, "random_seeds", _MOST_SEEDS))
    return Scoring(_text(scoring, "fill"), _integer(_get(scoring, "steps", int), 200), seeds)


def _read_network(network: Mapping[str, Any]) -> NetworkRecord:
    target, prediction = _get(network, "target", dict), _get(network, "prediction", dict)
    windows = [] if network["hidden"] is None else _list(network["hidden"], "windows", _MOST_WINDOWS)
    return NetworkRecord(
        key=_text(network, "key"),
        weights=_text(network, "weights_sha256"),
        wnid=_text(target, "wnid"),
        label=_text(target, "label"),
        logits=_numbers(_list(prediction, "logits", 10_000)),
        maps=tuple(_read_map(one) for one in _list(network, "maps", _MOST_MAPS)),
        random=tuple(_read_curves(one) for one in _list(network, "random_orders", _MOST_SEEDS)),
        windows=tuple((_number(one["x"]), _number(one["y"]), _number(one["size"])) for one in windows),
        after=_numbers([one["after"] for one in windows]),
    )


def _read_map(one: Mapping[str, Any]) -> MapRecord:
    parameters = _get(one, "parameters", dict)
    if len(parameters) > _MOST_PARAMETERS or any(
        not isinstance(value, bool | int | float | str) or len(str(value)) > _LONGEST_TEXT
        for value in parameters.values()
    ):
        raise ValueError("parameters")
    shape = tuple(_integer(side, _LONGEST_SIDE) for side in _list(one, "shape", 3))
    scores, checks = one["scores"], one["checks"]
    return MapRecord(
        method=_text(one, "method"),
        version=_integer(_get(one, "method_version", int), 2**31),
        parameters=parameters,
        digest=_text(one, "sha256"),
        shape=shape,
        copy=_read_copy(_get(one, "copy", dict), shape),
        curves=None if scores is None else _read_curves(scores),
        checks=None if checks is None else {key: _number(checks[key]) for key in ("sanity", "steadiness")},
    )


def _read_copy(copy: Mapping[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) not in (2, 3) or not all(shape) or shape[2:] not in ((), (3,)):
        raise ValueError("shape")
    size = 2 * shape[0] * shape[1]
    # One byte more than there may be shows what is too long, without unpacking all of it.
    data = zlib.decompressobj().decompress(base64.b64decode(_get(copy, "float16_zlib", str), validate=True), size + 1)
    scaled = np.frombuffer(data, "<f2").reshape(shape[:2]).astype(np.float64) * _number(copy["scale"])
    with np.errstate(over="ignore"):
        values = scaled.astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("not finite")
    return values


def _read_curves(curves: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: _numbers(_list(curves[name], "curve", 201)) for name in ("deletion", "insertion")}


def _get(owner: Any, name: str, kind: type[Kind]) -> Kind:
    value = owner[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(name)
    return value


def _list(owner: Any, name: str, most: int) -> list[Any]:
    value = _get(owner, name, list)
    if len(value) > most:
        raise ValueError(name)
    return value


def _text(owner: Any, name: str) -> str:
    value = _get(owner, name, str)
    if len(value) > _LONGEST_TEXT:
        raise ValueError(name)
    return value


def _integer(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError("whole number")
    return value


def _number(value: Any) -> float:
    """Return a number as it is in JSON; null stands for one that JSON cannot hold."""
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        raise TypeError("number")
    return float(value)


def _numbers(values: list[Any]) -> np.ndarray:
    return np.array([_number(one) for one in values], np.float32)


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
