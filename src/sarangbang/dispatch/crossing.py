"""Two tours exchange what comes after a moment at which both cars are empty: far away for a search that takes guests
out one by one and puts them in again, since half a tour would have to be made anew."""

from __future__ import annotations

import numpy as np

from .arrays import AT, LATEST, NOBODY, PER_LENGTH, SOONEST, STAY, STOP, WAY, nth
from .chance import draw
from .compiling import inner
from .timetable import refresh


@inner
def crossable(case):
    """Whether a tour's end can be joined to another one's beginning by what is known of both: no crew rests, nobody is
    aboard, and a drive takes as long all day."""
    return not case.standing and case.travel.shape[0] == 1


@inner
def best_joint(case, tours, car, p, other, heat, dice):
    """What the exchange behind ``p`` with another car costs least, chance of ``heat`` apart, and behind which position
    of the other tour that is; infinite when there is none."""
    n, length, travel = case.requests, case.length, case.travel
    tour, line, beside, along = tours.stop[car], tours.line[car], tours.stop[other], tours.line[other]
    here, there = nth(tour[AT, nth(p)]), nth(tour[AT, nth(p + 1)])
    leaves, latest = line[SOONEST, nth(p)] + line[STAY, nth(p)], line[LATEST, nth(p + 1)]
    price, end, all_of_it = case.car[nth(car), PER_LENGTH], tours.size[other], tours.size[car] + tours.size[other]
    least, chosen, aboard = np.inf, 0, 0
    for q in range(end + 1):
        if q > 0:
            aboard += 1 if beside[STOP, nth(q)] < n else -1
        if aboard > 0 or p + q == 0 or p + q == all_of_it:
            continue
        one, two = nth(beside[AT, nth(q)]), nth(beside[AT, nth(q + 1)])
        if leaves + travel[0, here, two] > along[LATEST, nth(q + 1)]:
            continue
        if along[SOONEST, nth(q)] + along[STAY, nth(q)] + travel[0, one, there] > latest:
            continue
        more = length[here, two] + length[one, there] - line[WAY, nth(p)] - along[WAY, nth(q)]
        cost = price * more - heat * np.log(draw(dice) + 1e-300)
        if cost < least:
            least, chosen = cost, q
    return least, chosen


@inner
def best_crossing(case, tours, car, only, skip, heat, dice):
    """With which car, and behind which positions of both, the exchange costs least; NOBODY when there is none.
    ``only`` says with which car, unless it is NOBODY; behind ``skip`` nothing is exchanged."""
    n, kind, size = case.requests, case.kind[nth(car)], tours.size[car]
    least, chosen, chosen_p, chosen_q = np.inf, NOBODY, 0, 0
    aboard = 0
    for p in range(size + 1):
        if p > 0:
            aboard += 1 if tours.stop[car, STOP, nth(p)] < n else -1
        if aboard > 0 or p == skip:
            continue
        stood = False
        for other in range(case.cars):
            if other == car or case.kind[nth(other)] != kind or (only >= 0 and other != only):
                continue
            stands = tours.size[other] == 0
            if stands and stood:  # all that stand are alike
                continue
            stood = stood or stands
            cost, q = best_joint(case, tours, car, p, other, heat, dice)
            if cost < least:
                least, chosen, chosen_p, chosen_q = cost, other, p, q
    return chosen, chosen_p, chosen_q


@inner
def cross(case, tours, car, other, p, q, scratch):
    """Exchange what is behind ``p`` and ``q``; False when a tour gets impossible."""
    n, end, other_end = case.requests, tours.size[car], tours.size[other]
    stops, others, kept = tours.stop[car, STOP], tours.stop[other, STOP], scratch.stops
    if max(p + other_end - q, q + end - p) + 4 > tours.stop.shape[2]:
        return False
    for x in range(p + 1, end + 1):
        kept[x] = stops[x]
        if stops[x] < n:
            tours.car[stops[x]] = other
    for x in range(q + 1, other_end + 1):
        stops[p + x - q] = others[x]
        if others[x] < n:
            tours.car[others[x]] = car
    for x in range(p + 1, end + 1):
        others[q + x - p] = kept[x]
    tours.size[car], tours.size[other] = p + other_end - q, q + end - p
    fine = refresh(case, tours, car, scratch)
    return refresh(case, tours, other, scratch) and fine


@inner
def exchange(case, trial, car, twice, heat, changed, dice, scratch):
    """Exchange tails of a car's tour on trial with another one's; ``twice``: and, behind another position, back again,
    which leaves a part between two empty moments exchanged. False when a tour gets impossible; nothing is ``changed``
    when there is nothing to exchange. Both cars are of one kind, so that no guest loses their own car by it."""
    other, p, q = best_crossing(case, trial, car, NOBODY, -1, heat, dice)
    if other < 0:
        return True
    changed[car] = changed[other] = True
    fine = cross(case, trial, car, other, p, q, scratch)
    if fine and twice:
        again, x, y = best_crossing(case, trial, car, other, p, heat, dice)
        if again >= 0:
            fine = cross(case, trial, car, other, x, y, scratch)
    return fine
