"""What stands in the way of a booking: busy time, seats, the way between two places. Pure; knows no database.

Spans are minutes as in ``availability``. A claim owns whole ticks, so busy time is widened to its ticks; compared with
a visit that is as good as comparing ticks with ticks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .availability import TICK_MINUTES, Span, merged

ALWAYS: Span = (-(10**12), 10**12)

Way = Callable[[int, int], int]
"""Minutes from one place to another, by their keys."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Time that a resource gave to somebody, buffers included, one seat of it. ``place`` is where it is meanwhile."""

    start: int
    end: int
    place: int | None = None

    @property
    def ticks(self) -> Span:
        return self.start // TICK_MINUTES * TICK_MINUTES, -(-self.end // TICK_MINUTES) * TICK_MINUTES


def crowded(spans: Iterable[Span], spare: int) -> list[Span]:
    """Where more than ``spare`` of the spans overlap, merged. Nowhere is room when ``spare`` is negative."""
    if spare < 0:
        return [ALWAYS]
    if spare == 0:
        return merged(spans)
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    result: list[Span] = []
    at_once, since = 0, 0
    for minute, change in edges:
        if at_once == spare and change == 1:
            since = minute
        elif at_once == spare + 1 and change == -1 and minute > since:
            result.append((since, minute))
        at_once += change
    return merged(result)


def away_at(busy: Iterable[Busy], place: int, way: Way) -> Iterator[Span]:
    """When somebody who moves cannot be at ``place``: busy elsewhere, and on the way there and back."""
    for each in busy:
        if each.place is not None and each.place != place:
            minutes = way(each.place, place)
            start, end = each.ticks
            yield min(start, each.start - minutes), max(end, each.end + minutes)


def blocked(
    busy: Sequence[Busy],
    away: Iterable[Span],
    *,
    seats: int = 1,
    wanted: int = 1,
    place: int | None = None,
    way: Way | None = None,
) -> list[Span]:
    """When ``wanted`` seats of a resource cannot be had, merged: it is away, fewer are left, or it is at another place
    or on the way. Without ``place`` or ``way`` it does not move."""
    spans = list(away)
    here = list(busy)
    if place is not None and way is not None:
        spans += away_at(busy, place, way)
        here = [each for each in busy if each.place is None or each.place == place]
    return merged([*spans, *crowded((each.ticks for each in here), seats - wanted)])


def meets(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether any of the merged spans touches the time."""
    before = bisect_right(spans, (end - 1, ALWAYS[1])) - 1
    return before >= 0 and spans[before][1] > start


def covers(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether one of the merged spans contains the time."""
    before = bisect_right(spans, (start, ALWAYS[1])) - 1
    return before >= 0 and spans[before][1] >= end


def one_of_each(pools: Sequence[Sequence[int]]) -> list[int] | None:
    """A different member of each pool, earlier members first; None when there are not enough of them."""
    if not pools:
        return []
    first, *rest = pools
    for member in first:
        others = one_of_each([[each for each in pool if each != member] for pool in rest])
        if others is not None:
            return [member, *others]
    return None
