"""`python -m benchmarks [--quick] [--into FILE] [SECTION ...]`: measure SeeSpot on this machine, into benchmarks/RESULTS.md."""

import argparse
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks import app, gradients, passes, sampling, windows
from benchmarks.comparison import PHOTOS, Row
from benchmarks.panels import PANELS, measure_memory, measure_panels

RESULTS = Path(__file__).with_name("RESULTS.md")
NETWORKS = ("vgg16", "inception_v3")
PACKAGES = ("tensorflow-cpu", "keras", "openvino", "lime", "shap", "numpy")

#: Where answers of thousands of questions, which serve as the truth, are kept from run to run.
TRUTH = Path(tempfile.gettempdir()) / "seespot-benchmarks"


def one_pass(quick: bool) -> Iterator[str]:
    """Yield what single passes cost beside plain Keras and beside the machine's limit."""
    rounds = 3 if quick else passes.ROUNDS
    yield "| network | question | way | ms a photo | against the first | GFLOP/s | error |"
    yield "|---|---|---|---|---|---|---|"
    yield from map(str, passes.measure_passes(NETWORKS, rounds))
    limits = ", ".join(f"{name} {found:.0f} GFLOP/s" for name, found in passes.machine_limit(rounds).items())
    yield (
        "\nThe most this machine reaches in a large product, or in "
        f"{passes.IN_A_ROW} large convolutions in a row (TensorFlow: one): {limits}. "
        "Operations are those of the plain algorithm."
    )


def libraries(quick: bool) -> Iterator[str]:
    """Yield what the methods cost beside the public libraries or the plain loop, and how true both are."""
    lime_truth, shap_truth, runs = (1000, 480, 3) if quick else (8000, 1680, 5)
    yield "| method | network | photo | the library or the plain way | SeeSpot | faster | quality (in brackets: theirs) |"
    yield "|---|---|---|---|---|---|---|"
    for network, photo in product(NETWORKS, PHOTOS[:1] if quick else PHOTOS[:2]):
        panels = []
        for measure in (
            partial(gradients.integrated_gradients_row, network, photo=photo, runs=runs),
            partial(sampling.lime_row, network, TRUTH, photo=photo, reference=lime_truth, runs=runs),
            partial(sampling.expected_gradients_row, network, TRUTH, photo=photo, reference=shap_truth, runs=runs),
        ):
            panels.append(measure())
            yield str(panels[-1])
        plain, ours = (sum(getattr(row, way) for row in panels) for way in ("plain", "ours"))
        yield str(Row("all three", panels[0].network, photo, plain, ours, "as above"))
        yield str(windows.score_cam_row(network, photo=photo))
    for network in NETWORKS:
        yield str(windows.occlusion_row(network, runs=runs))


def panels(quick: bool) -> Iterator[str]:
    """Yield what the four panels of the first page cost, with nothing cached and from the store."""
    photos = 1 if quick else 3
    with tempfile.TemporaryDirectory() as folder:
        found = [measure_panels(network, Path(folder) / network, photos) for network in NETWORKS]
        memory = measure_memory(Path(folder) / "memory", NETWORKS)
    yield "| panel | " + " | ".join(f"{one.title}: nothing cached | from disk | quality" for one in found) + " |"
    yield "|---|" + "---|" * (3 * len(found))
    for panel in PANELS:
        cells = [
            f"{one.cold[panel.key]:.1f} s | {one.cached[panel.key] * 1000:.0f} ms | {one.quality[panel.key]}"
            for one in found
        ]
        yield f"| {panel.title} | " + " | ".join(cells) + " |"
    totals = [f"**{sum(one.cold.values()):.1f} s** | {sum(one.cached.values()) * 1000:.0f} ms | " for one in found]
    yield "| all four | " + " | ".join(totals) + " |"
    loading = ", ".join(f"{one.title} {one.load:.1f} s" for one in found)
    yield f"\nMedians over {photos} sample photos at the usual settings, one after the other; loading before: {loading}."
    yield f"Peak memory of a worker with both networks and one set of panels each: {memory / 1e9:.2f} GB."


def felt(quick: bool) -> Iterator[str]:
    """Yield what a visitor feels: start, stored maps, large uploads, several visitors, growing cost, memory."""
    for measure in app.PARTS.values():
        yield app.table(measure(quick))
        yield ""


SECTIONS: dict[str, tuple[str, Callable[[bool], Iterator[str]]]] = {
    "passes": ("One pass", one_pass),
    "libraries": ("Against the public libraries", libraries),
    "panels": ("The four panels", panels),
    "app": ("The app", felt),
}


def main() -> None:
    """Measure the sections asked for, and write each line as soon as it is known; the other sections keep what they have."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, fewer photos, smaller references")
    parser.add_argument("--into", type=Path, default=RESULTS, help="where to write, as for a machine of another kind")
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="what to measure; everything by default")
    asked = parser.parse_args()
    for name in asked.sections or SECTIONS:
        title, measure = SECTIONS[name]
        began = time.monotonic()
        lines: list[str] = []
        for line in measure(asked.quick):
            print(line, flush=True)
            lines.append(line)
            how = "--quick, " if asked.quick else ""
            minutes = (time.monotonic() - began) / 60
            write(
                asked.into,
                title,
                "\n".join([*lines, "", f"Measured {date.today()}, {how}in {minutes:.0f} minutes, on {machine()}."]),
            )


def machine() -> str:
    """Return the machine and the versions that figures hold for."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}"


def write(path: Path, title: str, text: str) -> None:
    """Put a section into the results at `path` in place of the one of the same title."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    kept = dict(re.findall(r"^## ([^\n]+)\n\n(.*?)\n*(?=^## |\Z)", before, re.M | re.S))
    kept[title] = text
    titles = [title for title, _ in SECTIONS.values() if title in kept]
    parts = ["# Measured", "Written by `python -m benchmarks`.", *(f"## {one}\n\n{kept[one]}" for one in titles)]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _processor() -> str:
    """Return the processor's name and which short numbers it multiplies itself (Linux), else its kind."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    name = re.search(r"^model name\s*: (.+)$", told, re.M)
    features = [one for one in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if f" {one} " in told]
    return f"{name[1] if name else platform.machine()} ({', '.join(features)})"


if __name__ == "__main__":
    main()
