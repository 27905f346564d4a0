"""Numbers as sentences: what a method measured about itself, and how long something takes; names that tell breeds apart."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from xai_core.explainers.base import Family
from xai_core.types import Explanation, Label

#: How the methods of a family ask the network, for people who do not code.
FAMILIES: dict[Family, str] = {
    "class activation": (
        "They look at what a layer inside the network responds to, and weigh that by what it does for the breed. "
        "That is quick and calm to look at, but shows areas rather than details."
    ),
    "gradients": (
        "They follow the score back through the network to the pixels: which of them would move it if they changed a "
        "little? One question gives a first map; steadier maps take the mean of many."
    ),
    "perturbation": (
        "They change the photo, for instance by hiding parts of it, and note how the score of the breed changes. "
        "That is easy to follow and works with any network, but takes hundreds of questions."
    ),
}

_PATCHY_FIT = 0.5
_LARGE_DELTA = 0.05
_STEADY = 0.9


def diagnostics(numbers: Mapping[str, float]) -> list[str]:
    """Return what is worth knowing about a map, one sentence each, for the diagnostics that have words."""
    return [say(numbers) for name, say in _SAYINGS.items() if name in numbers]


def breed_names(labels: Sequence[Label]) -> list[str]:
    """Return one name a class; classes of the same name, such as ImageNet's two cranes, get their WordNet ids as well."""
    often = Counter(label.english for label in labels)
    return [f"{one.english} ({one.wnid})" if often[one.english] > 1 else one.english for one in labels]


def share(part: float) -> str:
    """Return a part in [0, 1] as people read it; what is tiny is not said to be nothing."""
    return "under 0.1\u00a0%" if 0 < part < 0.001 else f"{part * 100:.1f}\u00a0%".replace(".0\u00a0", "\u00a0")


def duration(seconds: float) -> str:
    """Return a time as people say it: "0.4 s", "12 s", "2 min 5 s"."""
    if seconds < 9.95:
        return f"{seconds:.1f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}\u00a0min {rest}\u00a0s" if minutes else f"{rest}\u00a0s"


def effort(explanation: Explanation) -> str:
    """Return how often the network was asked and how long that took."""
    times = "once" if explanation.evaluations == 1 else f"{explanation.evaluations:,} times"
    return f"Asked the network {times}, in {duration(explanation.seconds)}."


def about(seconds: float) -> str:
    """Return how long something will take, as roughly as that is known: "about 12 s", "about 2 min 10 s"."""
    if seconds < 1.5:
        return "about a second"
    step = 1 if seconds < 60 else 10 if seconds < 600 else 60
    minutes, rest = divmod(step * round(seconds / step), 60)
    return "about " + "\u00a0".join(f"{count}\u00a0{unit}" for count, unit in ((minutes, "min"), (rest, "s")) if count)


def takes(seconds: float | None) -> str:
    """Return "It takes about 12 s." or nothing where that is not known."""
    return "" if seconds is None else f"It takes {about(seconds)}."


def time_left(seconds: float | None) -> str:
    """Return how long someone still has to wait, roughly."""
    if seconds is None:
        return "Working"
    return "Almost done" if seconds < 1 else f"{about(seconds).capitalize()} left"


def _fit(numbers: Mapping[str, float]) -> str:
    patches = f"{numbers['superpixels']:.0f} patches" if "superpixels" in numbers else "patches"
    warning = "; read it with care" if numbers["fit"] < _PATCHY_FIT else ""
    return f"Fit: a simple sum over {patches} accounts for {share(max(numbers['fit'], 0))} of how the score changes{warning}."


def _positive_share(numbers: Mapping[str, float]) -> str:
    if numbers.get("all_negative"):
        return (
            "This layer holds no evidence for the breed, so the map is empty. "
            "On the page Explain, Grad-CAM's setting “Show evidence against” shows what lowers the score."
        )
    return f"Evidence: {share(numbers['positive_share'])} of what this layer says speaks for the breed."


def _delta(numbers: Mapping[str, float]) -> str:
    relative = numbers["relative_delta"]
    advice = "; more steps or samples make it smaller" if relative > _LARGE_DELTA else ""
    if "convergence_delta" in numbers:
        return (
            f"Convergence delta {numbers['convergence_delta']:+.3f}: the colours add up to the change of the score "
            f"to within {share(relative)}{advice}."
        )
    return f"The colours add up to the change of the score to within {share(relative)}{advice}."


def _steadiness(numbers: Mapping[str, float]) -> str:
    advice = "; more steps or samples raise it" if numbers["steadiness"] < _STEADY else ""
    return (
        f"Steadiness {numbers['steadiness']:.2f}: how alike this map and one from endless questions would order the places, "
        f"by estimate (1 = the same){advice}."
    )


_SAYINGS: dict[str, Callable[[Mapping[str, float]], str]] = {
    "fit": _fit,
    "positive_share": _positive_share,
    "relative_delta": _delta,
    "steadiness": _steadiness,
}
