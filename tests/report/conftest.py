"""Two reports: one of NumPy networks that can be asked again, one put together so that every kind of finding is in it."""

import datetime
from collections.abc import Iterator

import numpy as np
import pytest

from tests import dogs, fakes
from tests.ui.networks import Bench
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.registry import build_explainer
from xai_core.findings.photo_findings import MapResult, MaskingResult, NetworkResult
from xai_core.metrics.against_chance import against_chance
from xai_core.metrics.trust import Verdict
from xai_core.photos.decoding import from_pixels
from xai_core.photos.foreground import Box
from xai_core.report.contents import Report, Scoring
from xai_core.report.making import make
from xai_core.types import Explanation, ImageInput, Prediction

DAY = datetime.date(2026, 1, 2)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)> </script> {{ 7*7 }} œ «é» 犬.png'


def photo(name: str = "dog.png") -> ImageInput:
    """Return a photo 60 px wide whose upper left holds something bright."""
    pixels = np.random.default_rng(5).integers(20, 60, (48, 60, 3)).astype(np.uint8)
    pixels[6:22, 8:26] += 150
    return from_pixels(pixels, name)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("bench"))
    yield made
    made.workbench.close()


@pytest.fixture(scope="session")
def asked(bench: Bench) -> Report:
    """A report of what the NumPy networks answered."""
    explainers = [build_explainer("grad_cam", {}), build_explainer("saliency", {}), build_explainer("smooth_grad", {})]
    return make(
        bench.workbench,
        [NetworkRef("first"), NetworkRef("second")],
        photo(),
        explainers,
        scoring=Scoring(),
        checked=True,
        made=DAY,
    )


def bump(row: float, column: float, width: float = 7.0) -> np.ndarray:
    rows, columns = np.mgrid[:56, :56]
    return np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2 / width**2).astype(np.float32)


def _curves(area: float, whole: float = 0.5) -> dict[str, np.ndarray]:
    """Return curves whose deletion has this area, and whose insertion what is left of 1."""
    falling = np.linspace(1, 0, 25) ** (1 / area - 1)
    rising = np.linspace(0, 1, 25) ** (1 / (1 - area) - 1)
    return {"deletion": (whole * falling).astype(np.float32), "insertion": (whole * rising).astype(np.float32)}


def _network(number: int, logits: list[float], maps: list[np.ndarray], areas: list[float]) -> NetworkResult:
    spec = fakes.spec()
    exact = np.array(logits, np.float32)
    shares = np.exp(exact) / np.exp(exact).sum()
    prediction = Prediction(f"net{number}", spec.labels, exact, shares, 0.8, True)
    methods = ("grad_cam", "saliency", "integrated_gradients", "gradient_x_input")
    verdicts = (
        Verdict("trusted", "passed", 0.1, 0.9),
        Verdict("failed", "survives", 0.8, 0.9),
        Verdict("doubtful", "unsteady", 0.1, 0.2),
        Verdict("trusted", "passed", 0.2, 0.8),
    )
    random = [_curves(0.5), _curves(0.47)]
    known = tuple(
        MapResult(
            Explanation(method, f"net{number}", 0, {}, values, True, None, {}, 1, 0.1),
            f"map-{number}-{place}",
            against_chance(_curves(area), random),
            verdict,
        )
        for place, (method, values, area, verdict) in enumerate(zip(methods, maps, areas, verdicts, strict=False), 1)
    )
    hidden = MaskingResult((40.0, 30.0, 30.0), 0.12, ((83.0, 83.0, 30.0),) * 4, (0.7, 0.8, 0.75, 0.78))
    return NetworkResult(spec, 0, known, prediction, f"network-{number}", hidden if number == 1 else None)


@pytest.fixture(scope="session")
def telling() -> Report:
    """A report with findings of every kind: three maps that agree and one elsewhere, good and bad scores, failed checks."""
    noise = np.random.default_rng(0).normal(size=(4, 56, 56)).astype(np.float32)
    head, corner = bump(14, 16), bump(48, 50)
    maps = [head + 0.01 * noise[0], 100 * head + noise[1], head**2 + 0.005 * noise[2], corner + 0.01 * noise[3]]
    networks = (
        _network(1, [2.0, 0.5, -1.0], maps, [0.1, 0.9, 0.5, 0.2]),
        _network(2, [1.0, 3.5, 0.0], [head + 0.01 * noise[3]], [0.3]),
    )
    location = dogs.in_the_middle(photo().pixels, Box(2, 2, 60, 60))
    return Report(photo(), networks, Scoring(), DAY, location, versions={"python": "3.11"})
