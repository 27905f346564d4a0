"""`train` on the command line: its recipe and its options."""

from pathlib import Path

from xai_core.__main__ import main
from xai_core.training.distilled_recipe import Changes


def test_the_command_hands_on_what_it_was_asked(tmp_path, monkeypatch):
    """Catches an option that the command reads and forgets."""
    asked = []
    monkeypatch.setattr("xai_core.training.pipeline.train", lambda *arguments: asked.append(arguments))
    (tmp_path / "background.npz").touch()
    where = ["--photos", "p", "--work", "w", "--models", str(tmp_path)]
    assert main(["train", "--classifier", "vgg16", *where]) == 0
    assert main(["train", "--classifier", "vgg16", *where, "--start", "s", "--steps", "7", "--batch", "9"]) == 0
    assert [arguments[4] for arguments in asked] == ["distillation"] * 2
    assert asked[0][5] == Changes()
    assert asked[1][5] == Changes(Path("s"), 7, 9)
