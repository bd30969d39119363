"""New tours for recombination: tours that are known, changed one after the other towards what the prices of requests
(duals of the set partitioning) say is missing."""

from __future__ import annotations

import numpy as np

from .arrays import COST, NOBODY, STOP, nth
from .chance import below, draw
from .compiling import compiled, inner
from .fitting import UNKNOWN, beside_in, heard, recall, take_out, work_out
from .laying import refresh
from .searching import remember
from .weaving import put_in

CHANGES = 12  # of one tour, before another one is taken up
NOISE = 0.3  # at most, of what guests are worth
MOST_OUT = 4  # guests taken out of a tour at a time


@inner
def load(case, tours, car, pool, entry, scratch):
    """Give a car a tour of the pool."""
    n = case.requests
    begin, size = pool.begin[entry], pool.size[entry]
    tours.car[:] = NOBODY
    tours.size[car] = size
    for x in range(size):
        stop = pool.stops[begin + x]
        tours.stop[car, STOP, x + 1] = stop
        if stop < n:
            tours.car[stop] = car
    return refresh(case, tours, car, scratch)


@inner
def reduced(case, tours, car, duals, kinds):
    """What a tour costs more than its guests and its car are worth."""
    cost = tours.money[car, COST] - kinds[case.kind[car]]
    for x in range(1, tours.size[car] + 1):
        stop = tours.stop[car, STOP, x]
        if stop < case.requests:
            cost += beside_in(case, stop, car) - duals[stop]
    return cost


@inner
def thin_out(case, tours, car, bench, dice, scratch):
    """Take some guests out; who stood in the middle of it, or NOBODY when the tour got impossible."""
    n, size = case.requests, tours.size[car]
    seed = NOBODY
    count = min(below(dice, MOST_OUT) + 1, size // 2)
    string = draw(dice) < 0.5
    x = 1 + below(dice, size)
    for _ in range(8):
        if count == 0:
            break
        if not string:
            x = 1 + below(dice, size)
        stop = tours.stop[car, STOP, x]
        request = stop if stop < n else stop - n
        x = 1 if x == size else x + 1
        if case.place[request] >= 0 and not bench.gone[request]:
            bench.gone[request] = True
            seed = request
            count -= 1
    if seed < 0:
        return NOBODY
    for x in range(1, size + 1):
        stop = tours.stop[car, STOP, x]
        if stop < n and bench.gone[stop]:
            tours.car[stop] = NOBODY
    take_out(case, tours, car, bench.gone)
    bench.gone[:] = False
    if not refresh(case, tours, car, scratch):
        return NOBODY
    return seed


@inner
def fill_up(case, tours, car, seed, duals, noise, dice, scratch):
    """Put in whoever is worth more than they cost, among those who are like ``seed``, in an order by chance."""
    width = case.near.shape[1]
    first = below(dice, width + 1)
    for y in range(width + 1):
        x = (first + y) % (width + 1)
        request = seed if x == width else case.near[seed, x]
        if tours.car[request] >= 0 or case.place[request] < 0:
            continue
        worth = duals[request] * (1.0 + noise * (draw(dice) - 0.5))
        if worth <= 0.0:
            continue
        known = heard(case, tours, car, request, scratch)
        price, p, d = recall(case, tours, car, request, scratch, worth, known)
        if p == UNKNOWN:
            price, p, d = work_out(case, tours, car, request, scratch, worth)
        if p >= 0 and price < worth and not put_in(case, tours, car, request, p, d, scratch):
            return False
    return True


@inner
def put_back(case, tours, car, kept, size, scratch):
    """Give a car the tour back that it had before a change."""
    n = case.requests
    for x in range(1, tours.size[car] + 1):
        stop = tours.stop[car, STOP, x]
        if stop < n:
            tours.car[stop] = NOBODY
    tours.size[car] = size
    for x in range(size):
        tours.stop[car, STOP, x + 1] = kept[x]
        if kept[x] < n:
            tours.car[kept[x]] = car
    return refresh(case, tours, car, scratch)


@compiled
def dearer_than_worth(case, pool, entries, worth, kinds, excess):
    """Put into ``excess`` what each of these tours of the pool costs more than its guests and its car are worth."""
    for x in range(entries.size):
        entry = entries[nth(x)]
        car, begin = pool.car[nth(entry)], pool.begin[nth(entry)]
        cost = pool.cost[nth(entry)] - kinds[nth(case.kind[nth(car)])]
        for y in range(begin, begin + pool.size[nth(entry)]):
            stop = pool.stops[nth(y)]
            if stop < case.requests:
                cost += beside_in(case, stop, car) - worth[nth(stop)]
        excess[nth(x)] = cost


@compiled
def price(case, tours, pool, bases, duals, kinds, most, heat, count, dice, bench, scratch):
    """Change ``count`` of the pool's tours ``bases``, the first of them most often, with simulated annealing; what
    costs less than ``most`` above what it is worth goes into the pool. ``tours`` is used to work in."""
    scratch.blink[0] = 0.0
    kept = bench.kept
    for _ in range(count):
        entry = bases[int(bases.size * draw(dice) ** 2)]
        car = pool.car[entry]
        if not load(case, tours, car, pool, entry, scratch):
            continue
        now = reduced(case, tours, car, duals, kinds)
        for _change in range(CHANGES):
            size = tours.size[car]
            for x in range(size):
                kept[x] = tours.stop[car, STOP, x + 1]
            seed = thin_out(case, tours, car, bench, dice, scratch)
            fine = seed >= 0 and fill_up(case, tours, car, seed, duals, NOISE * draw(dice), dice, scratch)
            cost = reduced(case, tours, car, duals, kinds) if fine else now
            if fine and cost < most:
                remember(case, tours, car, pool)
            if fine and tours.size[car] > 0 and cost < now - heat * np.log(draw(dice) + 1e-300):
                now = cost
            elif not put_back(case, tours, car, kept, size, scratch):
                break
