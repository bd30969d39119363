"""A tour with one more request: whether and when it can be driven, and making it the tour of the car."""

from __future__ import annotations

from .arrays import AHEAD, AT, CLOSES, DRIVE, LATEST, LENGTH, OPENS, PER_MINUTE, SERVICE, SOONEST, STOP, WAY
from .compiling import inner, merged
from .timetable import NEVER, charge, cost_of_times, ease, link, moved, refresh, settle


@inner
def lay_on(case, tours, car, request, p, d, scratch):
    """On ``scratch`` the tour with pick-up behind position ``p`` and drop-off behind ``d``, its times not settled."""
    n, stop, travel = case.requests, case.stop, case.travel
    size = tours.size[car]
    old, line = tours.stop[car], tours.line[car]
    stops, at, drive, start = scratch.stops, scratch.at, scratch.drive, scratch.start
    for x in range(size + 2):
        y = moved(x, p, d)
        stops[y], at[y], drive[y], start[y] = old[x, STOP], old[x, AT], line[x, DRIVE], line[x, SOONEST]
    stops[p + 1], at[p + 1], start[p + 1] = request, case.place[request], stop[request, OPENS]
    stops[d + 2], at[d + 2], start[d + 2] = request + n, case.place[request + n], stop[request + n, OPENS]
    if case.standing:
        for x in range(p + 1, size + 4):
            if case.place[stops[x]] < 0:
                at[x] = at[x - 1]
            drive[x - 1] = travel[0, at[x - 1], at[x]]
    else:
        drive[p] = case.travel_to[0, at[p + 1], at[p]]
        drive[p + 1] = travel[0, at[p + 1], at[p + 2]]
        drive[d + 1] = case.travel_to[0, at[d + 2], at[d + 1]]
        drive[d + 2] = travel[0, at[d + 2], at[d + 3]]


@merged
def times_with(case, tours, car, request, p, d, scratch):
    """What the times cost with pick-up behind position ``p`` and drop-off behind ``d``; NEVER when impossible."""
    lay_on(case, tours, car, request, p, d, scratch)
    n, stop, travel = case.requests, case.stop, case.travel
    last = tours.size[car] + 3
    stops, at, drive, start = scratch.stops, scratch.at, scratch.drive, scratch.start
    where = tours.position
    if not settle(n, travel, stop, stops, at, drive, start, p + 1, d + 2, last, where, request, p, d):
        return NEVER
    if not case.timed:
        return 0.0
    per_minute = case.car[car, PER_MINUTE]
    return cost_of_times(n, travel, stop, stops, at, drive, start, scratch.end, last, where, request, p, d, per_minute)


@inner
def only_later(case, tours, car, request, p, d, scratch):
    """Whether no stop can be sooner with the two new ones of the tour on ``scratch`` than without them."""
    if case.standing or case.travel.shape[0] > 1:
        return False
    line, drive, stop = tours.line[car], scratch.drive, case.stop
    served, dropped = stop[request, SERVICE], stop[request + case.requests, SERVICE]
    if p == d:
        return drive[p] + served + drive[p + 1] + dropped + drive[p + 2] >= line[p, DRIVE]
    return (
        drive[p] + served + drive[p + 1] >= line[p, DRIVE] and drive[d + 1] + dropped + drive[d + 2] >= line[d, DRIVE]
    )


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
            tours.stop[car, x, STOP] = stops[x]
        tours.size[car] = size + 2
        return refresh(case, tours, car, scratch)
    line, where = tours.line[car], tours.position
    for x in range(size + 2):
        end[moved(x, p, d)] = line[x, LATEST]
    end[p + 1], end[d + 2] = stop[request, CLOSES], stop[request + n, CLOSES]
    if not settle(n, travel, stop, stops, at, drive, start, p + 1, d + 2, last, where, request, p, d):
        return False
    if not ease(n, travel, stop, stops, at, drive, end, d + 2, p + 1, last, where, request, p, d):
        return False
    weave(case, tours, car, request, p, d, scratch)
    charge(case, tours, car, scratch)
    return True


@inner
def weave(case, tours, car, request, p, d, scratch):
    """Make the tour on ``scratch`` that of the car: the rest of what ``refresh`` does, where something changed."""
    size = tours.size[car]
    tour, line, aboard = tours.stop[car], tours.line[car], tours.aboard[car]
    stops, at, drive, start, end = scratch.stops, scratch.at, scratch.drive, scratch.start, scratch.end
    load, salt, length = case.load, case.salt, case.length
    name = tours.name[car] - link(salt[tour[p, STOP]], salt[tour[p + 1, STOP]])
    more = -line[p, WAY]
    if p < d:
        name -= link(salt[tour[d, STOP]], salt[tour[d + 1, STOP]])
        more -= line[d, WAY]
    for x in range(size + 1, p, -1):
        y = moved(x, p, d)
        line[y, WAY] = line[x, WAY]
        for kind in range(load.shape[1]):
            aboard[y, kind] = aboard[x, kind]
            if x <= d:
                aboard[y, kind] += load[request, kind]
    for kind in range(load.shape[1]):
        aboard[p + 1, kind] = aboard[p, kind] + load[request, kind]
        aboard[d + 2, kind] = aboard[d + 1, kind] - load[request, kind]
    for x in range(size + 4):
        line[x, DRIVE], line[x, SOONEST], line[x, LATEST] = drive[x], start[x], end[x]
        if x > p:
            tour[x, STOP], tour[x, AT], tour[x, AHEAD] = stops[x], at[x], at[x]
            tours.position[stops[x]] = x
    x = p
    while x <= d + 2:
        way = length[at[x], at[x + 1]]
        line[x, WAY] = way
        more += way
        name += link(salt[stops[x]], salt[stops[x + 1]])
        x = d + 1 if x == p + 1 < d + 1 else x + 1
    tours.name[car] = name
    tours.money[car, LENGTH] += more
    tours.size[car] = size + 2
