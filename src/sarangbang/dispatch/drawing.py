"""Tours as a picture: SVG that a browser shows as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from math import log10

import numpy as np

from .arrays import Array
from .model import Problem

SIZE, MARGIN, LEGEND = 800.0, 30.0, 170.0
# Twelve tones that differ in hue and lightness; a dash pattern tells apart those that come round again.
TONES = (
    "#1f6f62",
    "#b3402e",
    "#2f5aa8",
    "#8a6a00",
    "#7a3b8f",
    "#3c7d22",
    "#a3376e",
    "#00708a",
    "#6b4a2b",
    "#4a4f57",
    "#c06014",
    "#5b5fc7",
)
DASHES = ("", "8 4", "2 4", "10 3 2 3")
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shown(name: str) -> str:
    """A name as XML may have it: with a mark for what no XML may have."""
    return escape(FORBIDDEN.sub("\ufffd", name))


def tours(problem: Problem, rows: Sequence[tuple[int, Sequence[int]]]) -> str:
    """Every tour as a line, pick-ups as filled dots and drop-offs as rings; hovering names car and request."""
    points = problem.points
    if points is None:
        raise ValueError("the places have no coordinates")
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (SIZE - 2 * MARGIN) / max(float((high - low).max()), 1e-9)
    spots = np.column_stack([(points[:, 0] - low[0]) * scale, (high[1] - points[:, 1]) * scale]) + MARGIN
    shown = [(car, nodes) for car, nodes in rows if nodes]
    served = sum(len(nodes) for _car, nodes in shown) // 2
    title = f"{len(shown)} tours serve {served} of {len(problem.requests)} rides"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE + LEGEND:.0f} {SIZE:.0f}" role="img" '
            'aria-labelledby="t d" font-family="sans-serif" font-size="13">'
        ),
        f'<title id="t">{title}</title>',
        '<desc id="d">Lines are tours. Filled dots are pick-ups, rings are drop-offs, squares are depots.</desc>',
        '<rect width="100%" height="100%" fill="#faf7f0"/>',
    ]
    for number, (car, nodes) in enumerate(shown):
        parts += _tour(problem, spots, number, car, nodes)
    for place in sorted({car.start for car in problem.cars if car.start is not None}):
        x, y = spots[place]
        parts.append(f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="#222"/>')
    return "\n".join([*parts, "</svg>", ""])


def _tour(problem: Problem, spots: Array, number: int, car: int, nodes: Sequence[int]) -> list[str]:
    tone, dash = TONES[number % len(TONES)], DASHES[number // len(TONES) % len(DASHES)]
    name = shown(problem.cars[car].name)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    way = [problem.cars[car].start, *(problem.stop(node).place for node in nodes), problem.cars[car].end]
    line = " ".join(f"{spots[place][0]:.1f},{spots[place][1]:.1f}" for place in way if place is not None)
    style = f'fill="none" stroke="{tone}" stroke-width="1.6" stroke-linejoin="round" opacity="0.85"{dashes}'
    parts = [f'<g><title>Car {name}</title><polyline points="{line}" {style}/></g>']
    for node in nodes:
        place = problem.stop(node).place
        if place is None:
            continue
        x, y = spots[place]
        what, fill = ("pick-up", tone) if problem.is_pickup(node) else ("drop-off", "#faf7f0")
        label = f"{what} of {shown(problem.request(node).name)} (node {node}), car {name}"
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{tone}" stroke-width="1.6"/>'
        parts.append(f"<g><title>{label}</title>{dot}</g>")
    y = MARGIN + 22 * number
    if y < SIZE - MARGIN:
        key = f'<line x1="{SIZE}" x2="{SIZE + 34}" y1="{y}" y2="{y}" stroke="{tone}" stroke-width="2.5"{dashes}/>'
        words = f"{shown(problem.cars[car].name[:14])}: {len(nodes) // 2} rides"
        parts.append(f'{key}<text x="{SIZE + 42}" y="{y + 4}" fill="#222">{words}</text>')
    return parts


PLOT, AXIS, LABEL = (560.0, 320.0), 60.0, 15.0
GAPS = (0.03, 30.0)  # per cent, from bottom to top


def gaps(curves: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Mean gaps in per cent over seconds, both logarithmic; one line for each family of instances."""
    times = [seconds for curve in curves.values() for seconds, _gap in curve]
    first, last = log10(min(times, default=0.1)), log10(max(times, default=10.0))
    low, high = map(log10, GAPS)

    def x_of(seconds: float) -> float:
        return AXIS + PLOT[0] * (log10(seconds) - first) / max(last - first, 1e-9)

    def y_of(gap: float) -> float:
        return 20 + PLOT[1] * (high - log10(min(max(gap, GAPS[0]), GAPS[1]))) / (high - low)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PLOT[0] + 2 * AXIS:.0f} {PLOT[1] + 80:.0f}" '
            'role="img" aria-labelledby="t d" font-family="sans-serif" font-size="13">'
        ),
        '<title id="t">Mean gap to the best known plans over time</title>',
        '<desc id="d">Both axes are logarithmic; a line for each family of instances.</desc>',
        '<rect width="100%" height="100%" fill="#faf7f0"/>',
    ]
    for gap in (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0):
        y = y_of(gap)
        parts.append(f'<line x1="{AXIS}" x2="{AXIS + PLOT[0]}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d9d2c3"/>')
        parts.append(f'<text x="{AXIS - 8}" y="{y + 4:.1f}" text-anchor="end">{gap:g} %</text>')
    for seconds in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60):
        if first <= log10(seconds) <= last + 1e-9:
            x = x_of(seconds)
            parts.append(f'<text x="{x:.1f}" y="{PLOT[1] + 42:.0f}" text-anchor="middle">{seconds:g} s</text>')
    labels: list[float] = []
    for number, (family, curve) in enumerate(curves.items()):
        tone, dash = TONES[number % len(TONES)], DASHES[number % len(DASHES)]
        line = " ".join(f"{x_of(seconds):.1f},{y_of(gap):.1f}" for seconds, gap in curve)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<polyline points="{line}" fill="none" stroke="{tone}" stroke-width="2"{dashes}/>')
        if curve:
            y = y_of(curve[-1][1]) + 4
            while any(abs(y - other) < LABEL for other in labels):  # where lines end together
                y -= LABEL
            labels.append(y)
            parts.append(f'<text x="{AXIS + PLOT[0] + 8}" y="{y:.1f}" fill="{tone}">{shown(family)}</text>')
    return "\n".join([*parts, "</svg>", ""])
