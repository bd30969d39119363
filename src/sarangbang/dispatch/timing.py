"""The times of a tour whose order is settled, as the search prices them."""

from __future__ import annotations

import numpy as np

from .arrays import NOBODY, OPENS, READY, SERVICE
from .compiling import compiled, inner
from .timetable import ease, minutes, priced, put_off

NEARLY = 1e-6  # minutes by which rounding may let a stop begin too soon


@compiled
def cheapest(n, travel, stop, stops, at, drive, start, best, end, where, per_minute):
    """Put into ``best`` the cheapest timetable that the search knows; of equals the one that fetches later. Nobody is
    kept aboard for nothing.

    ``start`` are the earliest times; ``end`` is room to try in. ``where``: stop → its position.
    """
    last = np.int64(stops.size - 1)
    least = priced(stop, stops, start, last, per_minute)
    for x in range(last + 1):  # one by one: copying as a whole would ask who owns the memory
        best[x] = start[x]
    for dear_too in (False, True):
        put_off(stop, stops, start, end, last, dear_too)
        if not ease(n, travel, stop, stops, at, drive, end, last - 1, 0, last, where, NOBODY, last, last):
            continue
        cost = priced(stop, stops, end, last, per_minute)
        if cost <= least and reachable(travel, stop, stops, at, drive, end, last):
            least = cost
            for x in range(last + 1):
                best[x] = end[x]
    for x in range(1, last):
        now = stops[x]
        if n <= now < 2 * n:
            arrive = best[x - 1] + stop[stops[x - 1], SERVICE]
            arrive += drive[x - 1] if travel.shape[0] == 1 else minutes(travel, arrive, at[x - 1], at[x])
            best[x] = min(best[x], max(arrive, stop[now, OPENS], stop[now, READY]))


@inner
def reachable(travel, stop, stops, at, drive, start, last):
    """Whether nobody has to drive faster; by the hour the bounds of ``ease`` alone do not say so."""
    for x in range(last):
        leave = start[x] + stop[stops[x], SERVICE]
        way = drive[x] if travel.shape[0] == 1 else minutes(travel, leave, at[x], at[x + 1])
        if leave + way > start[x + 1] + NEARLY:
            return False
    return True
