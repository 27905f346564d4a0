"""True breeds from the names of folders as people, datasets and cameras spell them."""

import csv
import json

import pytest

from xai_core.audit.breeds import Breeds, _plain
from xai_core.i18n.breed_names import further_names
from xai_core.resources import BREED_NAMES, MODELS
from xai_core.types import Label

LABELS = [Label(**entry) for entry in json.loads((MODELS / "breeds.json").read_text(encoding="utf-8"))]
BREEDS = Breeds(LABELS)

#: Spelling of a folder -> the label's English name.
MEANT = {
    "n02088094-Afghan_hound": "Afghan hound",
    "beagle n02088364": "Beagle",
    "N02088364": "Beagle",
    "001.Affenpinscher": "Affenpinscher",
    "German_shepherd_dog": "German shepherd",
    "GermanShepherd": "German shepherd",
    "German Sheperd": "German shepherd",
    "alsatians": "German shepherd",
    "Pekingese": "Pekinese",
    "Doberman Pinscher": "Doberman",
    "Dobermann": "Doberman",
    "Boston Terrier": "Boston bull",
    "037.Brittany": "Brittany spaniel",
    "Beagle (12)": "Beagle",
    "beagle_photos": "Beagle",
    "BEAGLES 2024": "Beagle",
    "Beagle dogs": "Beagle",
    "Chiens Beagle": "Beagle",
    "Beagle - Copie": "Beagle",
    "Border Collies": "Border collie",
    "siberian huskies": "Siberian husky",
    "Boxers": "Boxer",
    "Bergers allemands": "German shepherd",
    "Le\u0301vriers afghans": "Afghan hound",
    "épagneul breton": "Brittany spaniel",
    "EPAGNEUL-BRETON": "Brittany spaniel",
    "Chien d’Ibiza": "Ibizan hound",
    "Terre-Neuve": "Newfoundland",
    "Chiens de Saint-Hubert": "Bloodhound",
    "St. Bernard": "Saint Bernard",
    "Maltese": "Maltese dog",
    "Maltese terrier": "Maltese dog",
    "Yorkie": "Yorkshire terrier",
    "African Wild Dog": "African hunting dog",
    "Cardigan_welsh_corgi": "Cardigan",
    "Xoloitzcuintli": "Mexican hairless",
    "Eskimo dog": "Eskimo dog",
}
#: Names of several breeds, of breeds that are not among the 120, and of other things.
MEANT_BY_NOBODY = (
    *(
        "Terrier",
        "terriers",
        "Spaniel",
        "Shepherd",
        "shepherd dogs",
        "Sheepdog",
        "Retriever",
        "Hound",
        "Setter",
        "Pointer",
    ),
    *(
        "Husky",
        "huskies",
        "Corgi",
        "Poodle",
        "Caniches",
        "Schnauzer",
        "Bulldog",
        "Mastiff",
        "Collies and Beagles",
        "Pinscher",
    ),
    *("Berger", "Lévrier", "Épagneul", "Bouvier", "Braque", "Dogue", "Golden", "Toy", "Labs", "Springer", "Griffon"),
    *(
        "Shiba Inu",
        "American Eskimo dog",
        "Akita",
        "Bull Terrier",
        "Bearded Collie",
        "Greyhound",
        "Pit Bull",
        "Dalmatian",
    ),
    *(
        "English toy spaniel",
        "German pinscher",
        "American foxhound",
        "Belgian sheepdog",
        "American Hairless",
        "Brussels griffon",
    ),
    *("dogs", "chiens", "photos", "12", "", "..", "not a beagle", "beagle mix", "Boxer-Beagle", "n01494475_hammerhead"),
    *("n01494475_Beagle", "n02088364-Boxer", "train", "IMG_0001"),
)


@pytest.mark.parametrize("folder", MEANT)
def test_a_breed_is_recognised_however_it_is_spelt(folder: str) -> None:
    """Catches a true breed that is lost for a synonym, a plural, a number or a word around it."""
    position = BREEDS.named(("photos", folder))
    assert position is not None and LABELS[position].english == MEANT[folder]


@pytest.mark.parametrize("folder", MEANT_BY_NOBODY)
def test_what_names_no_single_breed_is_never_matched(folder: str) -> None:
    """Catches a word for many breeds that is taken for one, and another breed taken for the most similar one."""
    assert BREEDS.named((folder,)) is None


def test_no_spelling_names_two_breeds_and_every_breed_has_its_line() -> None:
    """Catches a synonym that is written on two lines, a line without its breed, and a name that no folder can match."""
    with BREED_NAMES.open(encoding="utf-8", newline="") as table:
        lines = [(row["wnid"], row["breed"]) for row in csv.DictReader(table)]
    assert lines == [(label.wnid, label.english) for label in LABELS]
    for position, label in enumerate(LABELS):
        for name in (label.wnid, label.english, label.french, *further_names()[label.wnid]):
            assert BREEDS.named((name,)) == position, name
            assert _plain(name)


def test_two_classes_of_one_name_are_told_apart_by_their_id_only() -> None:
    """Catches ImageNet's two cranes, of which the first would win."""
    breeds = Breeds([Label("n02012849", "crane", "grue"), Label("n03126707", "crane", "grue")])
    assert breeds.named(("crane",)) is None and breeds.named(("n03126707-crane",)) == 1


@pytest.mark.parametrize(
    ("folder", "nearest"),
    [
        ("Rotweiler", "Rottweiler"),
        ("Great Perenees", "Great Pyrenees"),
        ("Golden retreiver (3)", "Golden retriever"),
        ("Bergre allemand", "German shepherd"),
        ("Shiba Inu", None),
        ("Dalmatian", None),
        ("holiday", None),
    ],
)
def test_a_misspelt_breed_is_suggested_and_not_used(folder: str, nearest: str | None) -> None:
    """Catches a guess that counts as a true breed, and a suggestion that has nothing to do with the folder."""
    assert BREEDS.named((folder,)) is None
    suggested = BREEDS.nearest(("photos", folder))
    assert (suggested.english if suggested else None) == nearest
