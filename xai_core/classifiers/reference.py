"""The short text that names a network, read and written in one place.

vgg16                       a network of the registry
vgg16~random                the same with random weights throughout
vgg16~random-2              with random weights in its last two parts
vgg16~minus-17              with the logit of class 17 subtracted from all logits
vgg16~random-2~minus-17     both
"""

import re
from dataclasses import dataclass
from typing import Literal

from xai_core.errors import UnknownNameError

_TEXT = re.compile(r"([^~]+)(~random(?:-([1-9][0-9]?))?)?(?:~minus-(0|[1-9][0-9]*))?")


@dataclass(frozen=True)
class NetworkRef:
    """Which network is meant: one of the registry, or one derived from it."""

    base: str  # key in the registry
    randomised: int | Literal["all"] | None = None  # how many of its last parts have random weights
    minus: int | None = None  # the class whose logit is subtracted from all logits

    @classmethod
    def parse(cls, text: str) -> "NetworkRef":
        """Return the network that a text names. Raises UnknownNameError where it has another form."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise UnknownNameError(
                "“{key}” names no network; after a network's key only ~random, ~random-N and ~minus-N may follow.",
                key=text,
            )
        base, random, parts, minus = match.groups()
        return cls(base, int(parts) if parts else "all" if random else None, int(minus) if minus else None)

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        random = (
            "" if self.randomised is None else "~random" if self.randomised == "all" else f"~random-{self.randomised}"
        )
        return f"{self.base}{random}{'' if self.minus is None else f'~minus-{self.minus}'}"
