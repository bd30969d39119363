"""Whom to take out of the plan before putting them in again: the neighbourhoods of the search."""

from __future__ import annotations

import numpy as np

from .arrays import AT, NOBODY, SOONEST, STOP
from .chance import below, draw
from .compiling import inner

TRIES = 40  # draws for one request before a neighbourhood is left smaller than asked for


@inner
def add(tours, request, gone, todo, count):
    """Mark a request that is served; the new count."""
    if gone[request] or tours.car[request] < 0:
        return count
    gone[request] = True
    todo[count] = request
    return count + 1


@inner
def anyone(case, tours, gone, dice):
    """A served request that is not marked yet, or -1."""
    for _ in range(TRIES):
        request = below(dice, case.requests)
        if tours.car[request] >= 0 and not gone[request]:
            return request
    return NOBODY


@inner
def some(case, tours, gone, todo, first, goal, dice):
    count = first
    while count < goal:
        request = anyone(case, tours, gone, dice)
        if request < 0:
            break
        count = add(tours, request, gone, todo, count)
    return count


@inner
def alike(case, tours, gone, todo, first, goal, seed, dice):
    """Requests near others that are already marked, the nearest most often."""
    count = add(tours, seed, gone, todo, first)
    width = case.near.shape[1]
    tries = 0
    while count < goal and tries < TRIES * goal:
        tries += 1
        base = seed if count == first else todo[first + below(dice, count - first)]
        other = case.near[base, int(width * draw(dice) ** 3)]
        count = add(tours, other, gone, todo, count)
    return count


@inner
def detour(length, tour, x):
    """What a stop adds to the distance."""
    before, at, after = tour[AT, x - 1], tour[AT, x], tour[AT, x + 1]
    return length[before, at] + length[at, after] - length[before, after]


@inner
def saving(case, tours, request):
    """What the tour would be shorter without the request."""
    tour = tours.stop[tours.car[request]]
    p, d = tours.position[request], tours.position[request + case.requests]
    if d == p + 1:
        return (
            case.length[tour[AT, p - 1], tour[AT, p]]
            + case.length[tour[AT, p], tour[AT, d]]
            + case.length[tour[AT, d], tour[AT, d + 1]]
            - case.length[tour[AT, p - 1], tour[AT, d + 1]]
        )
    return detour(case.length, tour, p) + detour(case.length, tour, d)


@inner
def costly(case, tours, gone, todo, first, goal, dice):
    """Requests whose tours would be much shorter without them: the best of a few drawn ones each time."""
    count = first
    entrants = 2 + below(dice, 8)
    while count < goal:
        most, loser = -np.inf, NOBODY
        for _ in range(entrants):
            request = anyone(case, tours, gone, dice)
            if request >= 0:
                worth = saving(case, tours, request)
                if worth > most:
                    most, loser = worth, request
        if loser < 0:
            break
        count = add(tours, loser, gone, todo, count)
    return count


@inner
def strings(case, tours, gone, todo, first, goal, seed, dice):
    """Consecutive pick-ups of tours that pass near the seed (Christiaens & Vanden Berghe 2020)."""
    count = first
    n = case.requests
    each = 1 + below(dice, min(8, max(1, goal - first)))
    x = -1
    while count < goal and x < case.near.shape[1]:
        request = seed if x < 0 else case.near[seed, x]
        x += 1
        car = tours.car[request]
        if car < 0 or gone[request]:
            continue
        taken = 0
        touched = False
        for y in range(1, tours.size[car] + 1):  # one string per tour
            stop = tours.stop[car, STOP, y]
            if stop < n and gone[stop]:
                touched = True
                break
        if touched:
            continue
        y = tours.position[request]
        back = below(dice, each)
        while back > 0 and y > 1:
            y -= 1
            if tours.stop[car, STOP, y] < n:
                back -= 1
        while taken < each and y <= tours.size[car] and count < goal:
            stop = tours.stop[car, STOP, y]
            if stop < n:
                count = add(tours, stop, gone, todo, count)
                taken += 1
            y += 1
    return count


@inner
def at_one_time(case, tours, gone, todo, first, goal, seed, dice):
    """Requests that are picked up at about the same time as the seed."""
    when = tours.line[tours.car[seed], SOONEST, tours.position[seed]]
    count = add(tours, seed, gone, todo, first)
    entrants = 3 + below(dice, 12)
    while count < goal:
        least, nearest = np.inf, NOBODY
        for _ in range(entrants):
            request = anyone(case, tours, gone, dice)
            if request >= 0:
                at = tours.line[tours.car[request], SOONEST, tours.position[request]]
                apart = abs(at - when)
                if apart < least:
                    least, nearest = apart, request
        if nearest < 0:
            break
        count = add(tours, nearest, gone, todo, count)
    return count


@inner
def whole_tour(case, tours, gone, todo, first, most, seed):
    """Everybody in the seed's car, up to ``most``."""
    count = first
    car = tours.car[seed]
    for y in range(1, tours.size[car] + 1):
        stop = tours.stop[car, STOP, y]
        if stop < case.requests and count < most:
            count = add(tours, stop, gone, todo, count)
    return count


@inner
def disturb(case, tours, gone, todo, room, first, goal, chances, dice):
    """Mark up to ``goal`` requests in one of the ways; the new count. ``chances``: cumulative, one for each way."""
    seed = NOBODY
    if first > 0 and draw(dice) < 0.7:  # somebody is not served: make room where they would be
        waiting = todo[below(dice, first)]
        seed = case.near[waiting, int(case.near.shape[1] * draw(dice) ** 3)]
        if tours.car[seed] < 0:
            seed = NOBODY
    if seed < 0:
        seed = anyone(case, tours, gone, dice)
    if seed < 0:
        return first
    way = draw(dice)
    if way < chances[0]:
        return some(case, tours, gone, todo, first, goal, dice)
    if way < chances[1]:
        return alike(case, tours, gone, todo, first, goal, seed, dice)
    if way < chances[2]:
        return costly(case, tours, gone, todo, first, goal, dice)
    if way < chances[3]:
        return strings(case, tours, gone, todo, first, goal, seed, dice)
    if way < chances[4]:
        return at_one_time(case, tours, gone, todo, first, goal, seed, dice)
    return whole_tour(case, tours, gone, todo, first, room, seed)
