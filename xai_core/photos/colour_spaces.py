"""Colour spaces that files name instead of embedding a profile, written as the ICC profile that they stand for."""

import struct
from collections.abc import Callable
from functools import lru_cache

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]  # stored value in [0, 1] -> light in [0, 1]
Chromaticities = tuple[float, ...]  # x, y of white, red, green, blue

_D65, _THEATRE, _C = (0.3127, 0.3290), (0.314, 0.351), (0.310, 0.316)
_SRGB = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_ADOBE_RGB = (*_D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
_ADOBE_GAMMA = 563 / 256

#: ITU-T H.273, table 2.
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB,
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (*_THEATRE, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_SAMPLES = 4096  # of a curve
_SRGB_GAMMA = 1 / 2.2
_REFERENCE_WHITE = 203  # cd/m2: what white paper is in HDR pictures (ITU-R BT.2408)
_KNEE = 0.8  # of reference white: what is brighter is squeezed into the rest


def from_code_points(primaries: int, transfer: int, *, grey: bool = False) -> bytes | None:
    """Return the profile of a space named by two numbers of ITU-T H.273; None for those that are unknown or unspecified.

    With `grey`, the profile is one for grey pictures.
    HDR (PQ, HLG) is shown as a screen without HDR does: reference white stays near white, what is brighter is squeezed.
    """
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        return None
    return _profile(_PRIMARIES[primaries], _CURVES[transfer], grey)


def from_gamma(gamma: float | None, chromaticities: Chromaticities | None, *, grey: bool = False) -> bytes | None:
    """Return the profile of a PNG's gamma (0.45455, an exponent of what is stored) and chromaticities, either may be None.

    The common gamma of 1/2.2 stands for the curve of sRGB, as programs write it for that. None where they make no sense.
    """
    if gamma is None and chromaticities is None:
        return None
    if gamma is not None and not 0.1 <= gamma <= 5:
        return None
    is_srgb_curve = gamma is None or abs(gamma / _SRGB_GAMMA - 1) < 0.05
    try:
        return _profile(chromaticities or _SRGB, _srgb if is_srgb_curve else _Power(1 / gamma), grey)  # type: ignore[operator]
    except (np.linalg.LinAlgError, ZeroDivisionError, struct.error):
        return None


def adobe_rgb() -> bytes:
    """Return the profile of Adobe RGB (1998), which cameras announce in the EXIF instead of embedding it."""
    return _profile(_ADOBE_RGB, _Power(_ADOBE_GAMMA), False)


class _Power:
    """A curve; equal exponents make equal curves, so that their profiles are made once."""

    def __init__(self, exponent: float) -> None:
        self._exponent = exponent

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        return np.asarray(stored**self._exponent)

    def __hash__(self) -> int:
        return hash(self._exponent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Power) and other._exponent == self._exponent


def _srgb(stored: np.ndarray) -> np.ndarray:
    return np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)


def _bt709(stored: np.ndarray) -> np.ndarray:
    return np.where(stored < 0.081, stored / 4.5, ((stored + 0.099) / 1.099) ** (1 / 0.45))


def _pq(stored: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084."""
    root = stored ** (32 / 2523)
    light = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return _squeezed(10_000 * light ** (16384 / 2610) / _REFERENCE_WHITE)


def _hlg(stored: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100, on a screen of 1,000 cd/m2."""
    scene = np.where(stored <= 0.5, stored**2 / 3, (np.exp((stored - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return _squeezed(1000 * scene**1.2 / _REFERENCE_WHITE)


def _squeezed(light: np.ndarray) -> np.ndarray:
    over = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    return np.where(light <= _KNEE, light, _KNEE + (1 - _KNEE) * over / (1 + over))


#: ITU-T H.273, table 3.
_CURVES: dict[int, Curve] = {
    **dict.fromkeys((1, 6, 14, 15), _bt709),
    4: _Power(2.2),
    5: _Power(2.8),
    8: _Power(1.0),
    13: _srgb,
    16: _pq,
    18: _hlg,
}


@lru_cache(maxsize=16)
def _profile(chromaticities: Chromaticities, curve: Curve, grey: bool) -> bytes:
    """Return an ICC profile (version 4.3) of three primaries, or only grey, and one curve."""
    values = np.rint(curve(np.linspace(0, 1, _SAMPLES)) * 65535).clip(0, 65535).astype(">u2")
    table = b"curv" + bytes(4) + struct.pack(">I", _SAMPLES) + values.tobytes()
    if grey:
        return _icc(b"GRAY", {b"wtpt": _xyz(_D50), b"kTRC": table})
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, _to_d50(chromaticities).T), strict=True)
    return _icc(b"RGB ", {b"wtpt": _xyz(_D50), **dict(columns), **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), table)})


def _icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    bodies = list(dict.fromkeys(tags.values()))  # equal ones are stored once
    first = 128 + 4 + 12 * len(tags)
    starts = {body: first + sum(map(len, bodies[:number])) for number, body in enumerate(bodies)}
    index = b"".join(name + struct.pack(">II", starts[body], len(body)) for name, body in tags.items())
    size = first + sum(map(len, bodies))
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x04300000, b"mntr", space, b"XYZ ", b"acsp").ljust(68, b"\0")
    header = (header + _fixed(_D50)).ljust(128, b"\0")
    return header + struct.pack(">I", len(tags)) + index + b"".join(bodies)


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _fixed(values: np.ndarray) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))


def _to_d50(chromaticities: Chromaticities) -> np.ndarray:
    """Return the matrix f64[3,3] from linear RGB to XYZ under ICC's white, by Bradford's adaptation."""
    white, *primaries = (
        np.array([x / y, 1, (1 - x - y) / y]) for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True)
    )
    matrix = np.stack(primaries, axis=1)
    matrix = matrix * np.linalg.solve(matrix, white)
    gain = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted: np.ndarray = np.linalg.inv(_BRADFORD) @ np.diag(gain) @ _BRADFORD @ matrix
    return adapted
