"""Figures of many runs: medians with the least and the most, as a table and as a plot."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.play import Played
from bench.process import Use


@dataclass(frozen=True, slots=True)
class Figure:
    """One run of one program: conversations a second, steps in ms, CPU in ms each, memory."""

    rate: float
    mails: float
    p50: float
    p99: float
    cpu: float
    pss: float


NAMES = ("conversations/s", "mails/s", "step p50, ms", "step p99, ms", "CPU each, ms", "PSS, MB")


def figure(played: Played, mails: int, before: Use, after: Use) -> Figure:
    """The figures of one run; `mails` go in and out in one conversation."""
    return Figure(
        played.rate,
        played.rate * mails,
        quantile(played.steps, 0.50) * 1000,
        quantile(played.steps, 0.99) * 1000,
        (after.cpu_s - before.cpu_s) / played.conversations * 1000,
        after.pss_mb,
    )


def quantile(values: Sequence[float], part: float) -> float:
    """The value that `part` of all do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def spread(values: Sequence[float]) -> str:
    """Median, and least to most: `217 (203–221)`."""
    middle, least, most = statistics.median(values), min(values), max(values)
    if len(values) == 1:
        return _short(middle)
    return f"{_short(middle)} ({_short(least)}–{_short(most)})"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


Runs = Mapping[tuple[str, int], Sequence[Figure]]


def collect() -> defaultdict[tuple[str, int], list[Figure]]:
    """An empty set of runs, by program and conversations in flight."""
    return defaultdict(list)


def table(runs: Runs, ours: str) -> str:
    """Markdown: a row for each program and load, and how many times as fast `ours` is."""
    head = f"| program | in flight | {' | '.join(NAMES)} | {ours} is … times as fast |"
    rows = [head, "|-|-:|" + "-:|" * (len(NAMES) + 1)]
    for (name, in_flight), figures in runs.items():
        columns = [spread([getattr(one, field) for one in figures]) for field in Figure.__slots__]
        # Interleaved runs are compared pair by pair: what slowed both down is cancelled.
        pairs = zip(runs[ours, in_flight], figures, strict=True)
        times = spread([mine.rate / other.rate for mine, other in pairs])
        rows.append(f"| {name} | {in_flight} | {' | '.join(columns)} | {times} |")
    return "\n".join(rows)


_COLOURS = ("#1f4e79", "#c55a11", "#7f7f7f", "#548235", "#7030a0")
_WIDTH, _BAR, _LEFT = 760, 22, 250


def plot(runs: Runs, title: str) -> str:
    """An SVG with one bar for each row: the median rate, a line from the least to the most."""
    programs = list(dict.fromkeys(name for name, _ in runs))
    most = max(one.rate for figures in runs.values() for one in figures)
    scale = (_WIDTH - _LEFT - 90) / most
    bars = []
    for row, ((name, in_flight), figures) in enumerate(runs.items()):
        rates = [one.rate for one in figures]
        middle, y = statistics.median(rates), 40 + row * (_BAR + 8)
        centre = y + _BAR / 2
        least, greatest = (_LEFT + value * scale for value in (min(rates), max(rates)))
        bars.append(
            f'<text x="{_LEFT - 8}" y="{centre + 4}" text-anchor="end">{name}, {in_flight}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{middle * scale:.1f}" height="{_BAR}"'
            f' fill="{_COLOURS[programs.index(name) % len(_COLOURS)]}"/>'
            f'<line x1="{least:.1f}" x2="{greatest:.1f}" y1="{centre}" y2="{centre}"/>'
            f'<text x="{greatest + 6:.1f}" y="{centre + 4}">{_short(middle)}</text>'
        )
    height = 50 + len(bars) * (_BAR + 8)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        "<style>text{font:13px sans-serif;fill:#222}line{stroke:#222}</style>\n"
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>\n'
        f'<text x="8" y="20">{title}</text>\n' + "\n".join(bars) + "\n</svg>\n"
    )
