"""When each stop of a tour can be served. All times are minutes.

The earliest timetable is the least fix-point of lower bounds: drive on as soon as possible, and when a guest would be
aboard too long (or a crew on duty), start that ride later, as often as needed. The latest timetable is the same from
the other end. Both are exact for opening hours, ride and duty limits together, because all of these are bounds on a
stop's time or on the difference of two (Bellman 1958; for dial-a-ride Hunsaker & Savelsbergh 2002, Firat & Woeginger
2011).
"""

from __future__ import annotations

import numpy as np

from .arrays import (
    AHEAD,
    AT,
    BASE,
    CLOSES,
    COST,
    DRIVE,
    DUE,
    DUE_PRICE,
    FIXED,
    LATEST,
    LENGTH,
    LIMIT,
    NOBODY,
    OPENS,
    PER_LENGTH,
    PER_MINUTE,
    READY,
    READY_PRICE,
    RESEND,
    SERVICE,
    SLOPE,
    SOONEST,
    STOP,
    TIMES,
    WAY,
)
from .compiling import compiled, inner

NEVER = np.inf
TIGHT = 1e-9  # minutes
ROUNDING = 1e-7  # minutes by which a bound that is only compared may be off
REWINDS = 2000  # of one timetable, after which it counts as impossible


@inner
def minutes(travel, when, one, other):
    """Driving time from place ``one`` to ``other`` at a time of day; between full parts of the day in proportion."""
    parts = travel.shape[0]
    if parts == 1:
        return travel[0, one, other]
    exact = when / 1440.0 * parts
    part = int(np.floor(exact))
    share = exact - part
    before, after = part % parts, (part + 1) % parts
    return travel[before, one, other] * (1.0 - share) + travel[after, one, other] * share


@inner
def moved(position, p, d):
    """Where a stop stands after a pick-up was put in behind position ``p`` and a drop-off behind ``d``."""
    if position > d:
        return position + 2
    if position > p:
        return position + 1
    return position


@inner
def too_long(travel, stop, stops, at, drive, start, first, last, limit):
    """Whether the way from one position to a later one takes more than ``limit`` even without waiting."""
    pure = 0.0
    for x in range(first, last):
        service = stop[stops[x], SERVICE]
        pure += service
        pure += drive[x] if travel.shape[0] == 1 else minutes(travel, start[x] + service, at[x], at[x + 1])
    return pure > limit + TIGHT


@inner
def settle(n, travel, stop, stops, at, drive, start, x, far, last, where, request, p, d):
    """Raise ``start`` from position ``x`` on until all limits hold; positions after ``far`` are right if unchanged.

    ``where`` tells the positions that stops had before the two stops of ``request`` were put in behind positions ``p``
    and ``d``. False when there is no timetable.
    """
    rewinds = 0
    while x <= last:
        now = stops[x]
        leave = start[x - 1] + stop[stops[x - 1], SERVICE]
        leave += drive[x - 1] if travel.shape[0] == 1 else minutes(travel, leave, at[x - 1], at[x])
        if leave <= start[x]:
            if x > far:
                return True
        else:
            start[x] = leave
        if start[x] > stop[now, CLOSES] + TIGHT:
            return False
        if now >= n:
            if x == last:
                begin = 0
            elif now - n == request:
                begin = p + 1
            else:
                begin = moved(where[now - n], p, d)
            limit = stop[now, LIMIT]
            needed = start[x] - limit
            if needed > start[begin] + TIGHT:
                rewinds += 1
                if (
                    needed > stop[stops[begin], CLOSES] + TIGHT
                    or rewinds > REWINDS
                    or too_long(travel, stop, stops, at, drive, start, begin, x, limit)
                ):
                    return False
                start[begin] = needed
                far = max(far, x)
                x = begin
        x += 1
    return True


@compiled
def ease(n, travel, stop, stops, at, drive, end, x, near, last, where, request, p, d):
    """Lower ``end`` from position ``x`` down to the start until all limits hold; the counterpart of ``settle``.

    Positions before ``near`` are right if unchanged.
    """
    rewinds = 0
    while x >= 0:
        now = stops[x]
        if travel.shape[0] == 1:
            lead = drive[x]
        else:  # the drive depends on when it begins; one correction is enough for a bound that is only compared
            lead = minutes(travel, end[x + 1], at[x], at[x + 1])
            lead = minutes(travel, end[x + 1] - lead, at[x], at[x + 1])
        bound = end[x + 1] - lead - stop[now, SERVICE]
        if bound >= end[x]:
            if x < near:
                return True
        else:
            end[x] = bound
        if end[x] < stop[now, OPENS] - ROUNDING:
            return False
        if now < n or x == 0:
            if x == 0:
                other = last
            elif now == request:
                other = d + 2
            else:
                other = moved(where[now + n], p, d)
            if end[other] > end[x] + stop[now, LIMIT] + TIGHT:
                rewinds += 1
                if rewinds > REWINDS:
                    return False
                end[other] = end[x] + stop[now, LIMIT]
                near = min(near, x)
                x = other
        x -= 1
    return True


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
def cost_of_times(n, travel, stop, stops, at, drive, start, end, last, where, request, p, d, per_minute):
    """The cheapest of three timetables with the earliest end: everything soon, everything late, or late only what does
    not cost more then."""
    cost = priced(stop, stops, start, last, per_minute)
    for dear_too in (True, False):
        put_off(stop, stops, start, end, last, dear_too)
        if ease(n, travel, stop, stops, at, drive, end, last - 1, 0, last, where, request, p, d):
            cost = min(cost, priced(stop, stops, end, last, per_minute))
    return cost


@inner
def link(one, other):
    """What two stops one after the other add to the name of a tour."""
    name = one ^ (other * np.uint64(0xD6E8FEB86659FD93))
    name ^= name >> np.uint64(32)
    name *= np.uint64(0xFF51AFD7ED558CCD)
    return name ^ (name >> np.uint64(29))


@inner
def lay_out(case, tours, car):
    """Places, ways, loads and name of a tour from its stops; False when too much would be aboard."""
    n, m = case.requests, case.cars
    last = tours.size[car] + 1
    tours.stop[car, 0, STOP], tours.stop[car, last, STOP] = 2 * n + car, 2 * n + m + car
    tours.aboard[car, 0, :] = 0
    length = 0.0
    before = NOBODY
    name = np.uint64(0)
    for x in range(last + 1):
        now = tours.stop[car, x, STOP]
        place = case.place[now]
        if place < 0:
            place = before
        tours.stop[car, x, AT] = place
        tours.position[now] = x
        if x > 0:
            way = case.length[before, place]
            tours.line[car, x - 1, WAY] = way
            tours.line[car, x - 1, DRIVE] = case.travel[0, before, place]
            length += way
            name += link(case.salt[tours.stop[car, x - 1, STOP]], case.salt[now])
            for kind in range(case.room.shape[1]):
                load = tours.aboard[car, x - 1, kind]
                if now < n:
                    load += case.load[now, kind]
                elif now < 2 * n:
                    load -= case.load[now - n, kind]
                if load > case.room[car, kind]:
                    return False
                tours.aboard[car, x, kind] = load
        before = place
    ahead = before
    for x in range(last, -1, -1):
        if case.place[tours.stop[car, x, STOP]] >= 0:
            ahead = tours.stop[car, x, AT]
        tours.stop[car, x, AHEAD] = ahead
    tours.name[car] = name
    tours.money[car, LENGTH] = length
    return True


@inner
def idle(case, tours, car):
    """Whether a car serves nobody; a crew that only rests costs nothing."""
    if not case.standing:
        return tours.size[car] == 0
    n = case.requests
    for x in range(1, tours.size[car] + 1):
        now = tours.stop[car, x, STOP]
        if case.place[now if now >= n else now + n] >= 0:
            return False
    return True


@compiled
def told(n, place, salt, stops, last):
    """Name of a tour as a crew is told it: its stops in order, without its rests."""
    name = np.uint64(1)
    for x in range(1, last):
        now = stops[x]
        if place[now if now >= n else now + n] >= 0:
            name = (name ^ salt[now]) * np.uint64(0xD6E8FEB86659FD93)
            name ^= name >> np.uint64(32)
    return name


@compiled
def refresh(case, tours, car, scratch):
    """Make everything that follows from the stops of ``car``; False when the tour is impossible."""
    if not lay_out(case, tours, car):
        return False
    n, stop, travel = case.requests, case.stop, case.travel
    last = tours.size[car] + 1
    stops, at, drive, start, end = scratch.stops, scratch.at, scratch.drive, scratch.start, scratch.end
    for x in range(last + 1):
        now = tours.stop[car, x, STOP]
        stops[x], at[x], drive[x] = now, tours.stop[car, x, AT], tours.line[car, x, DRIVE]
        start[x], end[x] = stop[now, OPENS], stop[now, CLOSES]
    where = tours.position
    if not settle(n, travel, stop, stops, at, drive, start, 1, last, last, where, NOBODY, last, last):
        return False
    if not ease(n, travel, stop, stops, at, drive, end, last - 1, 0, last, where, NOBODY, last, last):
        return False
    for x in range(last + 1):
        tours.line[car, x, SOONEST], tours.line[car, x, LATEST] = start[x], end[x]
    charge(case, tours, car, scratch)
    return True


@inner
def charge(case, tours, car, scratch):
    """What a tour costs whose stops and earliest times are those on ``scratch``."""
    last = tours.size[car] + 1
    cost, times = 0.0, 0.0
    if not idle(case, tours, car):
        if case.timed:
            times = cost_of_times(
                case.requests,
                case.travel,
                case.stop,
                scratch.stops,
                scratch.at,
                scratch.drive,
                scratch.start,
                scratch.end,
                last,
                tours.position,
                NOBODY,
                last,
                last,
                case.car[car, PER_MINUTE],
            )
        cost = case.car[car, FIXED] + case.car[car, PER_LENGTH] * tours.money[car, LENGTH] + times
    resend = case.car[car, RESEND]
    if resend > 0.0 and case.sent[car] != told(case.requests, case.place, case.salt, scratch.stops, last):
        cost += resend
    tours.money[car, COST], tours.money[car, TIMES] = cost, times
