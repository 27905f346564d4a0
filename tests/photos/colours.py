"""Colours of sRGB written in other spaces, and ICC profiles, by formulas of their own: what the decoder is compared with."""

import struct
from collections.abc import Callable

import numpy as np

WHITE_D65 = (0.3127, 0.3290)
#: x, y of red, green and blue.
PRIMARIES = {
    "sRGB": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "Adobe RGB": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "Display P3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "BT.2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "ProPhoto": ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)),
}
#: Bradford's adaptation from D65 to D50, as printed by Lindbloom.
D65_TO_D50 = np.array(
    [[1.0478112, 0.0228866, -0.0501270], [0.0295424, 0.9904844, -0.0170491], [-0.0092345, 0.0150436, 0.7521316]]
)
WHITE_D50 = (0.3457, 0.3585)

Curve = Callable[[np.ndarray], np.ndarray]  # light in [0, 1] -> what is stored


def srgb_curve(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def srgb_light(stored: np.ndarray) -> np.ndarray:
    return np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)


def power(exponent: float) -> Curve:
    return lambda light: light ** (1 / exponent)


def bt709_curve(light: np.ndarray) -> np.ndarray:
    return np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)


CURVES = {
    "sRGB": srgb_curve,
    "Adobe RGB": power(563 / 256),
    "Display P3": srgb_curve,
    "BT.2020": bt709_curve,
    "ProPhoto": power(1.8),
}


def to_xyz(space: str) -> np.ndarray:
    """Return the matrix f64[3,3] from linear values to XYZ under the space's own white."""
    white = WHITE_D50 if space == "ProPhoto" else WHITE_D65
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in PRIMARIES[space]]).T
    return columns * np.linalg.solve(columns, [white[0] / white[1], 1, (1 - white[0] - white[1]) / white[1]])


def to_pcs(space: str) -> np.ndarray:
    """Return the matrix f64[3,3] from linear values to XYZ under D50, which ICC profiles hold."""
    return to_xyz(space) if space == "ProPhoto" else D65_TO_D50 @ to_xyz(space)


def written_in(space: str, srgb: np.ndarray, curve: Curve | None = None) -> np.ndarray:
    """Return sRGB pixels u8[H,W,3] as the numbers that mean the same colours in another space."""
    light = srgb_light(srgb / 255) @ (np.linalg.inv(to_pcs(space)) @ to_pcs("sRGB")).T
    return np.rint(255 * (curve or CURVES[space])(light.clip(0, 1))).astype(np.uint8)


def profile(space: str) -> bytes:
    """Return an ICC profile of version 2 of a space: XYZ of its primaries and a curve of 1,024 points."""
    values = np.linspace(0, 1, 4097)
    light = np.interp(np.linspace(0, 1, 1024), CURVES[space](values), values)
    table = b"curv" + bytes(4) + struct.pack(">I", 1024) + np.rint(65535 * light).astype(">u2").tobytes()
    tags = {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), to_pcs(space).T, strict=True)}
    tags |= {b"wtpt": _xyz((0.9642, 1, 0.8249)), **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), table)}
    return icc(b"RGB ", b"mntr", tags)


def grey_profile(exponent: float) -> bytes:
    """Return an ICC profile of grey with a gamma."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256)) + bytes(2)
    return icc(b"GRAY", b"mntr", {b"wtpt": _xyz((0.9642, 1, 0.8249)), b"kTRC": curve})


def ink_profile() -> bytes:
    """Return an ICC profile of four inks that give dull colours: a table of the 16 colours where each is full or missing."""
    corners = np.indices((2, 2, 2, 2)).reshape(4, 16).T
    cyan, magenta, yellow, black = corners.T
    lightness = (100 - 35 * cyan - 40 * magenta - 8 * yellow) * (1 - 0.85 * black)
    red_green = (-30 * cyan + 60 * magenta) * (1 - black)
    blue_yellow = (-40 * cyan + 70 * yellow) * (1 - black)
    lab = np.stack([lightness.clip(0, 100) * 2.55, red_green + 128, blue_yellow + 128], axis=-1)
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * value for value in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    colours = np.rint(lab.clip(0, 255)).astype(np.uint8).tobytes()
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + colours + identity * 3
    return icc(b"CMYK", b"prtr", {b"wtpt": _xyz((0.9642, 1, 0.8249)), b"A2B0": table}, pcs=b"Lab ")


def icc(space: bytes, device: bytes, tags: dict[bytes, bytes], pcs: bytes = b"XYZ ") -> bytes:
    """Return an ICC profile of these tags."""
    start = 128 + 4 + 12 * len(tags)
    index, bodies = b"", b""
    for name, body in tags.items():
        index += name + struct.pack(">II", start + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    header = struct.pack(">I4xI4s4s4s12x4s", start + len(bodies), 0x02400000, device, space, pcs, b"acsp").ljust(
        68, b"\0"
    )
    header += struct.pack(">3i", *(round(65536 * value) for value in (0.9642, 1, 0.8249)))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + bodies


def _xyz(values: np.ndarray | tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * float(value)) for value in values))
