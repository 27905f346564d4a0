"""The families of methods, by what they do with the network, as pages describe them."""

from dataclasses import dataclass
from typing import Literal

from xai_core.i18n.catalogues import N_

Family = Literal["class activation", "gradients", "perturbation"]


@dataclass(frozen=True)
class FamilyInfo:
    """A family's texts."""

    title: str
    heading: str
    description: str  # how its methods work, for people who do not code


#: In the order in which they are shown, the quickest first.
FAMILIES: dict[Family, FamilyInfo] = {
    "class activation": FamilyInfo(
        N_("Class activation"),
        N_("By class activation"),
        N_(
            "They look at what a layer inside the network responds to, and weigh that by what it does for the breed. "
            "That is quick and calm to look at, but shows areas rather than details."
        ),
    ),
    "gradients": FamilyInfo(
        N_("Gradients"),
        N_("By gradients"),
        N_(
            "They follow the score back through the network to the pixels: which of them would move it if they changed a "
            "little? One question gives a first map; steadier maps take the mean of many."
        ),
    ),
    "perturbation": FamilyInfo(
        N_("Perturbation"),
        N_("By perturbation"),
        N_(
            "They change the photo, for instance by hiding parts of it, and note how the score of the breed changes. "
            "That is easy to follow and works with any network, but takes hundreds of questions."
        ),
    ),
}
