"""A tour laid out: its places, legs, loads and name, when each stop is served, and what all of it costs."""

from __future__ import annotations

import numpy as np

from .arrays import (
    AHEAD,
    AT,
    CLOSES,
    COST,
    DRIVE,
    FIXED,
    LATEST,
    LENGTH,
    NOBODY,
    OPENS,
    OWN,
    PER_LENGTH,
    PER_MINUTE,
    RESEND,
    SERVICE,
    SOONEST,
    STAY,
    STOP,
    TIMES,
    WAY,
    nth,
)
from .compiling import compiled, inner, merged
from .timetable import ease, settle
from .timing import cost_of_times


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
                case.few,
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
