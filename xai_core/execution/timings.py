"""How fast this machine's networks answer: measured once, kept in a small file, and refreshed by every longer job."""

import dataclasses
import json
import logging
import math
import os
import platform
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from xai_core.execution.batched import Kind
from xai_core.types import PassCounts

_log = logging.getLogger(__name__)
_FORMAT = 1
_FRESH = 0.4  # weight of a new measurement: one job beside a busy browser must not spoil what many have told
_KINDS = frozenset(get_args(Kind))


@dataclass(frozen=True)
class Timing:
    """What one job has learned about a network: what executed it, and the seconds of one photo by kind of pass."""

    engine: str
    speeds: Mapping[Kind, float]


class TimingsFile:
    """Seconds a photo by network and kind of pass, on this machine. Safe between threads and processes.

    Several machines may share the file, each with its own entries. A file that is missing, damaged or cannot be written
    costs nothing but the knowledge: everything is measured anew. Of two processes that write in the same instant one is
    not heard; it tells its own figures again with its next job.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._machine = machine()
        self._lock = threading.Lock()
        self._known: dict[str, Timing] = _read(path).get(self._machine, {})

    def seconds(self, network: str, questions: PassCounts) -> float | None:
        """Return how long that network takes for so many questions, alone on the machine; None where it was not measured.

        Where drafts or patches were not measured they are taken to be no faster than other passes.
        """
        with self._lock:
            timing = self._known.get(network)
        if timing is None:
            return None
        total = 0.0
        low_precision = questions.low_precision
        kinds: tuple[tuple[Kind, Kind, int], ...] = (
            ("draft forward" if low_precision else "forward", "forward", questions.forward),
            ("draft backward" if low_precision else "backward", "backward", questions.backward),
            ("patched", "forward", questions.patched),
        )
        for kind, slower, count in kinds:
            speed = timing.speeds.get(kind, timing.speeds.get(slower))
            if speed is None and count:
                return None
            total += count * (speed or 0.0)
        return total

    def engine(self, network: str) -> str | None:
        """Return what executed the network when it was measured; None where it was not."""
        with self._lock:
            return self._known[network].engine if network in self._known else None

    def learn(self, network: str, timing: Timing) -> None:
        """Take in what a job has measured; what another engine took is forgotten."""
        if not timing.speeds:
            return
        with self._lock:
            known = self._known.get(network)
            older = known.speeds if known is not None and known.engine == timing.engine else {}
            fresh = {
                kind: _FRESH * seconds + (1 - _FRESH) * older[kind] if kind in older else seconds
                for kind, seconds in timing.speeds.items()
            }
            self._known[network] = Timing(timing.engine, {**older, **fresh})
            # Read again: another process may have written meanwhile. What this one knows is newer for its networks.
            everywhere = _read(self._path)
            everywhere[self._machine] = self._known = {**everywhere.get(self._machine, {}), **self._known}
            try:
                _write(self._path, everywhere)
            except OSError as failure:
                _log.warning("the measured speeds cannot be kept: %s", failure)


def machine() -> str:
    """Return what tells machines of different speed apart: processor, number of cores."""
    return f"{_processor()}, {os.cpu_count()} cores"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _read(path: Path) -> dict[str, dict[str, Timing]]:
    """Return the timings by machine and network; none at all where the file is not what `_write` writes."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            return {}
        return {
            place: {network: _timing(entry) for network, entry in networks.items()}
            for place, networks in content["machines"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        _log.warning("%s is damaged; speeds are measured anew", path)
        return {}


def _timing(entry: Mapping[str, object]) -> Timing:
    engine, speeds = entry["engine"], entry["speeds"]
    if not isinstance(engine, str) or not isinstance(speeds, dict):
        raise ValueError("not a timing")
    for kind, seconds in speeds.items():
        # A true or an Infinity is JSON to Python and would be told to people as a time.
        if kind not in _KINDS or type(seconds) not in (int, float) or not math.isfinite(seconds) or seconds <= 0:
            raise ValueError("not a speed")
    return Timing(engine, speeds)


def _write(path: Path, everywhere: Mapping[str, Mapping[str, Timing]]) -> None:
    machines = {
        place: {network: dataclasses.asdict(one) for network, one in networks.items()}
        for place, networks in everywhere.items()
    }
    text = json.dumps({"format": _FORMAT, "machines": machines}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
