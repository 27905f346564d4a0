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

#: Where reference maps from thousands of samples are kept from run to run.
REFERENCES = Path(tempfile.gettempdir()) / "seespot-benchmarks"


def one_pass(quick: bool) -> Iterator[str]:
    """Yield Markdown lines: the cost of single passes, compared with plain Keras and with the machine's limit."""
    rounds = 3 if quick else passes.ROUNDS
    yield passes.HEADER
    yield from map(str, passes.measure_passes(NETWORKS, rounds))
    limits = ", ".join(f"{name} {gigaflops:.0f} GFLOP/s" for name, gigaflops in passes.machine_limit(rounds).items())
    yield (
        "\nThe most this machine reaches in a large product, or in "
        f"{passes.CONVOLUTIONS} large convolutions in a row (TensorFlow: one): {limits}. "
        "Operations are those of the plain algorithm."
    )


def libraries(quick: bool) -> Iterator[str]:
    """Yield Markdown lines: cost and accuracy of the methods, compared with the public libraries or a plain loop."""
    lime_truth, shap_truth, runs = (1000, 480, 3) if quick else (8000, 1680, 5)
    yield "| method | network | photo | the library or the plain loop | SeeSpot | faster | quality (in brackets: theirs) |"
    yield "|---|---|---|---|---|---|---|"
    for network, photo in product(NETWORKS, PHOTOS[:1] if quick else PHOTOS[:2]):
        panels = []
        for measure in (
            partial(gradients.integrated_gradients_row, network, photo=photo, runs=runs),
            partial(sampling.lime_row, network, REFERENCES, photo=photo, reference=lime_truth, runs=runs),
            partial(sampling.expected_gradients_row, network, REFERENCES, photo=photo, reference=shap_truth, runs=runs),
        ):
            panels.append(measure())
            yield str(panels[-1])
        plain, ours = (sum(getattr(row, column) for row in panels) for column in ("plain", "ours"))
        yield str(Row("all three", panels[0].network, photo, plain, ours, "as above"))
        yield str(windows.score_cam_row(network, photo=photo))
    for network in NETWORKS:
        yield str(windows.occlusion_row(network, runs=runs))


def panels(quick: bool) -> Iterator[str]:
    """Yield Markdown lines: the cost of the four panels of the first page, computed and from the store."""
    photos = 1 if quick else 3
    with tempfile.TemporaryDirectory() as folder:
        measurements = [measure_panels(network, Path(folder) / network, photos) for network in NETWORKS]
        memory = measure_memory(Path(folder) / "memory", NETWORKS)
    yield (
        "| panel | "
        + " | ".join(f"{network.title}: nothing cached | from disk | quality" for network in measurements)
        + " |"
    )
    yield "|---|" + "---|" * (3 * len(measurements))
    for panel in PANELS:
        cells = [
            f"{network.cold[panel.key]:.1f} s | {network.cached[panel.key] * 1000:.0f} ms | {network.quality[panel.key]}"
            for network in measurements
        ]
        yield f"| {panel.title} | " + " | ".join(cells) + " |"
    totals = [
        f"**{sum(network.cold.values()):.1f} s** | {sum(network.cached.values()) * 1000:.0f} ms | "
        for network in measurements
    ]
    yield "| all four | " + " | ".join(totals) + " |"
    loading = ", ".join(f"{network.title} {network.load:.1f} s" for network in measurements)
    yield f"\nMedians over {photos} sample photos at the usual settings, one after the other; loading before: {loading}."
    yield f"Peak memory of a worker with both networks and one set of panels each: {memory / 1e9:.2f} GB."


def whole_app(quick: bool) -> Iterator[str]:
    """Yield Markdown lines: start, stored maps, large uploads, simultaneous visitors, growth with settings, memory."""
    for measure in app.PARTS.values():
        yield app.table(measure(quick))
        yield ""


SECTIONS: dict[str, tuple[str, Callable[[bool], Iterator[str]]]] = {
    "passes": ("One pass", one_pass),
    "libraries": ("Against the public libraries", libraries),
    "panels": ("The four panels", panels),
    "app": ("The app", whole_app),
}


def main() -> None:
    """Measure the given sections and write each line as soon as it is measured; the other sections stay as they are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, fewer photos, smaller references")
    parser.add_argument("--into", type=Path, default=RESULTS, help="where to write, as for a machine of another kind")
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="what to measure; everything by default")
    arguments = parser.parse_args()
    for name in arguments.sections or SECTIONS:
        title, measure = SECTIONS[name]
        began = time.monotonic()
        lines: list[str] = []
        for line in measure(arguments.quick):
            print(line, flush=True)
            lines.append(line)
            mode = "--quick, " if arguments.quick else ""
            minutes = (time.monotonic() - began) / 60
            write(
                arguments.into,
                title,
                "\n".join([*lines, "", f"Measured {date.today()}, {mode}in {minutes:.0f} minutes, on {machine()}."]),
            )


def machine() -> str:
    """Return the machine and the package versions, for the line under the figures."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}"


def write(path: Path, title: str, text: str) -> None:
    """Replace the section of this title in the results at `path`, or add it."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    sections = dict(re.findall(r"^## ([^\n]+)\n\n(.*?)\n*(?=^## |\Z)", before, re.M | re.S))
    sections[title] = text
    titles = [title for title, _ in SECTIONS.values() if title in sections]
    parts = [
        "# Measured",
        "Written by `python -m benchmarks`.",
        *(f"## {title}\n\n{sections[title]}" for title in titles),
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _processor() -> str:
    """Return the processor's name and its vector instructions (Linux), else its architecture."""
    try:
        description = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    name = re.search(r"^model name\s*: (.+)$", description, re.M)
    features = [
        name for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if f" {name} " in description
    ]
    return f"{name[1] if name else platform.machine()} ({', '.join(features)})"


if __name__ == "__main__":
    main()
