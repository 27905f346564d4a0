"""Every failure that SeeSpot expects. Each has one sentence for the user: what is wrong, and what to do."""

import string
from typing import Any

from xai_core.i18n.catalogues import _, number_separators


class _SentenceFormatter(string.Formatter):
    """Fills in a sentence's placeholders as `str.format` does, with the decimal mark of the language."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        return text.replace(".", number_separators()[0]) if isinstance(value, float) else text


class XaiError(Exception):
    """The base of all errors that pages and the command line show to the user; its message is a whole sentence.

    The values of the sentence's placeholders are passed apart, `ImageError("“{name}” is no photo.", name=...)`: it is
    translated where it is shown, as the process that fails may not know the reader's language. A value that has to be
    translated too is a `LazyText`.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.values = values

    def __str__(self) -> str:
        sentence = _(self.args[0])
        return _SentenceFormatter().vformat(sentence, (), self.values) if self.values else sentence


class ImageError(XaiError):
    """The bytes are not a photo that can be used."""


class UnknownNameError(XaiError):
    """There is no network, method, class or parameter of this name."""


class ParameterError(XaiError):
    """A parameter of a method has a value outside what the method allows."""


class UnsupportedError(XaiError):
    """A network does not offer what a method needs."""


class WeightsError(XaiError):
    """The weights of a network are missing, damaged or cannot be downloaded."""


class EngineError(XaiError):
    """The chosen engine is unknown, not installed or cannot run a network."""


class ComputationError(XaiError):
    """A computation ended without a usable result."""


class WorkerLostError(XaiError):
    """The worker process ended unexpectedly; its jobs are lost, the next one gets a new process."""


class CancelledError(XaiError):
    """The computation was cancelled by the visitor who requested it."""


class StoreError(XaiError):
    """The folder of the store cannot be read or written."""


class BackboneSourceError(XaiError):
    """A package that contains a backbone for training is missing, unreachable or not the expected one."""


class TrainingDataError(XaiError):
    """The folder of training photos is missing or is not laid out as training expects."""


class ReportError(XaiError):
    """A file is no report, is damaged, or was made by networks or methods that are not these."""
