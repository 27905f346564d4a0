"""Time of each panel of the page "Explain", one after the other, and the quality of its map."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.comparison import PHOTOS, SAMPLES, WARM_UP
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.base import MethodInfo
from xai_core.explainers.registry import DEFAULT_METHODS, EXPLAINERS, build_explainer
from xai_core.photos.decoding import load_photo
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import Explanation, ImageInput
from xai_core.workbench import WARM_UP_EXPLAINERS, Workbench

PANELS: tuple[MethodInfo, ...] = tuple(EXPLAINERS[key].info for key in DEFAULT_METHODS)


@dataclass
class Measurement:
    """Medians over the photos, seconds by method key."""

    title: str
    load: float
    cold: dict[str, float] = field(default_factory=dict)
    cached: dict[str, float] = field(default_factory=dict)
    quality: dict[str, str] = field(default_factory=dict)


def measure_panels(network: str, folder: Path, photos: int) -> Measurement:
    """Return the panels' times on the first `photos` samples, in this process, with an empty store at `folder`."""
    began = time.perf_counter()
    registry.load(NetworkRef(network))
    measurement = Measurement(registry.spec(NetworkRef(network)).title, time.perf_counter() - began)
    images = [load_photo((SAMPLES / name).read_bytes(), name) for name in PHOTOS[:photos]]
    bench = Workbench(folder)
    # The first pass of each kind also builds its graph; that counts as loading, as the app warms up too.
    warm_up = load_photo((SAMPLES / WARM_UP).read_bytes(), WARM_UP)
    for explainer in WARM_UP_EXPLAINERS:
        bench.answer(ExplanationRequest(NetworkRef(network), warm_up.digest, 0, explainer), [warm_up])
    for panel in PANELS:
        computed = [_explain(bench, network, image, panel.key) for image in images]
        stored = [_explain(Workbench(folder), network, image, panel.key)[0] for image in images]
        measurement.cold[panel.key] = median(seconds for seconds, _ in computed)
        measurement.cached[panel.key] = median(stored)
        measurement.quality[panel.key] = _quality([explanation for _, explanation in computed])
    return measurement


def measure_memory(folder: Path, networks: tuple[str, ...]) -> int:
    """Return the peak resident bytes of a worker that computed all panels of one photo on each network."""
    bench = Workbench(folder)
    image = load_photo((SAMPLES / PHOTOS[0]).read_bytes(), PHOTOS[0])
    jobs = [
        bench.submit(ExplanationRequest(NetworkRef(network), image.digest, 0, build_explainer(panel.key, {})), [image])
        for network in networks
        for panel in PANELS
    ]
    for job in jobs:
        job.result()
    peaks = [_peak(child) for child in _children()]
    bench.close()
    return max(peaks)


def _explain(bench: Workbench, network: str, image: ImageInput, method: str) -> tuple[float, Explanation]:
    target = bench.answer(PredictionRequest(NetworkRef(network), image.digest), [image]).top(1)[0]
    began = time.perf_counter()
    explanation = bench.answer(
        ExplanationRequest(NetworkRef(network), image.digest, target, build_explainer(method, {})), [image]
    )
    return time.perf_counter() - began, explanation


def _quality(explanations: list[Explanation]) -> str:
    def middle(name: str) -> float:
        return median(explanation.diagnostics[name] for explanation in explanations)

    diagnostics = explanations[0].diagnostics
    if "fit" in diagnostics:
        return f"R² {middle('fit'):.2f}"
    if "relative_delta" in diagnostics:
        return f"delta {middle('relative_delta'):.1%}"
    return "exact"


def _children() -> list[int]:
    """Return the process ids of this process's children (Linux)."""
    tasks = Path("/proc/self/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]


def _peak(pid: int) -> int:
    """Return the peak resident size of a process in bytes (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
