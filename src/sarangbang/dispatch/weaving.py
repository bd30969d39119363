"""A tour with one more request: whether and when it can be driven, and making it the tour of the car."""

from __future__ import annotations

from .arrays import (
    AHEAD,
    AT,
    CLOSES,
    DRIVE,
    LATEST,
    LENGTH,
    OPENS,
    OWN,
    PER_MINUTE,
    SERVICE,
    SOONEST,
    STAY,
    STOP,
    WAY,
    nth,
)
from .compiling import inner, merged
from .laying import charge, link, refresh
from .timetable import NEVER, ease, moved, settle
from .timing import cost_of_times


@inner
def lay_on(case, tours, car, request, p, d, scratch):
    """On ``scratch`` the tour with pick-up behind position ``p`` and drop-off behind ``d``, its times not settled."""
    n, stop, travel, travel_to = case.requests, case.stop, case.travel, case.travel_to
    size = tours.size[car]
    tour, line = tours.stop[car], tours.line[car]
    old_stops, old_at, old_drive, old_start = tour[STOP], tour[AT], line[DRIVE], line[SOONEST]
    stops, at, drive, start = scratch.stops, scratch.at, scratch.drive, scratch.start
    begin = shift = 0
    for end in (p + 1, d + 1, size + 2):
        for x in range(begin, end):
            y = nth(x + shift)
            stops[y], at[y] = old_stops[nth(x)], old_at[nth(x)]
            drive[y], start[y] = old_drive[nth(x)], old_start[nth(x)]
        begin, shift = end, shift + 1
    one, other, drop = nth(p + 1), nth(d + 2), request + n
    stops[one], at[one], start[one] = request, case.place[nth(request)], stop[nth(request), OPENS]
    stops[other], at[other], start[other] = drop, case.place[nth(drop)], stop[nth(drop), OPENS]
    if case.standing:
        for x in range(p + 1, size + 4):
            if case.place[stops[x]] < 0:
                at[x] = at[x - 1]
            drive[x - 1] = travel[0, at[x - 1], at[x]]
    else:
        drive[nth(p)] = travel_to[0, nth(at[one]), nth(at[nth(p)])]
        drive[one] = travel[0, nth(at[one]), nth(at[nth(p + 2)])]
        drive[nth(d + 1)] = travel_to[0, nth(at[other]), nth(at[nth(d + 1)])]
        drive[other] = travel[0, nth(at[other]), nth(at[nth(d + 3)])]


@inner
def only_later(case, tours, car, request, p, d, scratch):
    """Whether no stop can be sooner with the two new ones of the tour on ``scratch`` than without them."""
    if case.standing or case.travel.shape[0] > 1:
        return False
    line, drive, stop = tours.line[car], scratch.drive, case.stop
    served, dropped = stop[request, SERVICE], stop[request + case.requests, SERVICE]
    if p == d:
        return drive[p] + served + drive[p + 1] + dropped + drive[p + 2] >= line[DRIVE, p]
    return (
        drive[p] + served + drive[p + 1] >= line[DRIVE, p] and drive[d + 1] + dropped + drive[d + 2] >= line[DRIVE, d]
    )


@merged
def times_with(case, tours, car, request, p, d, scratch):
    """What the times cost with pick-up behind position ``p`` and drop-off behind ``d``; NEVER when impossible."""
    lay_on(case, tours, car, request, p, d, scratch)
    n, stop, travel = case.requests, case.stop, case.travel
    last = tours.size[car] + 3
    stops, at, drive, start = scratch.stops, scratch.at, scratch.drive, scratch.start
    where = tours.position
    far = d + 2
    while case.standing and far < last and case.place[nth(stops[nth(far + 1)])] < 0:
        far += 1  # a crew that rests after the drop-off does so at another place now
    first = p + 1
    if case.shortcut > 0.0 and not only_later(case, tours, car, request, p, d, scratch):
        first, far = 1, last
        for x in range(last + 1):
            start[nth(x)] = stop[nth(stops[nth(x)]), OPENS]
    if not settle(n, travel, stop, stops, at, drive, start, first, far, last, where, request, p, d):
        return NEVER
    if not case.timed:
        return 0.0
    per_minute = case.car[car, PER_MINUTE]
    end, few = scratch.end, case.few
    return cost_of_times(n, travel, stop, stops, at, drive, start, end, few, last, where, request, p, d, per_minute)


@inner
def put_in(case, tours, car, request, p, d, scratch):
    """Put a request into a tour behind positions ``p`` and ``d``; False when the tour gets impossible."""
    n, stop, travel = case.requests, case.stop, case.travel
    size = tours.size[car]
    last = size + 3
    tours.car[request] = car
    lay_on(case, tours, car, request, p, d, scratch)
    stops, at, drive, start, end = scratch.stops, scratch.at, scratch.drive, scratch.start, scratch.end
    if not only_later(case, tours, car, request, p, d, scratch):
        for x in range(1, last):
            tours.stop[car, STOP, x] = stops[x]
        tours.size[car] = size + 2
        return refresh(case, tours, car, scratch)
    latest, where = tours.line[car, LATEST], tours.position
    for x in range(size + 2):
        end[nth(moved(x, p, d))] = latest[nth(x)]
    end[p + 1], end[d + 2] = stop[request, CLOSES], stop[request + n, CLOSES]
    if not settle(n, travel, stop, stops, at, drive, start, p + 1, d + 2, last, where, request, p, d):
        return False
    if not ease(n, travel, stop, stops, at, drive, end, d + 2, p + 1, last, where, request, p, d):
        return False
    weave(case, tours, car, request, p, d, scratch)
    charge(case, tours, car, scratch)
    return True


@inner
def joint(salt, stops, x):
    """What the leg behind a position adds to the name of a tour."""
    return link(salt[nth(stops[nth(x)])], salt[nth(stops[nth(x + 1)])])


@merged
def weave(case, tours, car, request, p, d, scratch):
    """Make the tour on ``scratch`` that of the car: the rest of what ``refresh`` does, where something changed."""
    size = tours.size[car]
    tour, line = tours.stop[car], tours.line[car]
    way = line[WAY]
    stops, at, drive, start, end = scratch.stops, scratch.at, scratch.drive, scratch.start, scratch.end
    load, salt, length = case.load, case.salt, case.length
    name = tours.name[car] - joint(salt, tour[STOP], p)
    more = -way[nth(p)]
    if p < d:
        name -= joint(salt, tour[STOP], d)
        more -= way[nth(d)]
    for x in range(size + 1, p, -1):
        way[nth(moved(x, p, d))] = way[nth(x)]
    for kind in range(load.shape[1]):
        aboard, own = tours.aboard[car, kind], load[nth(request), kind]
        for x in range(size + 1, d, -1):
            aboard[nth(x + 2)] = aboard[nth(x)]
        for x in range(d, p, -1):
            aboard[nth(x + 1)] = aboard[nth(x)] + own
        aboard[nth(p + 1)] = aboard[nth(p)] + own
        aboard[nth(d + 2)] = aboard[nth(d + 1)] - own
    for x in range(p + 1, size + 4):
        tour[STOP, nth(x)], tour[AT, nth(x)] = stops[nth(x)], at[nth(x)]
        tour[AHEAD, nth(x)], tour[OWN, nth(x)] = at[nth(x)], at[nth(x)]
        line[STAY, nth(x)] = case.stop[nth(stops[nth(x)]), SERVICE]
        tours.position[nth(stops[nth(x)])] = x
    for x in range(size + 4):
        line[DRIVE, nth(x)], line[SOONEST, nth(x)], line[LATEST, nth(x)] = drive[nth(x)], start[nth(x)], end[nth(x)]
    x = p
    while x <= d + 2:
        leg = length[nth(at[nth(x)]), nth(at[nth(x + 1)])]
        way[nth(x)] = leg
        more += leg
        name += joint(salt, stops, x)
        x = d + 1 if x == p + 1 < d + 1 else x + 1
    tours.name[car] = name
    tours.money[car, LENGTH] += more
    tours.size[car] = size + 2
