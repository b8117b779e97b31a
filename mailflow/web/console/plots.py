"""Small plots as SVG, drawn by us: no script, no style that a policy would forbid. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup, escape

HOUR, DAY = 3600.0, 86400.0
#: Where the bars of a histogram of times end, in seconds, and what is written below them.
EDGES: tuple[tuple[float, str], ...] = (
    (HOUR, "1 h"), (6 * HOUR, "6 h"), (DAY, "1 d"), (3 * DAY, "3 d"), (7 * DAY, "7 d"),
    (30 * DAY, "30 d"), (60 * DAY, "60 d"), (float("inf"), "more"),
)  # fmt: skip
_WIDTH, _HEIGHT, _GAP, _FOOT, _HEAD = 320, 130, 6, 18, 16


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the funnel. `share` of the longest, 0.0 to 1.0."""

    name: str
    value: int
    share: float
    href: str


def funnel(rows: Sequence[tuple[str, int, str]]) -> list[Bar]:
    """(name, value, link) as bars on one scale."""
    longest = max((value for _, value, _ in rows), default=0) or 1
    return [Bar(name, value, value / longest, href) for name, value, href in rows]


def bar(share: float) -> Markup:
    """A lying bar that fills `share` of its width; what it says stands beside it as text."""
    width = max(0.0, min(1.0, share)) * 100
    # A thing that is there is seen, however small.
    width = max(width, 1.0) if share > 0 else 0.0
    return Markup(  # noqa: S704 - numbers of ours
        '<svg class="lane" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" width="100" height="8"/><rect class="fill" width="{width:.1f}" '
        'height="8"/></svg>'
    )


def histogram(seconds: Sequence[float], title: str) -> Markup:
    """How many took how long. Readable without seeing: its title says the figures."""
    counts = [0] * len(EDGES)
    for value in seconds:
        counts[next(i for i, (edge, _) in enumerate(EDGES) if value <= edge)] += 1
    most = max(counts) or 1
    slot = _WIDTH / len(EDGES)
    parts = []
    for place, ((_, label), count) in enumerate(zip(EDGES, counts, strict=True)):
        height = count / most * (_HEIGHT - _FOOT - _HEAD)
        left, top = place * slot + _GAP / 2, _HEIGHT - _FOOT - height
        middle = place * slot + slot / 2
        parts.append(
            f'<rect class="fill" x="{left:.1f}" y="{top:.1f}" width="{slot - _GAP:.1f}" '
            f'height="{height:.1f}" rx="2"/>'
            f'<text class="label" x="{middle:.1f}" y="{_HEIGHT - 4}">{label}</text>'
        )
        if count:
            parts.append(f'<text class="value" x="{middle:.1f}" y="{top - 4:.1f}">{count}</text>')
    told = ", ".join(f"{label}: {n}" for (_, label), n in zip(EDGES, counts, strict=True) if n)
    return Markup(  # noqa: S704 - numbers of ours, and a title that is escaped
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f"<title>{escape(title)}: {escape(told or 'none yet')}</title>"
        f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{_HEIGHT - _FOOT}" y2="{_HEIGHT - _FOOT}"/>'
        f"{''.join(parts)}</svg>"
    )


def typical(seconds: Sequence[float]) -> str:
    """The median in words, "–" for none."""
    return span(median(seconds)) if seconds else "–"


def span(seconds: float) -> str:
    """A length of time in words.

    >>> span(90), span(5400), span(200000)
    ('2 min', '1.5 h', '2.3 days')
    """
    if seconds < 120 * 60:
        return (
            f"{seconds / HOUR:.1f} h" if seconds >= HOUR else f"{max(1, round(seconds / 60))} min"
        )
    return f"{seconds / HOUR:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.1f} days"
