"""Every failure that SeeSpot expects. Each carries one sentence for the user: what is wrong and what to do."""

import string
from typing import Any

from xai_core.i18n.catalogues import _, number_separators


class _Places(string.Formatter):
    """Fills a sentence's places as `str.format` does, with the decimal mark of the language."""

    def format_field(self, value: Any, format_spec: str) -> str:
        filled = format(value, format_spec)
        return filled.replace(".", number_separators()[0]) if isinstance(value, float) else filled


class XaiError(Exception):
    """The family that pages and the command line show to the user; its message is a whole sentence.

    The sentence names its places, `ImageError("“{name}” is no photo.", name=...)`, so that it can be said in the language
    of who reads it, which the process that fails may not know. A value that has to be translated too is a `Later`.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.values = values

    def __str__(self) -> str:
        sentence = _(self.args[0])
        return _Places().vformat(sentence, (), self.values) if self.values else sentence


class ImageError(XaiError):
    """The bytes are not a photo that can be used."""


class UnknownNameError(XaiError):
    """A network, method, class or parameter was asked for by a name that does not exist."""


class ParameterError(XaiError):
    """A parameter of a method has a value outside what the method allows."""


class UnsupportedError(XaiError):
    """A method was asked of a network that does not offer what the method needs."""


class WeightsError(XaiError):
    """The weights of a network are missing, damaged or cannot be downloaded."""


class EngineError(XaiError):
    """The engine that was asked for is unknown, not installed or cannot run a network."""


class ComputationError(XaiError):
    """A computation ended without a usable result."""


class WorkerLostError(XaiError):
    """The process that computes ended unexpectedly; the job is lost, the next one gets a new process."""


class CancelledError(XaiError):
    """The computation was cancelled by the one who asked for it."""


class StoreError(XaiError):
    """The folder for stored results cannot be read or written."""


class BackboneSourceError(XaiError):
    """A package that training takes a backbone from is missing, unreachable or not the expected one."""


class TrainingDataError(XaiError):
    """The folder of training photos is missing or is not laid out as training expects."""


class ReportError(XaiError):
    """A file is no report, is damaged, or was made by networks or methods that are not these."""
