"""What of an HTML mail its reader sees: hidden, struck, or shown (DOMAIN.md §4).

Styles are not laid out here, only recognised; what looks hidden by any of the usual means counts
as hidden, for nobody is harmed by being asked again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|font-size\s*:\s*0*(?:\.0+)?(?:em|rem|%|vw)?\s*(?:!|;|$)"
    r"|opacity\s*:\s*0*(?:\.0\d*)?\s*(?:!|;|$)|max-(?:height|width)\s*:\s*0|color\s*:\s*transparent"
    r"|(?:^|;)\s*(?:height|width)\s*:\s*0(?:px|pt)?\s*(?:!|;|$)|text-indent\s*:\s*-\d{3,}"
    r"|(?:left|top)\s*:\s*-\d{3,}|(?:^|[;\s])clip\s*:\s*rect|clip-path\s*:|scale[xy]?\s*\(\s*0"
    r"|color\s*:\s*(?:rgba|hsla)\([^)]{0,40}[,/]\s*0*(?:\.0+)?%?\s*\)"
    r"|color\s*:\s*#(?:[0-9a-f]{3}0|[0-9a-f]{6}00)\b"
)
_TINY = re.compile(r"font-size\s*:\s*(\d*\.?\d+)\s*(?:px|pt)")
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through")
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;!]{1,60})")
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{1,200})")
_CODE = re.compile(
    r"#([0-9a-f]{3,8})\b|rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)|hsla?\([^%]{1,30}%[\s,]+(\d+)"
)
_LIGHT_NAME = re.compile(
    r"\b(?:white|snow|ivory|ghostwhite|floralwhite|whitesmoke|azure|mintcream|honeydew|aliceblue"
    r"|seashell|transparent|inherit|initial|none)\b"
)
_NAMES = re.compile(r"[.#][\w-]{1,60}")
_TAG_NAME = re.compile(r"[a-z][a-z0-9]{0,15}$")
_STYLE = re.compile(r"<style\b[^>]{0,200}>", re.I)
_MAX_STYLE = 200_000  # characters of style sheets that are looked at
_LIGHT = 0xF0  # each channel at least so bright: nobody reads it on white

SHOWN, HIDDEN, STRUCK = "", "hidden", "struck"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the document's own style sheets hide or strike: names such as `.x`, `#y`, `p`."""

    names: Mapping[str, str]


EMPTY = Sheet({})


def sheet(html: str) -> Sheet:
    """The rules of the style sheets in `html` that take text out of sight. Linear."""
    found: dict[str, str] = {}
    lowered = html.lower()
    for start in _STYLE.finditer(html):
        end = lowered.find("</style", start.end()) if len(found) < 500 else -1
        text = html[start.end() : end if end >= 0 else start.end() + _MAX_STYLE]
        for rule in text[:_MAX_STYLE].lower().split("}"):
            selectors, brace, declarations = rule.rpartition("{")
            if not brace:
                continue
            verdict = of_style(declarations[:2000], dark=False)
            if not verdict:
                continue
            for selector in selectors.rpartition("{")[2][-2000:].split(","):
                if name := _target(selector):
                    found[name] = verdict
        if start.end() > _MAX_STYLE or len(found) >= 500:
            break
    return Sheet(found)


def _target(selector: str) -> str:
    """What a selector is about in the end: "div p.x" → ".x", "td > p" → "p"."""
    last = re.split(r"[\s>+~]+", selector.strip())[-1]
    if ":" in last or not last:
        return ""  # :hover and its like do not show in a mail at rest
    names = _NAMES.findall(last)
    if names:
        return str(names[-1])
    return last if _TAG_NAME.match(last) and last not in ("body", "html") else ""


def of_element(tag: str, attributes: Mapping[str, str | None], rules: Sheet, *, dark: bool) -> str:
    """SHOWN, HIDDEN or STRUCK for one element. `dark`: it lies on a dark ground."""
    if "hidden" in attributes:
        return HIDDEN
    style = attributes.get("style")
    if style and (verdict := of_style(style.lower(), dark=dark)):
        return verdict
    if tag == "font" and not dark and (colour := attributes.get("color")):
        shown = colour.strip().lower()
        if is_light(shown) and shown not in ("inherit", "initial", "none"):
            return HIDDEN
    if rules.names:
        names = rules.names
        if tag in names:
            return names[tag]
        for name in (attributes.get("class") or "").lower().split():
            if f".{name}" in names:
                return names[f".{name}"]
        ident = (attributes.get("id") or "").lower()
        if f"#{ident}" in names:
            return names[f"#{ident}"]
    return SHOWN


def of_style(style: str, *, dark: bool) -> str:
    """SHOWN, HIDDEN or STRUCK for declarations in lower case."""
    if _HIDDEN.search(style) or ((tiny := _TINY.search(style)) and float(tiny.group(1)) < 2):
        return HIDDEN
    if _LINE_THROUGH.search(style):
        return STRUCK
    colour = _COLOUR.search(style)
    if colour is None:
        return SHOWN
    ground = _GROUND.search(style)
    if ground and colour.group(1).strip() == ground.group(1).strip():
        return HIDDEN
    on_dark = dark or (ground is not None and not is_light(ground.group(1)))
    value = colour.group(1)
    if not on_dark and is_light(value) and not re.search(r"inherit|initial", value):
        return HIDDEN
    return SHOWN


def is_dark_ground(attributes: Mapping[str, str | None]) -> bool:
    """Whether an element lays a ground on which light text can be read."""
    ground = (attributes.get("bgcolor") or "").lower()
    if ground and not is_light(ground):
        return True
    style = attributes.get("style")
    found = _GROUND.search(style.lower()) if style and "background" in style.lower() else None
    return found is not None and not is_light(found.group(1))


def is_light(colour: str) -> bool:
    """Whether a colour is white or nearly so; what cannot be read counts as dark."""
    match = _CODE.search(colour)
    if match is None:
        return bool(_LIGHT_NAME.search(colour))
    code, red, green, blue, light = match.groups()
    if light:
        return int(light) >= 95
    if code:
        if len(code) in (3, 4):
            channels = [int(sign * 2, 16) for sign in code[:3]]
        else:
            channels = [int(code[i : i + 2] or "0", 16) for i in (0, 2, 4)]
    else:
        channels = [int(red), int(green), int(blue)]
    return min(channels) >= _LIGHT
