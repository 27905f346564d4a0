"""The recipes in docs/ARCHITECTURE.md, each applied to a copy of the project, where what it adds is used."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from xai_core.resources import ROOT

_BLOCK = re.compile(r"^```\w+ (?P<where>.+)\n(?P<content>(?:.*\n)*?)```$", re.M)
_EDIT = re.compile(r'in (?P<path>\S+) (?P<how>after|replacing) "(?P<text>.*)"')

#: What is done with each recipe's addition: it must print the last line.
USES = {
    "A method": """
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.classifiers.base import Classifier
import numpy as np
class Sum(Classifier):
    def logits(self, rgb, *, low_precision=False): return rgb.sum(axis=(1, 2))
    def gradients(self, rgb, target, *, rule="plain", low_precision=False): return np.full_like(rgb, 3.0)
    def activations(self, rgb, layer): raise NotImplementedError
    def layer_gradients(self, rgb, layer, target): raise NotImplementedError
values = build_explainer("squared_gradient", {}).attribute(Sum(), np.zeros((4, 4, 3), np.float32), 0).values
keys = list(EXPLAINERS)
print(values.max(), keys[keys.index("saliency") + 1])
""",
    "A metric": """
import numpy as np
from xai_core.metrics.base import Evidence
from xai_core.metrics.registry import scores
values = np.zeros((56, 56), np.float32)
values[3, 4] = 2
print(scores(Evidence(values=values))["peak"].value)
""",
    "A network": """
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
spec = registry.spec(NetworkRef("small_cnn"))
print(list(registry.specs())[2], spec.layers[0], spec.weights_digest[:4])
""",
    "A page": """
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("pages/size.py", default_timeout=60).run()
print(page.title[0].value, [one.value for one in page.markdown if "224 x 224" in one.value] != [], len(page.exception))
""",
    "A language": """
from xai_core.i18n.catalogues import _, set_language
from xai_core.i18n.formatting import breed, number
from xai_core.types import Label
set_language("de")
print(_("Methods"), breed(Label("n02088364", "Beagle", "Beagle")), number(1234.5, 1))
""",
}
EXPECTED = {
    "A method": "9.0 squared_gradient",
    "A metric": "1.0",
    "A network": "small_cnn block1_conv1 abcd",
    "A page": "Size True 0",
    "A language": "Methoden Beagle (Hund) 1.234,5",
}


def recipes() -> dict[str, list[tuple[str, str]]]:
    """Return each recipe's blocks (where, content) by its title."""
    _, _, text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("\n## Recipes\n")
    return {
        title: [(block["where"], block["content"]) for block in _BLOCK.finditer(body)]
        for title, body in zip(*[iter(re.split(r"^### (.+)$", text, flags=re.M)[1:])] * 2, strict=True)
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the project; weights and sample photos are linked."""
    for name in ("xai_core", "pages", "assets/translations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "assets" / "samples").symlink_to(ROOT / "assets" / "samples")
    (tmp_path / "assets" / "icon.png").symlink_to(ROOT / "assets" / "icon.png")
    (tmp_path / "models").mkdir()
    for entry in (ROOT / "models").iterdir():
        (tmp_path / "models" / entry.name).symlink_to(entry)
    return tmp_path


def _apply(project: Path, where: str, content: str) -> None:
    edit = _EDIT.fullmatch(where)
    path = project / (where if edit is None else edit["path"])
    if edit is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    assert text.count(edit["text"]) == 1, f"{edit['text']!r} stands {text.count(edit['text'])} times in {edit['path']}"
    new = f"{edit['text']}\n{content.rstrip()}" if edit["how"] == "after" else content.strip()
    path.write_text(text.replace(edit["text"], new), encoding="utf-8")


@pytest.mark.parametrize("title", EXPECTED)
def test_a_recipe_adds_what_it_promises(title: str, project: Path) -> None:
    """Catches a registry that needs more than the line that the documentation names."""
    for where, content in recipes()[title]:
        _apply(project, where, content)
    if title == "A network":
        description = (ROOT / "models" / "vgg16" / "model.json").read_text(encoding="utf-8")
        description = re.sub(r'"key": "vgg16"', '"key": "small_cnn"', description)
        description = re.sub(r'("weights": \{[^}]*"sha256": ")\w+', r"\1abcd", description)
        (project / "models" / "small_cnn").mkdir()
        (project / "models" / "small_cnn" / "model.json").write_text(description, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", USES[title]],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(project), "SEESPOT_AHEAD": "0", "SEESPOT_CACHE": str(project)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.stdout.strip().splitlines()[-1:] == [EXPECTED[title]], run.stderr


def test_every_recipe_is_tried() -> None:
    """Catches a recipe in the documentation that nobody tries."""
    assert recipes().keys() == EXPECTED.keys() == USES.keys()
