"""The text that names a network: every form is read and written alike, and any other form is refused."""

import pytest

from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import UnknownNameError


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("vgg16", NetworkRef("vgg16")),
        ("vgg16~random", NetworkRef("vgg16", "all")),
        ("vgg16~random-2", NetworkRef("vgg16", 2)),
        ("vgg16~minus-0", NetworkRef("vgg16", None, 0)),
        ("vgg16~random-2~minus-17", NetworkRef("vgg16", 2, 17)),
        ("vgg16~random~minus-7", NetworkRef("vgg16", "all", 7)),
    ],
)
def test_a_text_is_read_and_written_alike(text: str, network: NetworkRef) -> None:
    """Catches a part of the text that is lost or read as something else: the store would mix up two networks."""
    assert NetworkRef.parse(text) == network
    assert str(network) == text


@pytest.mark.parametrize(
    "text",
    ["", "~", "~random", "vgg16~", "vgg16~random-0", "vgg16~random~random", "vgg16~minus-", "vgg16~minus-01",
     "vgg16~minus-x", "vgg16~minus-1~random", "vgg16~shuffled"],
)  # fmt: skip
def test_any_other_text_is_refused(text: str) -> None:
    """Catches a misspelt network that is taken for another one."""
    with pytest.raises(UnknownNameError, match="names no network"):
        NetworkRef.parse(text)
