"""The times of a tour whose order is settled, as the search prices them."""

from __future__ import annotations

import numpy as np

from .arrays import BASE, CLOSES, DUE, DUE_PRICE, LIMIT, NOBODY, OPENS, READY, READY_PRICE, SERVICE, SLOPE, nth
from .compiling import compiled, inner
from .timetable import NEVER, TIGHT, begun, ease, minutes, settle

NEARLY = 1e-6  # minutes by which rounding may let a stop begin too soon
CLIMBS = 100  # rounds of putting off


@inner
def priced(stop, stops, start, last, per_minute):
    """What the times of a tour cost."""
    cost = per_minute * (start[last] - start[0])
    for x in range(last + 1):
        now, t = stops[x], start[x]
        cost += stop[now, BASE] + stop[now, SLOPE] * t
        if t > stop[now, DUE]:
            cost += stop[now, DUE_PRICE] * (t - stop[now, DUE])
        if t < stop[now, READY]:
            cost += stop[now, READY_PRICE] * (stop[now, READY] - t)
    return cost


@inner
def put_off(stop, stops, start, end, last, dear_too):
    """Put every stop off as far as hours and lateness let it be; one that costs more later only if ``dear_too``."""
    end[last] = start[last]
    for x in range(last):
        now = stops[x]
        end[x] = start[x]
        if dear_too or stop[now, SLOPE] <= 0.0:
            end[x] = max(start[x], min(stop[now, CLOSES], max(stop[now, DUE], stop[now, READY])))


@inner
def wait_for(stop, stops, start, last):
    """Put off whoever would be served too early, as far as hours let it be; whether there is anybody."""
    found = False
    for x in range(1, last):
        now = stops[x]
        ready = min(stop[now, READY], stop[now, CLOSES])
        if stop[now, READY_PRICE] > 0.0 and start[x] < ready:
            start[x] = ready
            found = True
    return found


@inner
def cheapest(n, travel, stop, stops, at, drive, start, end, last, where, request, p, d, per_minute):
    """Everything soon, everything late, or late only what does not cost more then."""
    cost = priced(stop, stops, start, last, per_minute)
    for dear_too in (True, False):
        put_off(stop, stops, start, end, last, dear_too)
        if ease(n, travel, stop, stops, at, drive, end, last - 1, 0, last, where, request, p, d):
            cost = min(cost, priced(stop, stops, end, last, per_minute))
    return cost


@inner
def slope(stop, stops, start, x, last, per_minute):
    """What a minute later at a position costs."""
    now, t = stops[nth(x)], start[nth(x)]
    price = stop[nth(now), SLOPE]
    if t >= stop[nth(now), DUE] - TIGHT:
        price += stop[nth(now), DUE_PRICE]
    if t < stop[nth(now), READY] - TIGHT:
        price -= stop[nth(now), READY_PRICE]
    if x == 0:
        price -= per_minute
    elif x == last:
        price += per_minute
    return price


@inner
def carried(n, stop, stops, drive, start, taken, last, where, request, p, d):
    """To the positions that are ``taken``, take those that have to be later with them; the minutes that all of them can
    be later until one more has to be, one can be no later, or another price holds for one."""
    again, most = True, NEVER
    while again:
        again, most = False, NEVER
        for x in range(last + 1):
            if taken[nth(x)] == 0.0:
                continue
            now, t = stops[nth(x)], start[nth(x)]
            most = min(most, stop[nth(now), CLOSES] - t)
            for at in (stop[nth(now), DUE], stop[nth(now), READY]):
                if at > t + TIGHT:
                    most = min(most, at - t)
            if x < last and taken[nth(x + 1)] == 0.0:
                slack = start[nth(x + 1)] - (t + stop[nth(now), SERVICE] + drive[nth(x)])
                if slack <= TIGHT:
                    taken[nth(x + 1)] = 1.0
                else:
                    most = min(most, slack)
            if x > 0 and now >= n:
                begin = begun(n, now, x, last, where, request, p, d)
                if taken[nth(begin)] == 0.0:
                    slack = start[nth(begin)] - (t - stop[nth(now), LIMIT])
                    if slack <= TIGHT:
                        taken[nth(begin)], again = 1.0, True
                    else:
                        most = min(most, slack)
    return most


@inner
def climb(n, stop, stops, drive, start, taken, last, where, request, p, d, per_minute):
    """Put off from the earliest times on whatever gets cheaper by it, each stop with those that it carries along, and
    at last all together that would be better later."""
    for _ in range(CLIMBS):
        higher = False
        for first in range(last, -2, -1):
            if first < 0 and higher:
                break
            for x in range(last + 1):
                alone = slope(stop, stops, start, x, last, per_minute) < 0.0
                taken[nth(x)] = np.float64(x == first or (first < 0 and alone))
            most = carried(n, stop, stops, drive, start, taken, last, where, request, p, d)
            if not TIGHT < most < NEVER:
                continue
            price = 0.0
            for x in range(last + 1):
                if taken[nth(x)] > 0.0:
                    price += slope(stop, stops, start, x, last, per_minute)
            if price >= -TIGHT:
                continue
            higher = True
            for x in range(last + 1):
                start[nth(x)] += most * taken[nth(x)]
        if not higher:
            break


@inner
def cost_of_times(n, travel, stop, stops, at, drive, start, end, few, last, where, request, p, d, per_minute):
    """The cheapest of three timetables with the earliest end. Where guests are ``few``, of one more, in which each stop
    waits as long as that pays; else, where somebody would be served too early and that has a price, of three more, in
    which they are waited for."""
    cost = cheapest(n, travel, stop, stops, at, drive, start, end, last, where, request, p, d, per_minute)
    if few:
        climb(n, stop, stops, drive, start, end, last, where, request, p, d, per_minute)
        return min(cost, priced(stop, stops, start, last, per_minute))
    if wait_for(stop, stops, start, last) and settle(
        n, travel, stop, stops, at, drive, start, 1, last, last, where, request, p, d
    ):
        waited = cheapest(n, travel, stop, stops, at, drive, start, end, last, where, request, p, d, per_minute)
        cost = min(cost, waited)
    return cost


@compiled
def cheapest_times(n, travel, stop, stops, at, drive, start, best, end, few, where, per_minute):
    """Put into ``best`` the cheapest timetable that the search knows; of equals the one that fetches later. Nobody is
    kept aboard for nothing. Where guests are ``few`` the search knows one more (see ``cost_of_times``).

    ``start`` are the earliest times; both it and ``end`` are room to try in. ``where``: stop → its position.
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
    if few:
        climb(n, stop, stops, drive, start, end, last, where, NOBODY, last, last, per_minute)
        if priced(stop, stops, start, last, per_minute) < least - TIGHT:
            for x in range(last + 1):
                best[x] = start[x]
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
