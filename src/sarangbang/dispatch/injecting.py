"""A tour from outside put into the plan; those who lose their seats by it are to be served anew."""

from __future__ import annotations

from .arrays import NOBODY, STOP
from .compiling import inner
from .fitting import take_out
from .laying import refresh


@inner
def best_seat(case, tours, pool, entry, votes):
    """The car whose tour has most in common with one of the pool and may drive it; NOBODY when it is the same."""
    n = case.requests
    begin, size = pool.begin[entry], pool.size[entry]
    kind = case.kind[pool.car[entry]]
    votes[:] = 0
    for x in range(size):
        stop = pool.stops[begin + x]
        if stop < n and tours.car[stop] >= 0:
            votes[tours.car[stop]] += 1
    chosen, most = NOBODY, -1
    for car in range(case.cars):
        if case.kind[car] == kind and votes[car] > most:
            chosen, most = car, votes[car]
    if chosen >= 0 and 2 * most == size and tours.size[chosen] == size:
        return NOBODY
    return chosen


@inner
def among(todo, begin, end, request):
    for x in range(begin, end):  # noqa: SIM110 (machine code has no any())
        if todo[x] == request:
            return True
    return False


@inner
def stand_up(case, trial, pool, entry, car, todo, first, gone):
    """Mark in ``gone`` who comes in with a tour of the pool. In ``todo`` come those who are to be served then, behind
    them those of its ``first`` who come in; how many, and how many together."""
    n = case.requests
    begin, size = pool.begin[entry], pool.size[entry]
    for x in range(size):
        stop = pool.stops[begin + x]
        if stop < n:
            gone[stop] = True
    count, total = 0, first
    for x in range(first):
        if not gone[todo[x]]:
            todo[count], todo[x] = todo[x], todo[count]
            count += 1
    for x in range(1, trial.size[car] + 1):
        stop = trial.stop[car, STOP, x]
        if stop < n and not gone[stop]:
            todo[total] = todo[count]
            todo[count] = stop
            trial.car[stop] = NOBODY
            count += 1
            total += 1
    return count, total


@inner
def inject(case, trial, pool, entry, car, todo, first, gone, changed, scratch):
    """Put a tour of the pool in the place of a car's: how many are to be served, how many are touched, whether all of
    it is possible. ``first`` of ``todo`` are those who were not served before."""
    n = case.requests
    begin, size = pool.begin[entry], pool.size[entry]
    count, total = stand_up(case, trial, pool, entry, car, todo, first, gone)
    fine = True
    for x in range(size):
        stop = pool.stops[begin + x]
        if stop >= n:
            continue
        other = trial.car[stop]
        if other >= 0 or not among(todo, count, total, stop):
            todo[total] = stop
            total += 1
        if other >= 0 and other != car and not changed[other]:
            changed[other] = True
            take_out(case, trial, other, gone)
            fine = refresh(case, trial, other, scratch) and fine
    changed[car] = True
    trial.size[car] = size
    for x in range(size):
        stop = pool.stops[begin + x]
        trial.stop[car, STOP, x + 1] = stop
        if stop < n:
            trial.car[stop] = car
            gone[stop] = False
    fine = refresh(case, trial, car, scratch) and fine
    return count, total, fine
