"""Measurements of the whole app: start, stored maps, large uploads, simultaneous visitors, growth with settings, memory.

Each function returns rows for `table`. `python -m benchmarks.app [--quick] [PART ...]` prints them.
"""

import argparse
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image

from xai_core.classifiers.reference import NetworkRef
from xai_core.execution.jobs import Job
from xai_core.explainers.registry import DEFAULT_METHODS, EXPLAINERS, build_explainer
from xai_core.photos.decoding import load_photo, squeeze, to_screen
from xai_core.render import heatmap
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "assets" / "samples"
PHOTOS = ("german_shepherd.webp", "dog_and_bicycle.jpg", "kitten.webp", "sheep.webp")
PANELS = DEFAULT_METHODS
NETWORKS = ("vgg16", "inception_v3")
STUDIES = ("integrated_path", "tcav", "feature_visualisation", "robustness")
_MEGABYTE = 1024**2


@dataclass(frozen=True)
class Row:
    """One figure: a title, and its value in `unit` ("s", "ms" or "MB")."""

    title: str
    value: float
    unit: str
    note: str = ""


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [f"| {row.title} | {row.value:.{0 if row.value >= 20 else 1}f} {row.unit} | {row.note} |" for row in rows]
    return "\n".join(["| measured | | |", "|---|---|---|", *lines])


def start_up(runs: int = 3) -> list[Row]:
    """Return the time from the command to the server's first answer and to a usable page in Chromium, with an empty store."""
    from playwright.sync_api import sync_playwright

    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        answering, usable = [], []
        for run in range(runs):
            began = time.perf_counter()
            with served(Path(folder) / str(run)) as address:
                answering.append(time.perf_counter() - began)
                page = chromium.new_page()
                page.goto(address)
                # The last thing the page draws: everything before it can be used.
                page.get_by_text("The address of this page holds the whole view").wait_for(timeout=120_000)
                usable.append(time.perf_counter() - began)
                page.close()
        chromium.close()
    rows.append(Row("start of the app until it answers", median(answering), "s", f"median of {runs}"))
    rows.append(
        Row("start of the app to a usable page", median(usable), "s", "in Chromium; the networks are still loading")
    )
    return rows


def stored_to_pixels(runs: int = 5) -> list[Row]:
    """Return the time from a stored map to the PNG that the page shows, after a restart."""
    image = _photo(PHOTOS[0])
    shown = np.asarray(
        Image.fromarray(image.pixels).resize((720, 720 * image.pixels.shape[0] // image.pixels.shape[1]))
    )
    generator = np.random.default_rng(0)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for key in ("integrated_gradients", "grad_cam", "lime"):
            explainer = build_explainer(key, {})
            _store_map(Path(folder), image, key, generator)
            times = []
            for _ in range(runs):
                bench = Workbench(Path(folder))
                began = time.perf_counter()
                explanation = bench.submit(
                    ExplanationRequest(NetworkRef("vgg16"), image.digest, 0, explainer), [image]
                ).result(0)
                to_screen(heatmap.overlay(shown, explanation.values, explanation.signed, segments=explanation.segments))
                times.append(time.perf_counter() - began)
                bench.close()
            rows.append(
                Row(f"{explainer.info.title} from the store to pixels", 1000 * median(times), "ms", "new workbench")
            )
    return rows


def large_upload(runs: int = 3) -> list[Row]:
    """Return the processor time for a photo of 12 megapixels, and for decoding it with Pillow alone."""
    pixels = np.random.default_rng(0).integers(0, 256, (75, 100, 3), dtype=np.uint8)
    photo = Image.fromarray(pixels).resize((4000, 3000), Image.Resampling.BICUBIC)
    rows = []
    for kind in ("JPEG", "PNG", "WEBP"):
        buffer = io.BytesIO()
        photo.save(buffer, kind)
        data = buffer.getvalue()
        decoding = _processor_time(partial(_decode, data), runs)
        whole = _processor_time(partial(_decode_and_resize, data), runs)
        note = f"{len(data) / _MEGABYTE:.1f} MB; decoding alone {1000 * decoding:.0f} ms"
        rows.append(Row(f"12-megapixel {kind} to the network's input", 1000 * whole, "ms", note))
    return rows


def visitors(
    network: str, counts: Sequence[int] = (1, 2, 4), panels: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Row]:
    """Return when visitors who open different photos at the same time see their first and last map of the four panels."""
    settings = {key: {} for key in PANELS} if panels is None else panels
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            bench = Workbench(Path(folder))
            bench.load_networks([NetworkRef(network)]).result()
            bench.warm_up(NetworkRef(network)).result()
            images = [_photo(name) for name in PHOTOS[:count]]
            targets = [
                bench.submit(PredictionRequest(NetworkRef(network), image.digest), [image]).result().top(1)[0]
                for image in images
            ]
            began = time.perf_counter()
            jobs = [
                {
                    key: bench.submit(
                        ExplanationRequest(NetworkRef(network), image.digest, target, build_explainer(key, parameters)),
                        [image],
                        visitor=str(number),
                    )
                    for key, parameters in settings.items()
                }
                for number, (image, target) in enumerate(zip(images, targets, strict=True))
            ]
            visits = _watch(jobs, began)
            bench.close()
        title = f"{count} visitor{'s' if count > 1 else ''} at once, {network}"
        for name, pick in (("first map", min), ("last map", max)):
            each = [pick(done for done, _ in times.values()) for times in visits]
            note = "each: " + ", ".join(f"{seconds:.1f}" for seconds in each)
            rows.append(Row(f"{title}: {name}, the slowest visitor's", max(each), "s", note))
        first = max(shown for times in visits for key, (_, shown) in times.items() if key == "lime")
        rows.append(Row(f"{title}: first LIME", first, "s"))
    return rows


def growth(network: str) -> list[Row]:
    """Return the time of LIME by number of samples and of kernel SHAP by number of patches."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Path(folder))
        image = _photo(PHOTOS[0])
        target = bench.answer(PredictionRequest(NetworkRef(network), image.digest), [image]).top(1)[0]
        bench.answer(
            ExplanationRequest(NetworkRef(network), image.digest, target, build_explainer("lime", {"samples": 20})),
            [image],
        )
        rows = []
        for key, name, values in (
            ("lime", "samples", (40, 80, 160)),
            ("kernel_shap", "patches", (25, 50, 100)),
        ):
            for value in values:
                settings = {name: value} if name == "samples" else {name: value, "samples": 80, "segmentation": "slic"}
                explanation = bench.answer(
                    ExplanationRequest(NetworkRef(network), image.digest, target, build_explainer(key, settings)),
                    [image],
                )
                title = f"{EXPLAINERS[key].info.title}, {value} {name}, {network}"
                rows.append(Row(title, explanation.seconds, "s", f"{explanation.evaluations} passes"))
        bench.close()
    return rows


def memory(names: Sequence[str] = (*EXPLAINERS, *STUDIES), network: str = "vgg16", few: bool = False) -> list[Row]:
    """Return the peak memory of each method above the loaded networks, each in a fresh process (Linux)."""
    rows = []
    for name in names:
        command = [
            sys.executable,
            "-m",
            "benchmarks.app",
            "--peak",
            name,
            "--network",
            network,
            *(["--quick"] if few else []),
        ]
        run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        if run.returncode:
            rows.append(Row(f"{name}, {network}", float("nan"), "MB", run.stderr.strip().splitlines()[-1]))
            continue
        figures = json.loads(run.stdout.strip().splitlines()[-1])
        note = f"networks loaded: {figures['loaded'] / _MEGABYTE:.0f} MB; {figures['passes']} passes"
        rows.append(Row(f"peak of {name}, {network}", figures["peak"] / _MEGABYTE, "MB", note))
    return rows


def peak(name: str, network: str, few: bool) -> dict[str, float]:
    """Return {"loaded", "peak", "passes"} of one method in this process: bytes with both networks loaded, bytes above that."""
    from xai_core.classifiers import registry
    from xai_core.execution.batched import BatchedClassifier

    for key in NETWORKS:
        loaded = registry.load(NetworkRef.parse(key))
        loaded.predict(np.full((1, *loaded.spec.input_size, 3), 0.5, np.float32))
    classifier = BatchedClassifier(registry.load(NetworkRef(network)))
    photos = np.stack([squeeze(_photo(photo).pixels, classifier.spec.input_size) for photo in PHOTOS])
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, the peak
    before = _status("VmRSS")
    if name in EXPLAINERS:
        explainer = build_explainer(name, {})
        fewer = {"samples": 48, "evaluations": 60, "channels": 32, "steps": 10}
        settings = {key: value for key, value in fewer.items() if few and hasattr(explainer, key)}
        build_explainer(name, settings).attribute(classifier, photos[0], 0)
    else:
        _studies(few)[name].run(classifier, photos, 0)
    return {"loaded": before, "peak": _status("VmHWM") - before, "passes": classifier.evaluations}


@contextmanager
def served(store: Path) -> Iterator[str]:
    """Run the app on a free port; yield its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1", "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "SEESPOT_CACHE": str(store)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None:
                    raise RuntimeError("the app did not start") from None
                time.sleep(0.02)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _watch(jobs: Sequence[Mapping[str, Job[Any]]], began: float) -> list[dict[str, tuple[float, float]]]:
    """Return for each visitor and panel the seconds until the map was complete and until a first part of it was shown."""
    visits: list[dict[str, tuple[float, float]]] = [{} for _ in jobs]

    def watch(number: int, key: str, job: Job[Any]) -> None:
        while job.partial is None and not job.done:
            time.sleep(0.02)
        shown = time.perf_counter() - began
        job.result()
        visits[number][key] = (time.perf_counter() - began, shown)

    threads = [
        threading.Thread(target=watch, args=(number, key, job))
        for number, panels in enumerate(jobs)
        for key, job in panels.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return visits


def _store_map(folder: Path, image: ImageInput, key: str, generator: np.random.Generator) -> None:
    """Put a random map of the usual shape into the store, so that no network is needed."""
    from xai_core.storage import codec
    from xai_core.types import Explanation

    bench = Workbench(folder)
    network, explainer = NetworkRef("vgg16"), build_explainer(key, {})
    spec = bench.spec(network)
    request = ExplanationRequest(network, image.digest, 0, explainer).resolved(spec)
    height, width = spec.input_size
    shape = {"grad_cam": (14, 14), "lime": (height, width)}.get(key, (height, width, 3))
    segments = np.arange(height * width, dtype=np.int32).reshape(height, width) // 1000 if key == "lime" else None
    values = generator.normal(size=shape).astype(np.float32)
    explanation = Explanation(key, spec.key, 0, {}, values, explainer.signed, segments, {}, 1, 1.0)
    bench.results.put(request.key(spec), codec.encode(explanation))
    bench.close()


def _studies(few: bool) -> dict[str, Any]:
    from xai_core.studies.feature_visualisation import FeatureVisualisation
    from xai_core.studies.integrated_path import IntegratedPath
    from xai_core.studies.robustness import Robustness
    from xai_core.studies.tcav import Tcav

    return {
        "integrated_path": IntegratedPath(steps=10) if few else IntegratedPath(),
        "tcav": Tcav(),  # its memory depends on the photos it holds at once
        "feature_visualisation": FeatureVisualisation(steps=5) if few else FeatureVisualisation(),
        "robustness": Robustness(steps=5) if few else Robustness(),
    }


def _photo(name: str) -> ImageInput:
    return load_photo((SAMPLES / name).read_bytes(), name)


def _decode(data: bytes) -> None:
    Image.open(io.BytesIO(data)).load()


def _decode_and_resize(data: bytes) -> None:
    squeeze(load_photo(data).pixels, (224, 224))


def _processor_time(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return median(times)


def _status(name: str) -> int:
    """Return a size of this process in bytes (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


#: By name: a function of `quick`, which asks for fewer runs and smaller settings.
PARTS: dict[str, Callable[[bool], list[Row]]] = {
    "start": lambda quick: start_up(1 if quick else 3),
    "stored": lambda quick: stored_to_pixels(),
    "upload": lambda quick: large_upload(),
    "visitors": lambda quick: [
        row for network in NETWORKS for row in visitors(network, (1, 2) if quick else (1, 2, 4))
    ],
    "growth": lambda quick: growth("inception_v3"),
    "memory": lambda quick: memory(few=quick),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.app", description=__doc__)
    parser.add_argument("part", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="fewer runs and samples")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("--network", default="vgg16")
    arguments = parser.parse_args()
    if arguments.peak:
        print(json.dumps(peak(arguments.peak, arguments.network, arguments.quick)))
        return
    for name in arguments.part or PARTS:
        print(table(PARTS[name](arguments.quick)), "\n", flush=True)


if __name__ == "__main__":
    main()
