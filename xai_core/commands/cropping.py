"""`--crop`: explain a part of the photo alone."""

import argparse

from xai_core.classifiers.reference import NetworkRef
from xai_core.commands.streams import one_line, tell
from xai_core.errors import ParameterError
from xai_core.i18n.catalogues import _
from xai_core.photos.cropping import cropped, parse_box, parts_around
from xai_core.requests import DogRequest
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

DOG = "dog"


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add the option to a command that reads photos."""
    parser.add_argument(
        "--crop",
        metavar="dog|X,Y,W,H",
        help="look at a part of the photo alone: around the largest dog, or a box in %% of the photo",
    )


def check(text: str | None) -> None:
    """Raise ParameterError for a text that names no part, before any photo is read."""
    if text is not None and text.lower() != DOG:
        parse_box(text)


def part(workbench: Workbench, network: NetworkRef, image: ImageInput, text: str | None) -> ImageInput:
    """Return the part of a photo that `text` names; all of it where None.

    Where the dog fills half of the photo and more, all of it, too, which is told on standard error. Raises ParameterError
    where no dog is found, or where `text` names no part.
    """
    if text is None:
        return image
    if text.lower() != DOG:
        return cropped(image, parse_box(text))
    location = workbench.answer(DogRequest(network, image.digest), [image])
    if not len(location.boxes):
        raise ParameterError(
            "No dog was found in “{name}”, so it cannot be cropped to it; name the part as X,Y,WIDTH,HEIGHT in % of the "
            "photo.",
            name=image.name,
        )
    if not location.is_dog:
        tell(
            one_line(
                _("What was found in “{name}” is another animal by the detector, not a dog.").format(name=image.name)
            )
        )
    parts = parts_around(location.boxes[:1], image.pixels.shape)
    if not parts:
        tell(one_line(_("What was found fills much of “{name}”, so all of it is used.").format(name=image.name)))
        return image
    return cropped(image, parts[0])
