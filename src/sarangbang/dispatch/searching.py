"""The search: take some requests out, put them in again, keep what is better or nearly as good."""

from __future__ import annotations

import numpy as np

from .arrays import CLOSES, COST, DOOR, NOBODY, OPENS, PRICE, STOP, nth
from .chance import below, draw
from .compiling import compiled, inner
from .crossing import crossable, exchange
from .fitting import beside_in, take_out
from .injecting import best_seat, inject
from .laying import refresh
from .removing import disturb
from .serving import look_up, open_cars, serve, serve_in_order

WAITING = 20  # of those who are not served, how many each step tries to serve
WORTH_KEEPING = 1.005  # times the best cost: tours of plans up to there are kept for recombination


@inner
def copy_tour(case, source, target, car):
    n = case.requests
    size = source.size[car]
    target.size[car] = size
    for row in range(4):
        old, new = source.stop[car, row], target.stop[car, row]
        for x in range(size + 2):
            new[nth(x)] = old[nth(x)]
    for row in range(5):
        old_line, new_line = source.line[car, row], target.line[car, row]
        for x in range(size + 2):
            new_line[nth(x)] = old_line[nth(x)]
    for kind in range(case.room.shape[1]):
        old_load, new_load = source.aboard[car, kind], target.aboard[car, kind]
        for x in range(size + 2):
            new_load[nth(x)] = old_load[nth(x)]
    stops = source.stop[car, STOP]
    for x in range(size + 2):
        now = stops[nth(x)]
        target.position[nth(now)] = x
        if now < n:
            target.car[nth(now)] = car
    for column in range(3):
        target.money[car, column] = source.money[car, column]
    target.name[car] = source.name[car]


@inner
def beside(case, tours, request):
    """What a request costs beside its tour."""
    car = tours.car[request]
    return case.request[request, PRICE] if car < 0 else beside_in(case, request, car)


@inner
def remember(case, tours, car, pool):
    """Keep a tour for the set partitioning, unless a cheaper one with the same requests is known."""
    n = case.requests
    size = tours.size[car]
    if size == 0:
        return
    name = np.uint64(case.kind[car] + 1) * np.uint64(0x9E3779B97F4A7C15)
    for x in range(1, size + 1):
        stop = tours.stop[car, STOP, x]
        if stop < n:
            name += case.salt[stop]
    slot = np.int64(name & np.uint64(pool.slots.size - 1))
    while pool.slots[slot] >= 0 and pool.names[slot] != name:
        slot = (slot + 1) & (pool.slots.size - 1)
    entry = pool.slots[slot]
    if entry < 0:
        entry = pool.count[0]
        if entry >= pool.size.size or pool.count[1] + size > pool.stops.size:
            return
        pool.slots[slot], pool.names[slot] = entry, name
        pool.begin[entry], pool.size[entry] = pool.count[1], size
        pool.count[0] += 1
        pool.count[1] += size
    elif pool.cost[entry] <= tours.money[car, COST]:
        return
    pool.car[entry], pool.cost[entry] = car, tours.money[car, COST]
    begin = pool.begin[entry]
    for x in range(size):
        pool.stops[begin + x] = tours.stop[car, STOP, x + 1]


@compiled
def remember_plan(case, tours, pool):
    for car in range(case.cars):
        remember(case, tours, car, pool)


@inner
def arrange(case, todo, count, dice):
    """Put ``todo`` into the order in which ``serve`` takes it from the end: by chance, or whoever is hard to fit."""
    for x in range(count - 1, 0, -1):
        y = below(dice, x + 1)
        todo[x], todo[y] = todo[y], todo[x]
    way = below(dice, 3)
    if way == 0:
        return
    for x in range(1, count):
        request = todo[x]
        worth = hardness(case, request, way)
        y = x
        while y > 0 and hardness(case, todo[y - 1], way) > worth:
            todo[y] = todo[y - 1]
            y -= 1
        todo[y] = request


@inner
def hardness(case, request, way):
    """Narrow hours, or a long way from door to door."""
    if way == 2:
        return case.request[request, DOOR]
    drop = request + case.requests
    width = case.stop[request, CLOSES] - case.stop[request, OPENS]
    return -min(width, case.stop[drop, CLOSES] - case.stop[drop, OPENS])


@inner
def waiting(case, tours, todo, most, dice):
    """Put those who are not served into ``todo``, ``most`` of them drawn if there are more; how many."""
    count = 0
    for request in range(case.requests):
        if tours.car[nth(request)] < 0:
            todo[nth(count)] = request
            count += 1
    if count > most:
        for x in range(most):
            y = x + below(dice, count - x)
            todo[x], todo[y] = todo[y], todo[x]
    return min(count, most)


@inner
def clear(case, trial, todo, first, count, gone, changed, scratch):
    """Take requests ``first`` to ``count`` of ``todo`` out of the plan on trial; False when a tour got impossible."""
    for x in range(first, count):
        changed[trial.car[todo[x]]] = True
        trial.car[todo[x]] = -1
    fine = True
    for car in range(case.cars):
        if changed[car]:
            take_out(case, trial, car, gone)
            fine = refresh(case, trial, car, scratch) and fine
    for x in range(first, count):
        gone[todo[x]] = False
    return fine


@inner
def difference(case, now, trial, todo, count, changed):
    """What the plan on trial costs more than the one now."""
    cost = 0.0
    for x in range(count):
        cost += beside(case, trial, todo[x]) - beside(case, now, todo[x])
    for car in range(case.cars):
        if changed[car]:
            cost += trial.money[car, COST] - now.money[car, COST]
    return cost


@inner
def align(case, source, target, todo, count, changed):
    """Make ``target`` what ``source`` is."""
    for x in range(count):
        target.car[todo[x]] = source.car[todo[x]]
    for car in range(case.cars):
        if changed[car]:
            copy_tour(case, source, target, car)


@inner
def keep_best(case, now, best, stale):
    for car in range(case.cars):
        if stale[car]:
            copy_tour(case, now, best, car)
            stale[car] = False
    for request in range(case.requests):
        best.car[request] = now.car[request]


@inner
def disarrange(case, now, trial, bench, knobs, ways, first, dice, scratch):
    """Exchange tails of the plan on trial, take requests out of it, or both: how many are to be served then, whether
    all tours are possible. ``first`` of ``todo`` were not served before."""
    most, skew, crossing, alone = int(knobs[1]), knobs[5], knobs[8], knobs[9]
    todo, gone, changed, room = bench.todo, bench.gone, bench.changed, bench.offers.shape[0]
    count, fine = first, True
    if draw(dice) < crossing and crossable(case):
        car = now.car[below(dice, case.requests)]
        if car >= 0:
            fine, count = exchange(case, trial, car, knobs, changed, gone, todo, count, dice, scratch)
    out = count  # of their tours already, because they were aboard at an exchange
    if not changed.any() or draw(dice) >= alone:
        goal = min(room, count + 1 + int(most * draw(dice) ** skew))
        count = disturb(case, now, gone, todo, room, count, goal, ways, dice)
    fine = clear(case, trial, todo, out, count, gone, changed, scratch) and fine
    for x in range(first, out):
        gone[todo[x]] = False
    return count, fine


@compiled
def search(case, now, trial, best, totals, dice, knobs, ways, orders, steps, pool, guests, stale, bench, scratch):
    """``steps`` steps from plan ``now``; ``best`` follows. ``totals``: cost now and of the best.

    ``stale`` marks cars whose tours differ between ``now`` and ``best``. ``knobs``: heat (price by which a step may be
    worse), most requests taken out, noise, how often there is any, how often to be bold, how rarely to take out many,
    how often places are overlooked, how often one of the pool's tours ``guests`` is put into the plan, how often
    tails are exchanged, how often nobody is taken out then, how often it is done twice, how often cars with guests
    aboard do it, with how many together, at what price for each.
    ``ways`` and ``orders``: cumulative chances of the ways of taking out, and of putting in one after the other, the
    cheapest first, by regret 2 and 3.
    """
    heat, noise, loudness, boldness, blinks, often = knobs[0], knobs[2], knobs[3], knobs[4], knobs[6], knobs[7]
    entry = NOBODY
    room = bench.offers.shape[0]
    todo, gone, changed = bench.todo, bench.gone, bench.changed
    for _ in range(steps):
        first = waiting(case, now, todo, min(room, WAITING), dice)
        seat = NOBODY
        if guests.size > 0 and draw(dice) < often:
            entry = guests[int(guests.size * draw(dice))]
            seat = best_seat(case, now, pool, entry, bench.votes)
        if seat >= 0:
            count, total, fine = inject(case, trial, pool, entry, seat, todo, first, gone, changed, scratch)
            fine = fine and count <= room
        else:
            count, fine = disarrange(case, now, trial, bench, knobs, ways, first, dice, scratch)
            total = count
        if fine:
            look_up(case, todo, count, scratch)
            cars = open_cars(case, trial, bench, count, dice, scratch.asked)
            louder = noise if draw(dice) < loudness else 0.0
            bold = max(0.01, draw(dice)) if draw(dice) < boldness else 1.0
            scratch.blink[0] = 0.5 * draw(dice) if draw(dice) < blinks else 0.0
            order = draw(dice)
            if order < orders[0]:
                arrange(case, todo, count, dice)
                fine = serve_in_order(case, trial, bench, count, louder, bold, cars, now.car, dice, scratch)
            else:
                regret = 1 if order < orders[1] else 2 if order < orders[2] else 3
                fine = serve(case, trial, bench, count, regret, louder, bold, cars, dice, scratch)
        cost = totals[0] + difference(case, now, trial, todo, total, changed)
        accepted = fine and cost < totals[0] - heat * np.log(draw(dice) + 1e-300)
        # of the tours of plans that were left again the mixture takes what it needs
        if fine and (accepted or cost < totals[1] * WORTH_KEEPING):
            for car in range(case.cars):
                if changed[car]:
                    remember(case, trial, car, pool)
        if accepted:
            totals[0] = cost
            align(case, trial, now, todo, total, changed)
            for car in range(case.cars):
                stale[car] |= changed[car]
            if cost < totals[1] - 1e-7:
                totals[1] = cost
                keep_best(case, now, best, stale)
        else:
            align(case, now, trial, todo, total, changed)
        changed[:] = False
    scratch.blink[0] = 0.0
