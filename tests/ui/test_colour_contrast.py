"""Whether everybody can read the pages: contrast of the theme's and the style's colours, by WCAG 2.2."""

import itertools
import re
import tomllib

import numpy as np
import pytest

from xai_core.render import heatmap
from xai_core.resources import ROOT

STYLES = sorted((ROOT / "pages" / "components").rglob("*.css"))
THEMES = {
    name: tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][name] for name in ("light", "dark")
}
TEXT, GRAPHIC = 4.5, 3.0  # success criteria 1.4.3 and 1.4.11, level AA
GROUNDS = ("backgroundColor", "secondaryBackgroundColor")

Colour = tuple[float, ...]


def parsed(text: str) -> tuple[Colour, float]:
    """Return a colour of CSS as red, green and blue in 0 to 255, and its opacity."""
    if text.startswith("#"):
        return tuple(bytes.fromhex(text[1:])), 1.0
    *colour, opacity = (float(one) for one in re.findall(r"[\d.]+", text))
    return tuple(colour), opacity


def luminance(colour: Colour) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    shares = [value / 255 for value in colour]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(text: str, ground: str) -> float:
    """Return the contrast ratio, 1 to 21, of a colour that may be transparent over one that is not."""
    (colour, opacity), (below, _) = parsed(text), parsed(ground)
    mixed = tuple(opacity * one + (1 - opacity) * other for one, other in zip(colour, below, strict=True))
    light, dark = sorted((luminance(mixed), luminance(below)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_ratios_are_those_that_others_publish() -> None:
    """Catches a wrong formula: values from the W3C's own examples."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("rgba(0, 0, 0, 0.5)", "#ffffff") == pytest.approx(3.95, abs=0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("colour", ["textColor", "primaryColor"])
def test_text_and_what_is_chosen_can_be_read(theme: str, ground: str, colour: str) -> None:
    """Catches a theme colour too pale for text on either ground."""
    assert contrast(THEMES[theme][colour], THEMES[theme][ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_faded_can_be_read(theme: str) -> None:
    """Catches captions as Streamlit fades them: 60 % are 4.4 : 1 on white."""
    style = (ROOT / "pages" / "components" / "shell" / "style.css").read_text()
    [opacity] = re.findall(r'\[data-testid="stCaptionContainer"\] \{\s+opacity: ([\d.]+)', style)
    colour, _ = parsed(THEMES[theme]["textColor"])
    for ground in GROUNDS:
        assert contrast(f"rgba{(*colour, float(opacity))}", THEMES[theme][ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_the_words_on_a_filled_button_can_be_read(theme: str) -> None:
    """Catches white on the dark theme's light blue."""
    style = (ROOT / "pages" / "components" / "shell" / "style.css").read_text()
    [both] = re.findall(r"color: light-dark\((#\w{6}), (#\w{6})\)", style)
    assert contrast(both[theme == "dark"], THEMES[theme]["primaryColor"]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_the_frame_of_what_has_the_focus_is_seen(theme: str) -> None:
    """Catches a frame that shows in one theme only."""
    style = "\n".join(path.read_text() for path in STYLES)
    frames = re.findall(r"outline: [23]px solid (#[0-9a-f]{6})", style)
    assert frames
    for frame, ground in itertools.product(frames, GROUNDS):
        assert contrast(frame, THEMES[theme][ground]) >= GRAPHIC, frame


def test_no_text_is_set_smaller_than_14_px() -> None:
    """Catches a size in the style that is hard to read; 16 px are one rem."""
    for path in STYLES:
        for size, unit in re.findall(r"font-size: ([\d.]+)(rem|px)", path.read_text()):
            assert float(size) * (16 if unit == "rem" else 1) >= 14, (path.name, size)


def test_both_ends_of_the_scale_stand_out_and_are_told_apart_without_seeing_colours() -> None:
    """Catches heat that only colour distinguishes from nothing; for and against also have words at the legend."""
    colours = [colour for _place, colour in heatmap.legend(True)]
    against, nothing, most = colours[0], colours[len(colours) // 2], colours[-1]
    assert contrast(against, nothing) >= GRAPHIC
    assert contrast(most, nothing) >= GRAPHIC
