"""A report's manifest: everything needed to compute its maps and scores again, as JSON that holds numbers and text only."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from xai_core.detection.locate import DogLocation
from xai_core.errors import ImageError, ReportError
from xai_core.explainers.registry import EXPLAINERS
from xai_core.findings.photo_findings import MapResult, MaskingResult, NetworkResult
from xai_core.maps.grid import channel_sum
from xai_core.metrics.base import Score
from xai_core.photos.decoding import from_pixels, load_photo, to_png
from xai_core.report import attachment
from xai_core.report.contents import Report, Scoring
from xai_core.report.raw_files import finite_or_none, photo_description
from xai_core.report.records import DogRecord, ManifestRecord, NetworkRecord, PhotoRecord
from xai_core.types import ImageInput, Prediction

SCHEMA = "seespot-report"
VERSION = 1
#: A report of eight maps has some megabytes; larger files are not read.
MAXIMUM_BYTES = 64 * 1024**2
#: The tag that holds the manifest in a report's HTML.
TAG = '<script type="application/json" id="seespot-manifest">'

_EMBEDDED = re.compile(re.escape(TAG.encode()) + rb"(.*?)</script>", re.DOTALL)


@dataclass(frozen=True, eq=False)
class RecordedDog:
    """The dog's outline bool[h,w], and why it is not to be relied on."""

    outline: np.ndarray
    doubts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Manifest:
    """What is read back from a report."""

    image: ImageInput  # the pixels as they went in, under their own digest
    dog: RecordedDog | None
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
            **photo_description(image),
            "pixels_sha256": from_pixels(image.pixels, image.name).digest,
            "width": image.pixels.shape[1],
            "height": image.pixels.shape[0],
            "png": base64.b64encode(to_png(image.pixels)).decode(),
        },
        "dog": None if report.location is None else _dog(report.location),
        "scoring": {
            "fill": report.scoring.fill,
            "steps": report.scoring.steps,
            "random_seeds": list(report.scoring.seeds),
        },
        "networks": [_network(one, report) for one in report.networks],
        "findings": [
            {
                "text": one.text,
                "about": one.anchor,
                "numbers": _numbers(one.numbers),
            }
            for one in report.findings()
        ],
        "versions": dict(report.versions),
    }


def as_text(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as JSON that can stand inside of a script element: no "<" ends it early."""
    return json.dumps(manifest, ensure_ascii=True, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def read_file(path: Path) -> Manifest:
    """Return the manifest in a report's file. Raises ReportError as `read` does, and where the file cannot be read."""
    try:
        with path.open("rb") as file:
            return read(file.read(MAXIMUM_BYTES + 1))
    except OSError as failure:
        raise ReportError("{file} cannot be read ({reason}).", file=path, reason=failure.strerror or failure) from None


def read(data: bytes) -> Manifest:
    """Return the manifest in a report's HTML or PDF, or in a JSON file of its own. Nothing in it is run.

    Raises ReportError for anything else, and for a manifest that is damaged or contradicts itself.
    """
    _check_size(data)
    if attachment.is_pdf(data):
        data = attachment.attached(data)
        _check_size(data)
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
        record = msgspec.convert(content, ManifestRecord)
        scoring = Scoring(record.scoring.fill, record.scoring.steps, record.scoring.random_seeds)
        return Manifest(_read_photo(record.photo), _read_dog(record.dog), record.networks, scoring)
    except (ValueError, zlib.error, ImageError):  # msgspec's ValidationError is a ValueError
        raise ReportError("This report is damaged: what it says does not fit together.") from None


def _dog(location: DogLocation) -> dict[str, Any]:
    """Return where the dog is; the outline as a PNG, white on the dog."""
    outline = np.repeat(location.outline[..., np.newaxis] * np.uint8(255), 3, axis=-1)
    return {
        "boxes": [
            {"animal": animal, "score": float(score), "edges": [float(edge) for edge in box]}
            for animal, score, box in zip(location.animals, location.scores, location.boxes, strict=True)
        ],
        "agreement": location.agreement,
        "doubts": list(location.doubts),
        "outline_png": base64.b64encode(to_png(outline)).decode(),
    }


def _check_size(data: bytes) -> None:
    if len(data) > MAXIMUM_BYTES:
        raise ReportError(
            "This file is too large for a report; it has more than {megabytes} MB.", megabytes=MAXIMUM_BYTES >> 20
        )


def _network(network: NetworkResult, report: Report) -> dict[str, Any]:
    spec, prediction, label = network.spec, network.prediction, network.spec.labels[network.target]
    random = next((one.scores.random for one in network.maps if one.scores is not None), ())
    return {
        "key": spec.key,
        "title": spec.title,
        "weights_sha256": spec.weights_digest,
        "engine": report.engines.get(spec.key),
        "input_size": list(spec.input_size),
        "place": network.anchor,
        "target": {"wnid": label.wnid, "label": label.english},
        "prediction": _prediction(prediction),
        "maps": [_map(one) for one in network.maps],
        "random_orders": [_curves(scores) for scores in random],
        "hidden": None if network.masking is None else _hidden(network.masking),
    }


def _hidden(masking: MaskingResult) -> dict[str, Any]:
    windows = zip((masking.window, *masking.elsewhere), (masking.after, *masking.after_elsewhere), strict=True)
    return {"windows": [{"x": x, "y": y, "size": size, "after": after} for (x, y, size), after in windows]}


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "familiarity": finite_or_none(prediction.familiarity),
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


def _map(one: MapResult) -> dict[str, Any]:
    explanation = one.explanation
    flat = channel_sum(explanation.values).astype(np.float32)
    scale = float(np.abs(flat).max()) or 1.0
    copy = (flat / scale).astype("<f2")
    described: dict[str, Any] = {
        "place": one.anchor,
        "method": explanation.method,
        "method_version": EXPLAINERS[explanation.method].info.version,
        "parameters": dict(explanation.params),
        "signed": explanation.signed,
        "sha256": map_digest(explanation.values),
        "shape": list(explanation.values.shape),
        "copy": {"scale": scale, "float16_zlib": base64.b64encode(zlib.compress(copy.tobytes(), 9)).decode()},
        "diagnostics": _numbers(explanation.diagnostics),
        "evaluations": explanation.evaluations,
        "scores": None,
        "checks": None,
    }
    if one.scores is not None:
        described["scores"] = _curves(one.scores.scores)
    if one.verdict is not None:
        found = one.verdict
        described["checks"] = {
            "mark": found.mark,
            "reason": found.reason,
            "sanity": finite_or_none(found.sanity),
            "steadiness": finite_or_none(found.stability),
        }
    return described


def _curves(scores: Mapping[str, Score]) -> dict[str, Any]:
    return {
        name: {
            "value": finite_or_none(one.value),
            "curve": [] if one.curve is None else [float(point) for point in one.curve],
        }
        for name, one in scores.items()
    }


def _numbers(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {name: finite_or_none(value) for name, value in numbers.items()}


def _read_dog(dog: DogRecord | None) -> RecordedDog | None:
    if dog is None:
        return None
    return RecordedDog(load_photo(dog.outline_png, "outline").pixels[..., 0] > 127, tuple(dog.doubts))


def _read_photo(photo: PhotoRecord) -> ImageInput:
    decoded = load_photo(photo.png, photo.name)
    image = from_pixels(decoded.pixels, decoded.name)
    if image.digest != photo.pixels_sha256:
        raise ValueError("other pixels")
    return image
