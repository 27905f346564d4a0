"""Parameters of a method or study, declared once as fields of its class, for widgets, command line and store key."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from xai_core.errors import ParameterError, UnknownNameError
from xai_core.i18n.catalogues import N_, LazyText
from xai_core.types import Parameter

Kind = Literal["integer", "number", "choice", "flag", "layer", "text"]
_METADATA = "xai_core.params"
T = TypeVar("T")


@dataclass(frozen=True)
class ParamSpec:
    """The description of one parameter for users. Numbers have a closed range and a step, choices a list of values.

    `label`, `help` and the choices are English texts marked by `N_` for translation.
    """

    name: str
    kind: Kind
    label: str
    help: str
    default: Parameter
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()


def integer(default: int, minimum: int, maximum: int, label: str, help: str, *, step: int = 1, unit: str = "") -> Any:
    """Declare an integer field with a closed range."""
    return _declare("integer", default, label, help, minimum=minimum, maximum=maximum, step=step, unit=unit)


def number(
    default: float, minimum: float, maximum: float, label: str, help: str, *, step: float, unit: str = ""
) -> Any:
    """Declare a real-number field with a closed range."""
    return _declare("number", default, label, help, minimum=minimum, maximum=maximum, step=step, unit=unit)


def choice(default: str, choices: tuple[str, ...], label: str, help: str) -> Any:
    """Declare a field that takes one of `choices`."""
    return _declare("choice", default, label, help, choices=choices)


def flag(default: bool, label: str, help: str) -> Any:
    """Declare a boolean field."""
    return _declare("flag", default, label, help)


def layer(help: str) -> Any:
    """Declare a field that takes the name of one of the network's CAM layers; "" stands for the last one."""
    return _declare("layer", "", N_("Layer"), help)


def text(label: str, help: str) -> Any:
    """Declare a field that takes any text, "" by default; set by the program, not by users: the subject of a study."""
    return _declare("text", "", label, help)


def seed() -> Any:
    """Declare the random seed of a method."""
    return integer(
        0, 0, 2**31 - 1, N_("Seed"), N_("The same seed gives the same map; try another to see how stable it is.")
    )


def param_specs(owner: Any) -> tuple[ParamSpec, ...]:
    """Return the parameters of a dataclass (class or instance), in the order of its fields."""
    return tuple(
        ParamSpec(name=entry.name, **entry.metadata[_METADATA])
        for entry in dataclasses.fields(owner)
        if _METADATA in entry.metadata
    )


def values_of(owner: Any) -> dict[str, Parameter]:
    """Return an instance's parameters by name, in the order of its fields."""
    return {spec.name: getattr(owner, spec.name) for spec in param_specs(owner)}


def check(owner: Any) -> None:
    """Raise ParameterError unless every parameter of the instance has the right type and lies in its range."""
    for spec in param_specs(owner):
        _check_value(spec, getattr(owner, spec.name))


def build(owner: type[T], settings: Mapping[str, Any]) -> T:
    """Return `owner(**settings)`, with text values ("51", "0.2", "true") converted to each parameter's kind.

    Raises UnknownNameError for a parameter that does not exist, ParameterError for a value that does not fit.
    """
    specs = {spec.name: spec for spec in param_specs(owner)}
    for name in settings:
        if name not in specs:
            allowed = ", ".join(specs) or "-"
            raise UnknownNameError(
                "There is no parameter “{name}” here; the parameters are: {allowed}.", name=name, allowed=allowed
            )
    return owner(**{name: _convert(specs[name], value) for name, value in settings.items()})


def _declare(kind: Kind, default: Parameter, label: str, help: str, **details: Any) -> Any:
    metadata = {"kind": kind, "label": label, "help": help, "default": default, **details}
    return dataclasses.field(default=default, metadata={_METADATA: metadata})


def _convert(spec: ParamSpec, value: Any) -> Parameter:
    if not isinstance(value, str):
        return float(value) if spec.kind == "number" and type(value) is int else value
    try:
        if spec.kind == "integer":
            return int(value)
        if spec.kind == "number":
            return float(value)
    except ValueError:
        raise ParameterError(
            "{parameter} must be a number, not “{value}”.", parameter=LazyText(spec.label), value=value
        ) from None
    if spec.kind == "flag":
        flags = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if value.lower() not in flags:
            raise ParameterError(
                "{parameter} must be true or false, not “{value}”.", parameter=LazyText(spec.label), value=value
            )
        return flags[value.lower()]
    return value


def _check_value(spec: ParamSpec, value: Any) -> None:
    types = {
        "integer": (int,),
        "number": (int, float),
        "flag": (bool,),
        "choice": (str,),
        "layer": (str,),
        "text": (str,),
    }[spec.kind]
    # bool is a subclass of int.
    if not isinstance(value, types) or (isinstance(value, bool) and spec.kind != "flag"):
        raise ParameterError("{parameter} does not take {value}.", parameter=LazyText(spec.label), value=repr(value))
    if spec.kind == "choice" and value not in spec.choices:
        raise ParameterError(
            "{parameter} must be one of {choices}, not “{value}”.",
            parameter=LazyText(spec.label),
            choices=", ".join(spec.choices),
            value=value,
        )
    if spec.minimum is None or spec.maximum is None:
        return
    # NaN fails both comparisons, so it is refused here too.
    if not spec.minimum <= float(value) <= spec.maximum:
        unit = f" {spec.unit}" if spec.unit else ""
        raise ParameterError(
            "{parameter} must lie between {minimum:g} and {maximum:g}{unit}, not {value:g}.",
            parameter=LazyText(spec.label),
            minimum=spec.minimum,
            maximum=spec.maximum,
            unit=unit,
            value=value,
        )
