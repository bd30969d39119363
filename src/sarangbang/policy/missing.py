"""What would have to happen to miss the target: by all together, and by one part of the patients alone. Pure.

A part is known by its share in some year (a nationality, a department). Its size today is that share of today's count,
which is an assumption and is said beside it. Missing "alone" means that all others stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """``share``: of the count, 0 to 1, as of ``year``. ``before``: the share in the last year before that is known."""

    code: str
    share: float
    year: int
    before: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Alone:
    """``size``: how many the part would be of today's count. ``fall``: the share of them that would have to stay away
    for the target to be missed; None when even without any of them it would be met."""

    part: Part
    size: float
    fall: float | None
    left: float
    """What the count would be without any of them."""


def alone(part: Part, count: float, goal: float) -> Alone:
    """The part by itself. A target that is missed already is missed without anybody staying away: a fall of 0."""
    size = part.share * count
    margin = count - goal
    if margin < 0:
        return Alone(part, size, 0.0, count - size)
    return Alone(part, size, margin / size if size > margin else None, count - size)


def together(parts: Sequence[Part], count: float, goal: float) -> tuple[int, float] | None:
    """How many of the largest parts could miss it together, and by what fall; None when all of them could not."""
    size = 0.0
    for many, part in enumerate(sorted(parts, key=lambda one: -one.share), start=1):
        size += part.share * count
        if size > count - goal >= 0:
            return many, (count - goal) / size
    return None


def shares(by_year: Mapping[int, Mapping[str, float]]) -> list[Part]:
    """The parts of the last year that is known, the largest first. ``by_year``: shares by code."""
    if not by_year:
        return []
    last = max(by_year)
    found = []
    for code, share in by_year[last].items():
        earlier = [(year, rows[code]) for year, rows in sorted(by_year.items()) if year < last and code in rows]
        found.append(Part(code, share, last, earlier[-1] if earlier else None))
    return sorted(found, key=lambda one: (-one.share, one.code))


def last_below(actual: Mapping[int, float], goal: float) -> int | None:
    """The last year whose count was below the goal."""
    return max((year for year, value in actual.items() if value < goal), default=None)
