"""The stations of the tour in their order, each one idea: its title, its pictures and its texts."""

from collections.abc import Callable
from dataclasses import dataclass

from pages.components.tour import answers, maps
from pages.components.tour.guide import Guide
from xai_core.i18n.catalogues import N_


@dataclass(frozen=True)
class Station:
    """One idea. `draw` draws its pictures and returns the text on them, None as long as an answer is missing."""

    title: str
    draw: Callable[[Guide], str | None]
    ask: str
    fools: str


STATIONS = (
    Station(
        N_("A name, and how sure"),
        answers.first_answer,
        N_(
            "How far ahead is the first bar? A wide gap is a clear answer. Two bars of one length mean that the network "
            "is torn between two breeds."
        ),
        N_(
            "The bars always add up to 100 %, so some breed always wins. A long bar says that the others fit less well, "
            "not that the answer is right."
        ),
    ),
    Station(
        N_("One dog, two networks"),
        answers.two_networks,
        N_("What would you say yourself? And which of the two would you rather ask again, with a better photo?"),
        N_(
            "Even where two networks agree, that is no proof: both learned from similar photos and may share a mistake."
        ),
    ),
    Station(
        N_("Where? Areas, by Grad-CAM"),
        maps.areas,
        N_(
            "Does the orange lie on the dog? On its face, its ears, its coat? Or on the ground that such dogs stand on?"
        ),
        N_("A warm area says where something counts, not what. Eyes, fur and shadow in one place look the same here."),
    ),
    Station(
        N_("For and against? Patches, by LIME"),
        maps.patches,
        N_(
            "Would you know the breed from the orange patches alone? Does a blue patch show what another breed has too?"
        ),
        N_(
            "Where the borders of the patches run was decided before anyone asked. Cut in another way, the photo gives "
            "another picture, so trust only "
            "what shows every time."
        ),
    ),
    Station(
        N_("How much? Pixels, by Integrated Gradients"),
        maps.pixels,
        N_("Do the dots gather on something that has a name: an ear, an eye, the line of the back?"),
        N_(
            "What is black in the photo does not change on the way from black, so a dark nose or coat may stay without "
            "colour although it counts."
        ),
    ),
    Station(
        N_("Two methods, two answers"),
        maps.two_methods,
        N_(
            "Where do both point? That is worth more than what either shows alone. What only one shows deserves a doubt."
        ),
        N_(
            "It is tempting to keep the map that fits one's opinion. Neither is the truth: each asks the network in its "
            "own way."
        ),
    ),
    Station(
        N_("A beautiful map that knows nothing"),
        maps.untrained,
        N_(
            "Would this map be different if the network had learned something else? If not, it tells of the photo only."
        ),
        N_(
            "Sharp lines look convincing because we know the dog in them. The recognising is done by us, not by the map."
        ),
    ),
    Station(
        N_("No dog, still a breed"),
        answers.no_dog,
        N_("Is the question one that the network can answer at all? It was never taught to say: none of these."),
        N_(
            "A high share looks like knowledge. It only compares breeds with each other, and one of them is always the "
            "least wrong."
        ),
    ),
    Station(
        N_("To take home: put it to the test"),
        maps.blurred,
        N_(
            "What would have to happen if the map were right? Then do it: hide a part, turn the photo, ask another network "
            "or another method."
        ),
        N_(
            "A blurred photo is a strange sight for a network too. A map is evidence about the network and never proof "
            "about the dog: hold several against each other."
        ),
    ),
)
