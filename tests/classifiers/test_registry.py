"""Networks by name: what is offered, and how a class is found."""

import pytest

from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import UnknownNameError


def test_every_breed_is_found_by_each_of_its_names():
    """Catches a breed that one of its names, or its number, does not lead to."""
    spec = registry.spec(NetworkRef.parse("vgg16"))
    assert len(spec.labels) == 120
    for position, label in enumerate(spec.labels):
        assert registry.target_position(spec, label.wnid) == position
        assert registry.target_position(spec, label.english.upper()) == position
        assert registry.target_position(spec, f" {label.french} ") == position
    assert registry.target_position(spec, "9") == 9


def test_a_misspelt_breed_gets_a_suggestion():
    """Catches an error without the closest name, and a number beyond the last class that is accepted."""
    with pytest.raises(UnknownNameError, match="did you mean Afghan hound"):
        registry.target_position(registry.spec(NetworkRef.parse("vgg16")), "Afgan hound")
    with pytest.raises(UnknownNameError, match="knows no class “120”"):
        registry.target_position(registry.spec(NetworkRef.parse("vgg16")), "120")


def test_an_unknown_network_names_those_there_are():
    """Catches a KeyError in place of a sentence with the networks there are."""
    with pytest.raises(UnknownNameError, match=r"“resnet”.*vgg16, inception_v3"):
        registry.spec(NetworkRef.parse("resnet"))
