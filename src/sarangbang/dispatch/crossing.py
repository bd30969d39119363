"""Two tours exchange what comes after a moment of each: far away for a search that takes guests out one by one and puts
them in again, since half a tour would have to be made anew. Who is aboard at these moments is taken out."""

from __future__ import annotations

import numpy as np

from .arrays import AT, LATEST, NOBODY, PER_LENGTH, SOONEST, STAY, STOP, nth
from .chance import below, draw
from .compiling import inner
from .laying import refresh


@inner
def crossable(case):
    """Whether a tour's end can be joined to another one's beginning by what is known of both: no crew rests, nobody is
    aboard from before, and a drive takes as long all day."""
    return not case.standing and case.travel.shape[0] == 1


@inner
def astride(n, tours, car, p):
    """The last position up to ``p`` and the first after it that stay when those who are aboard in between are taken
    out."""
    stops, where, size = tours.stop[car, STOP], tours.position, tours.size[car]
    back, forth = p, p + 1
    while back > 0 and stops[nth(back)] < n and where[nth(stops[nth(back)] + n)] > p:
        back -= 1
    while forth <= size and stops[nth(forth)] >= n and where[nth(stops[nth(forth)] - n)] <= p:
        forth += 1
    return back, forth


@inner
def best_joint(case, tours, car, p, other, most, dear, heat, dice):
    """What the exchange behind ``p`` with another car costs least, chance of ``heat`` apart, and behind which position
    of the other tour that is; infinite when there is none. At most ``most`` of its guests are taken out, at a price of
    ``dear`` each. Hours are those that the tours have with them, so that some exchanges are missed."""
    n, length, travel = case.requests, case.length, case.travel
    tour, line, beside, along = tours.stop[car], tours.line[car], tours.stop[other], tours.line[other]
    back, forth = astride(n, tours, car, p)
    here, there = nth(tour[AT, nth(back)]), nth(tour[AT, nth(forth)])
    leaves, latest = line[SOONEST, nth(back)] + line[STAY, nth(back)], line[LATEST, nth(forth)]
    price, end, all_of_it = case.car[nth(car), PER_LENGTH], tours.size[other], tours.size[car] + tours.size[other]
    least, chosen, aboard = np.inf, 0, 0
    for q in range(end + 1):
        if q > 0:
            aboard += 1 if beside[STOP, nth(q)] < n else -1
        if aboard > most or p + q == 0 or p + q == all_of_it:
            continue
        x, y = astride(n, tours, other, q)
        one, two = nth(beside[AT, nth(x)]), nth(beside[AT, nth(y)])
        if leaves + travel[0, here, two] > along[LATEST, nth(y)]:
            continue
        if along[SOONEST, nth(x)] + along[STAY, nth(x)] + travel[0, one, there] > latest:
            continue
        more = length[here, two] + length[one, there] - length[here, there] - length[one, two]
        cost = price * more + dear * aboard - heat * np.log(draw(dice) + 1e-300)
        if cost < least:
            least, chosen = cost, q
    return least, chosen


@inner
def best_crossing(case, tours, car, at, only, skip, most, dear, heat, dice):
    """With which car, and behind which positions of both, the exchange costs least; NOBODY when there is none.
    ``at`` and ``only`` say behind which position and with which car, unless they are NOBODY; behind ``skip`` nothing
    is exchanged. ``most`` guests of both together are taken out."""
    n, kind, size = case.requests, case.kind[nth(car)], tours.size[car]
    least, chosen, chosen_p, chosen_q = np.inf, NOBODY, 0, 0
    aboard = 0
    for p in range(size + 1):
        if p > 0:
            aboard += 1 if tours.stop[car, STOP, nth(p)] < n else -1
        if aboard > most or p == skip or (at >= 0 and p != at):
            continue
        stood = False
        for other in range(case.cars):
            if other == car or case.kind[nth(other)] != kind or (only >= 0 and other != only):
                continue
            stands = tours.size[other] == 0
            if stands and stood:  # all that stand are alike
                continue
            stood = stood or stands
            cost, q = best_joint(case, tours, car, p, other, most - aboard, dear, heat, dice)
            cost += dear * aboard
            if cost < least:
                least, chosen, chosen_p, chosen_q = cost, other, p, q
    return chosen, chosen_p, chosen_q


@inner
def set_down(n, tours, car, p, gone, todo, count):
    """Mark those who are aboard behind a position and put them into ``todo``; how many are in it then."""
    stops = tours.stop[car, STOP]
    for x in range(1, p + 1):
        stop = stops[nth(x)]
        if stop < n and tours.position[nth(stop + n)] > p:
            gone[nth(stop)] = True
            tours.car[nth(stop)] = NOBODY
            todo[nth(count)] = stop
            count += 1
    return count


@inner
def append(n, source, begin, end, gone, target, size, riders, car):
    """Put stops behind the first ``size`` of ``target``, but for those who are ``gone``; how many it has then.
    ``riders`` learn their ``car``."""
    for x in range(begin, end + 1):
        stop = source[nth(x)]
        if not gone[nth(stop if stop < n else stop - n)]:
            size += 1
            target[nth(size)] = stop
            if stop < n:
                riders[nth(stop)] = car
    return size


@inner
def cross(case, tours, car, other, p, q, gone, todo, count, scratch):
    """Exchange what is behind ``p`` and ``q``: whether the tours are possible, and how many are in ``todo`` with those
    who were aboard."""
    n, end, other_end, riders = case.requests, tours.size[car], tours.size[other], tours.car
    stops, others, kept = tours.stop[car, STOP], tours.stop[other, STOP], scratch.stops
    if max(p + other_end - q, q + end - p) + 4 > tours.stop.shape[2]:
        return False, count
    count = set_down(n, tours, car, p, gone, todo, count)
    count = set_down(n, tours, other, q, gone, todo, count)
    tail = append(n, stops, p + 1, end, gone, kept, 0, riders, other)
    size = append(n, stops, 1, p, gone, stops, 0, riders, car)
    tours.size[car] = append(n, others, q + 1, other_end, gone, stops, size, riders, car)
    size = append(n, others, 1, q, gone, others, 0, riders, other)
    tours.size[other] = append(n, kept, 1, tail, gone, others, size, riders, other)
    fine = refresh(case, tours, car, scratch)
    return refresh(case, tours, other, scratch) and fine, count


@inner
def exchange(case, trial, car, knobs, changed, gone, todo, count, dice, scratch):
    """Exchange tails of a car's tour on trial with another one's; sometimes, behind another position, back again, which
    leaves a part exchanged. Whether the tours are possible, and how many are in ``todo`` with those who were aboard;
    nothing is ``changed`` when there is nothing to exchange. Both cars are of one kind, so that no guest loses their
    own car by it. ``knobs``: see ``search``."""
    heat, twice, full, most, dear = knobs[0], draw(dice) < knobs[10], draw(dice) < knobs[11], 0, knobs[13]
    at = NOBODY
    if full:
        at, most = below(dice, trial.size[car] + 1), int(knobs[12])
    other, p, q = best_crossing(case, trial, car, at, NOBODY, NOBODY, most, dear, heat, dice)
    if other < 0:
        return True, count
    changed[car] = changed[other] = True
    fine, count = cross(case, trial, car, other, p, q, gone, todo, count, scratch)
    if fine and twice:
        again, x, y = best_crossing(case, trial, car, NOBODY, other, p, most, dear, heat, dice)
        if again >= 0:
            fine, count = cross(case, trial, car, other, x, y, gone, todo, count, scratch)
    return fine, count
