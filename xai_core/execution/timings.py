"""How fast this machine's networks are: measured once, kept in a small file, and refreshed by every longer job."""

import logging
import os
import platform
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from xai_core.execution.batched import PassKind
from xai_core.types import PassCounts

_log = logging.getLogger(__name__)
_FORMAT = 2
_FRESH_WEIGHT = 0.4  # of a new measurement: one job beside a busy browser must not outweigh many others


@dataclass(frozen=True)
class Timing:
    """What a job has measured of a network: the engine that executed it, and the seconds of one photo by kind of pass."""

    engine: str
    seconds: Mapping[PassKind, Annotated[float, msgspec.Meta(gt=0)]]


class _Header(msgspec.Struct):
    format: int


class _Contents(_Header):
    """The file: timings by machine and network."""

    machines: dict[str, dict[str, Timing]]


class TimingsFile:
    """Seconds a photo by network and kind of pass, on this machine. Safe between threads and processes.

    Several machines may share the file, each with its own entries. Where the file is missing, damaged or cannot be
    written, everything is measured anew. When two processes write in the same instant, the figures of one are lost until
    its next job writes them again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._machine = machine()
        self._lock = threading.Lock()
        self._timings: dict[str, Timing] = _read(path).get(self._machine, {})

    def seconds(self, network: str, passes: PassCounts) -> float | None:
        """Return how long the network takes for so many passes, alone on the machine; None where it was not measured.

        Low-precision and patched passes that were not measured are taken to be no faster than plain ones.
        """
        with self._lock:
            timing = self._timings.get(network)
        if timing is None:
            return None
        total = 0.0
        kinds: tuple[tuple[PassKind, PassKind, int], ...] = (
            ("low-precision forward" if passes.low_precision else "forward", "forward", passes.forward),
            ("low-precision backward" if passes.low_precision else "backward", "backward", passes.backward),
            ("patched", "forward", passes.patched),
        )
        for kind, slower, count in kinds:
            seconds = timing.seconds.get(kind, timing.seconds.get(slower))
            if seconds is None and count:
                return None
            total += count * (seconds or 0.0)
        return total

    def engine(self, network: str) -> str | None:
        """Return the engine that executed the network when it was measured; None where it was not."""
        with self._lock:
            return self._timings[network].engine if network in self._timings else None

    def record(self, network: str, timing: Timing) -> None:
        """Average a new measurement with the earlier ones, and write the file; measurements of another engine are dropped."""
        if not timing.seconds:
            return
        with self._lock:
            known = self._timings.get(network)
            older = known.seconds if known is not None and known.engine == timing.engine else {}
            fresh = {
                kind: _FRESH_WEIGHT * seconds + (1 - _FRESH_WEIGHT) * older[kind] if kind in older else seconds
                for kind, seconds in timing.seconds.items()
            }
            self._timings[network] = Timing(timing.engine, {**older, **fresh})
            # Read again, as another process may have written meanwhile; this process's own figures are the newer ones.
            machines = _read(self._path)
            machines[self._machine] = self._timings = {**machines.get(self._machine, {}), **self._timings}
            try:
                _write(self._path, machines)
            except OSError as failure:
                _log.warning("the measured timings cannot be stored: %s", failure)


def machine() -> str:
    """Return a name that differs between machines of different speed: processor and number of cores."""
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
    """Return the timings by machine and network; none where the file is missing, damaged or of another version."""
    try:
        content = path.read_bytes()
        if msgspec.json.decode(content, type=_Header).format != _FORMAT:
            return {}
        return msgspec.json.decode(content, type=_Contents).machines
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as failure:  # msgspec's errors are ValueErrors
        _log.warning("%s is damaged, so timings are measured anew: %s", path, failure)
        return {}


def _write(path: Path, machines: dict[str, dict[str, Timing]]) -> None:
    content = msgspec.json.format(msgspec.json.encode(_Contents(_FORMAT, machines)), indent=1)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
