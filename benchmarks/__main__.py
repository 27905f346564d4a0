"""`python -m benchmarks [--quick]`: time the four panels on both networks and write benchmarks/RESULTS.md."""

import argparse
import os
import platform
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.panels import PANELS, Measurement, measure_memory, measure_panels

RESULTS = Path(__file__).with_name("RESULTS.md")
NETWORKS = ("vgg16", "inception_v3")


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run on one sample instead of three on three")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        measurements = [measure_panels(network, Path(folder) / network, 1 if quick else 3) for network in NETWORKS]
        memory = measure_memory(Path(folder) / "memory", NETWORKS)
    text = report(measurements, memory, quick)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


def report(measurements: list[Measurement], memory: int, quick: bool) -> str:
    """Return the results as Markdown."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow-cpu", "keras", "lime", "shap", "numpy"))
    rows = [
        f"| {panel.title} | "
        + " | ".join(
            f"{found.cold[panel.key]:.1f} s | {found.cached[panel.key] * 1000:.0f} ms | {found.quality[panel.key]}"
            for found in measurements
        )
        + " |"
        for panel in PANELS
    ]
    totals = " | ".join(
        f"**{sum(found.cold.values()):.1f} s** | {sum(found.cached.values()) * 1000:.0f} ms | "
        for found in measurements
    )
    head = " | ".join(f"{found.title}: nothing cached | from disk | quality" for found in measurements)
    return "\n".join(
        [
            "# Measured",
            "",
            f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}.",
            f"Medians over {1 if quick else 3} sample photos; default settings, the most probable breed; networks loaded"
            " before (loading: " + ", ".join(f"{found.title} {found.load:.1f} s" for found in measurements) + ").",
            '"From disk" is a new workbench on the same folder, to the finished numbers. Written by `python -m benchmarks`.',
            "",
            f"| panel | {head} |",
            "|---|" + "---|" * (3 * len(measurements)),
            *rows,
            f"| all four | {totals} |",
            "",
            f"Peak memory of a worker process with both networks loaded and one set of panels computed: {memory / 1e9:.2f} GB.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
