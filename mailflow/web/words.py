"""Which of our languages a reader gets. Pure."""

from __future__ import annotations

from collections.abc import Sequence

#: A browser sends some 50 characters; more is no wish but a load.
MAX_ACCEPT = 500


def choose(offered: Sequence[str], *wishes: str, accept: str = "", default: str = "en") -> str:
    """The language to speak: the first wish that is offered, else the browser's, else ours.

    `wishes` are codes such as "es" or "pt-BR" ("" = none); `accept` is an `Accept-Language`
    header (RFC 9110 §12.5.4).
    """
    for wish in wishes:
        code = _base(wish)
        if code in offered:
            return code
    best, weight = default, 0.0
    for item in accept[:MAX_ACCEPT].split(","):
        tag, _, parameter = item.partition(";")
        code, quality = _base(tag), _quality(parameter)
        if code in offered and quality > weight:
            best, weight = code, quality
    return best


def _base(tag: str) -> str:
    """ "pt-BR" → "pt"."""
    return tag.strip().lower().replace("_", "-").partition("-")[0]


def _quality(parameter: str) -> float:
    """The weight of "q=0.8", 1.0 when none is given, 0.0 when it is no number."""
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
