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
    OWN,
    PER_LENGTH,
    PER_MINUTE,
    READY,
    READY_PRICE,
    RESEND,
    SERVICE,
    SLOPE,
    SOONEST,
    STAY,
    STOP,
    TIMES,
    WAY,
    nth,
)
from .compiling import compiled, inner, merged

NEVER = np.inf
TIGHT = 1e-9  # minutes
ROUNDING = 1e-7  # minutes by which a bound that is only compared may be off
REWINDS = 2000  # of one timetable, after which it counts as impossible


@inner
def minutes(travel, when, one, other):
    """Driving time from place ``one`` to ``other`` at a time of day; between full parts of the day in proportion."""
    parts = travel.shape[0]
    if parts == 1:
        return travel[0, nth(one), nth(other)]
    exact = when / 1440.0 * parts
    part = int(np.floor(exact))
    share = exact - part
    before, after = part % parts, (part + 1) % parts
    return travel[before, nth(one), nth(other)] * (1.0 - share) + travel[after, nth(one), nth(other)] * share


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
        service = stop[nth(stops[nth(x)]), SERVICE]
        pure += service
        if travel.shape[0] == 1:
            pure += drive[nth(x)]
        else:
            pure += minutes(travel, start[nth(x)] + service, at[nth(x)], at[nth(x + 1)])
    return pure > limit + TIGHT


@inner
def settle(n, travel, stop, stops, at, drive, start, x, far, last, where, request, p, d):
    """Raise ``start`` from position ``x`` on until all limits hold; positions after ``far`` are right if unchanged.

    ``where`` tells the positions that stops had before the two stops of ``request`` were put in behind positions ``p``
    and ``d``. False when there is no timetable.
    """
    rewinds, done, again = 0, 0, 0  # up to where all was seen; up to where something that changed was not followed up
    came = start[nth(x - 1)]  # kept at hand: what was just stored takes a while to be read
    while x <= last:
        now, before = stops[nth(x)], nth(x - 1)
        leave = came + stop[nth(stops[before]), SERVICE]
        leave += drive[before] if travel.shape[0] == 1 else minutes(travel, leave, at[before], at[nth(x)])
        soon = start[nth(x)]
        if leave <= soon:
            if x > far:
                return True
            if again < x <= done:  # nothing changes up to there any more
                came = start[nth(done)]
                x = done + 1
                continue
        else:
            soon = leave
            start[nth(x)] = leave
        if soon > stop[nth(now), CLOSES] + TIGHT:
            return False
        if now >= n:
            if x == last:
                begin = 0
            elif now - n == request:
                begin = p + 1
            else:
                begin = moved(where[nth(now - n)], p, d)
            limit = stop[nth(now), LIMIT]
            needed = soon - limit
            if needed > start[nth(begin)] + TIGHT:
                rewinds += 1
                if (
                    needed > stop[nth(stops[nth(begin)]), CLOSES] + TIGHT
                    or rewinds > REWINDS
                    or (rewinds > 1 and too_long(travel, stop, stops, at, drive, start, begin, x, limit))
                ):
                    return False
                start[nth(begin)] = needed
                if x < done:
                    again = max(again, x)
                else:
                    done, again = x, 0
                far = max(far, x)
                x, soon = begin, needed
        came = soon
        x += 1
    return True


@compiled
def ease(n, travel, stop, stops, at, drive, end, x, near, last, where, request, p, d):  # noqa: C901 (one piece: it is asked all the time)
    """Lower ``end`` from position ``x`` down to the start until all limits hold; the counterpart of ``settle``.

    Positions before ``near`` are right if unchanged.
    """
    rewinds, done, again = 0, last, last  # see settle
    then = end[nth(x + 1)]
    while x >= 0:
        now, after = stops[nth(x)], nth(x + 1)
        if travel.shape[0] == 1:
            lead = drive[nth(x)]
        else:  # the drive depends on when it begins; one correction is enough for a bound that is only compared
            lead = minutes(travel, then, at[nth(x)], at[after])
            lead = minutes(travel, then - lead, at[nth(x)], at[after])
        bound = then - lead - stop[nth(now), SERVICE]
        late = end[nth(x)]
        if bound >= late:
            if x < near:
                return True
            if again > x >= done:
                then = end[nth(done)]
                x = done - 1
                continue
        else:
            late = bound
            end[nth(x)] = bound
        if late < stop[nth(now), OPENS] - ROUNDING:
            return False
        if now < n or x == 0:
            if x == 0:
                other = last
            elif now == request:
                other = d + 2
            else:
                other = moved(where[nth(now + n)], p, d)
            limit = stop[nth(now), LIMIT]
            if end[nth(other)] > late + limit + TIGHT:
                rewinds += 1
                if rewinds > REWINDS:
                    return False
                late += limit
                end[nth(other)] = late
                if x > done:
                    again = min(again, x)
                else:
                    done, again = x, last
                near = min(near, x)
                x = other
        then = late
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
def cost_of_times(n, travel, stop, stops, at, drive, start, end, last, where, request, p, d, per_minute):
    """The cheapest of three timetables with the earliest end; where somebody would be served too early and that has a
    price, of three more, in which they are waited for."""
    cost = cheapest(n, travel, stop, stops, at, drive, start, end, last, where, request, p, d, per_minute)
    if wait_for(stop, stops, start, last) and settle(
        n, travel, stop, stops, at, drive, start, 1, last, last, where, request, p, d
    ):
        waited = cheapest(n, travel, stop, stops, at, drive, start, end, last, where, request, p, d, per_minute)
        cost = min(cost, waited)
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
    n, m, salt = case.requests, case.cars, case.salt
    last = tours.size[car] + 1
    tour, line = tours.stop[car], tours.line[car]
    stops, at, ahead, own = tour[STOP], tour[AT], tour[AHEAD], tour[OWN]
    drive, way, stay = line[DRIVE], line[WAY], line[STAY]
    stops[0], stops[nth(last)] = 2 * n + car, 2 * n + m + car
    length = 0.0
    before = NOBODY
    name = np.uint64(0)
    for x in range(last + 1):
        now = stops[nth(x)]
        place = case.place[nth(now)]
        own[nth(x)] = place
        if place < 0:
            place = before
        at[nth(x)] = place
        stay[nth(x)] = case.stop[nth(now), SERVICE]
        tours.position[nth(now)] = x
        if x > 0:
            leg = case.length[nth(before), nth(place)]
            way[nth(x - 1)] = leg
            drive[nth(x - 1)] = case.travel[0, nth(before), nth(place)]
            length += leg
            name += link(salt[nth(stops[nth(x - 1)])], salt[nth(now)])
        before = place
    then = before
    for x in range(last, -1, -1):
        if own[nth(x)] >= 0:
            then = at[nth(x)]
        ahead[nth(x)] = then
    tours.name[car] = name
    tours.money[car, LENGTH] = length
    for kind in range(case.room.shape[1]):
        aboard, room = tours.aboard[car, kind], case.room[car, kind]
        aboard[0] = load = np.int64(0)
        for x in range(1, last + 1):
            now = stops[nth(x)]
            if now < n:
                load += case.load[nth(now), kind]
            elif now < 2 * n:
                load -= case.load[nth(now - n), kind]
            if load > room:
                return False
            aboard[nth(x)] = load
    return True


@inner
def idle(case, tours, car):
    """Whether a car serves nobody; a crew that only rests costs nothing."""
    if not case.standing:
        return tours.size[car] == 0
    n = case.requests
    for x in range(1, tours.size[car] + 1):
        now = tours.stop[car, STOP, x]
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
    tour, line = tours.stop[car], tours.line[car]
    for x in range(last + 1):
        now = tour[STOP, nth(x)]
        stops[nth(x)], at[nth(x)], drive[nth(x)] = now, tour[AT, nth(x)], line[DRIVE, nth(x)]
        start[nth(x)], end[nth(x)] = stop[nth(now), OPENS], stop[nth(now), CLOSES]
    where = tours.position
    if not settle(n, travel, stop, stops, at, drive, start, 1, last, last, where, NOBODY, last, last):
        return False
    if not ease(n, travel, stop, stops, at, drive, end, last - 1, 0, last, where, NOBODY, last, last):
        if travel.shape[0] == 1:
            return False
        # by the hour bounds may fall too slowly to be waited for; there is a timetable, and hours are bounds as well
        for x in range(last + 1):
            end[nth(x)] = stop[nth(stops[nth(x)]), CLOSES]
    soonest, latest = line[SOONEST], line[LATEST]
    for x in range(last + 1):
        soonest[nth(x)], latest[nth(x)] = start[nth(x)], end[nth(x)]
    charge(case, tours, car, scratch)
    return True


@merged
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
