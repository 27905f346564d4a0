"""What a stopped distillation goes on from: one file, whole or not there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_core.errors import TrainingDataError

FILE = "checkpoint.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands after `step` steps."""

    step: int
    history: list[dict[str, float]]
    state: dict[str, np.ndarray]


def write_checkpoint(folder: Path, checkpoint: Checkpoint, settings: dict[str, Any]) -> None:
    """Write the checkpoint in the place of the folder's last one, with the settings of its run (plain JSON values)."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    facts = {"step": checkpoint.step, "history": checkpoint.history, "settings": settings}
    state = {name: np.asarray(array, order="C") for name, array in checkpoint.state.items()}
    unfinished = folder / "checkpoint.unfinished"
    save_file(state, unfinished, {name: json.dumps(value) for name, value in facts.items()})
    unfinished.replace(folder / FILE)


def read_checkpoint(folder: Path, settings: dict[str, Any]) -> Checkpoint | None:
    """Return the folder's checkpoint, or None where there is none.

    Raises TrainingDataError where it cannot be read or was made with other settings.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, "numpy") as file:
            facts: dict[str, Any] = {name: json.loads(text) for name, text in file.metadata().items()}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    except (SafetensorError, OSError, ValueError):
        raise TrainingDataError(f"The checkpoint {path} is damaged; delete it to begin again.") from None
    if facts["settings"] != json.loads(json.dumps(settings)):  # in JSON a tuple is a list
        raise TrainingDataError(
            f"The checkpoint {path} was made with other settings; give the same ones, or delete it to begin again."
        )
    return Checkpoint(facts["step"], facts["history"], state)
