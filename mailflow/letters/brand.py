"""The operator's brand: one colour made readable everywhere, and a logo that travels along.

Contrast is that of WCAG 2: 4.5 to 1 or better for every pair of text and ground we use.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from mailflow.letters.folders import LetterError

LIGHT, DARK = "#f2f4f6", "#1b1f24"  # the hardest grounds that links stand on (templates/kit/*.css)
ENOUGH = 4.5
MAX_LOGO = 30_000  # bytes; with base64 and both parts a letter stays below 100 kB

_IMAGES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


@dataclass(frozen=True, slots=True)
class Logo:
    """An image to be attached: its MIME subtype and its bytes as base64 lines with CRLF."""

    subtype: str
    encoded: bytes


def load_logo(path: Path) -> Logo:
    """Read and check the logo. Raises LetterError when it is missing, too large or no image."""
    try:
        image = path.read_bytes()
    except OSError as fault:
        raise LetterError(f"brand.logo_file: {path.name} cannot be read") from fault
    subtype = next((name for magic, name in _IMAGES.items() if image.startswith(magic)), None)
    if subtype is None:
        raise LetterError(f"brand.logo_file: {path.name} is neither PNG nor JPEG")
    if len(image) > MAX_LOGO:
        raise LetterError(f"brand.logo_file: {path.name} is larger than {MAX_LOGO} bytes")
    text = b64encode(image)
    return Logo(subtype, b"\r\n".join(text[i : i + 76] for i in range(0, len(text), 76)))


def palette(colour: str) -> dict[str, str]:
    """The colours that depend on the brand, for style.css and head.css.

    `colour` is `#rrggbb`. Buttons keep it; text on them is white or black, whichever reads
    better. As the colour of links it is darkened, or lightened for dark mode, until it reads.
    """
    on = max(("#ffffff", "#000000"), key=lambda text: contrast(colour, text))
    return {
        "brand": colour,
        "on_brand": on,
        "link": _towards("#000000", colour, LIGHT),
        "link_dark": _towards("#ffffff", colour, DARK, 7.0),  # thin light strokes need more
    }


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2, relative luminance).

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _towards(goal: str, colour: str, ground: str, enough: float = ENOUGH) -> str:
    """`colour` moved towards `goal` in steps of a twentieth until it reads on `ground`."""
    start, end = _rgb(colour), _rgb(goal)
    for step in range(21):
        mixed = [round(a + (b - a) * step / 20) for a, b in zip(start, end, strict=True)]
        candidate = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(candidate, ground) >= enough:
            return candidate
    return goal


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [c / 255 for c in _rgb(colour)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
