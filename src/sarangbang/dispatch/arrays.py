"""The shapes in which the inner loops see a day: few plain arrays, because each is handed over at every call.

Stops are numbered: pick-ups ``0…n-1``, drop-offs ``n…2n-1``, starts of the cars ``2n…2n+m-1``, their ends
``2n+m…2n+2m-1``. Times are minutes, money is whatever the prices are in.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# Columns of Case.stop. LIMIT: from the start of service at the pick-up to that at the drop-off, of duty to its end.
# BASE is a price that comes with the stop whenever it is; SLOPE that of a minute later, negative where later is better.
OPENS, CLOSES, SERVICE, LIMIT, BASE, SLOPE, DUE, DUE_PRICE, READY, READY_PRICE = range(10)
# Columns of Case.request: price of not serving, of another car than that of Case.home, distance from door to door.
PRICE, AWAY, DOOR = range(3)
# Columns of Case.car. RESEND is the price of another tour than the one whose name is in Case.sent.
PER_LENGTH, PER_MINUTE, FIXED, RESEND = range(4)
# Rows of Tours.stop: the stop, its place, the next place that is not just where the car stands, its own place or -1.
STOP, AT, AHEAD, OWN = range(4)
# Rows of Tours.line: minutes (where the same all day) and distance to the next stop, bounds of the start of service,
# its minutes.
DRIVE, WAY, SOONEST, LATEST, STAY = range(5)
# Columns of Tours.money: all of a car's day, the part that its times cost, its distance.
COST, TIMES, LENGTH = range(3)

PAIRS = 4096  # pairs of places that are looked at for one request in one tour


class Case(NamedTuple):
    """What is asked for; never changed by the search."""

    requests: int
    cars: int
    timed: bool  # whether anything but distance and fixed prices costs
    standing: bool  # whether there are stops at no place of their own
    few: bool  # whether all times of a tour can be weighed: few guests, and drives take as long all day
    shortcut: float  # minutes by which two stops more may let others be sooner, where a way round is quicker
    length: Array  # place × place → distance
    length_to: Array  # the same, the place arrived at first
    travel: Array  # part of the day × place × place → minutes
    travel_to: Array  # the same, the place arrived at first
    stop: Array
    place: Array  # stop → place; -1 is "where the car stands", which is what a break or a guest aboard has
    salt: Array  # stop → random word; a tour's name is made from those of its stops
    request: Array
    load: Array  # request × kind of room
    home: Array  # car the request belongs to now, or -1
    near: Array  # request → requests, the most alike first
    fits: Array  # request × kind of car → whether
    car: Array
    room: Array  # car × kind of room
    kind: Array  # cars of one kind are alike in everything
    sent: Array


class Tours(NamedTuple):
    """A plan: for each car its stops with start and end, and what follows from them."""

    size: Array  # car → stops between start and end
    stop: Array  # car × row × position
    line: Array  # car × row × position
    aboard: Array  # car × kind of room × position → load when leaving
    money: Array  # car
    name: Array  # car
    car: Array  # request → car, or -1
    position: Array  # stop → position


class Pool(NamedTuple):
    """Tours that were seen, each set of requests once, at its lowest cost."""

    slots: Array  # where a name may stand → tour, -1: nowhere
    names: Array  # slot → name of a set of requests
    count: Array  # type: ignore[assignment]  # how many tours, how many stops; a tuple's own count() is not needed
    begin: Array  # tour → first of its stops
    size: Array
    car: Array
    cost: Array
    stops: Array


NOBODY = np.int64(-1)  # a plain number would be a type of its own to numba, and everything compiled once more
nth = np.uint64  # an index that is never negative; of others numba asks each time whether they count from the end


class Scratch(NamedTuple):
    """Room to try a tour in, and a memory of what was tried."""

    stops: Array
    at: Array
    drive: Array
    start: Array
    end: Array
    prices: Array  # of pairs of places
    pairs: Array
    detour: Array  # prices of the drop-off by position, then the least of them from there on
    least: Array  # prices of the best offers
    later: Array  # cars whose offers have to be worked out
    scale: Array  # what their prices are multiplied by
    asked: Array  # car → whether
    heard: Array  # questions of a round → whether memory has them
    blink: Array  # how likely places are overlooked
    dice: Array  # which
    known: Array  # slot → name of a question, price, positions


class Bench(NamedTuple):
    """Where the search puts what it has in hand."""

    todo: Array  # requests to be served
    gone: Array  # request → whether it was taken out
    changed: Array  # car → whether its tour is another one
    among: Array  # cars that are asked
    standing: Array  # kind of car → whether one that stands is among them
    offers: Array  # place in todo × place in among → price
    places: Array  # the same → positions
    kept: Array  # stops of a tour that is changed
    votes: Array  # car → guests in common with a tour


def empty_tours(cars: int, requests: int, longest: int, kinds_of_room: int) -> Tours:
    """Tours without any stop; ``longest`` is the most stops of one tour."""
    return Tours(
        size=np.zeros(cars, np.int64),
        stop=np.zeros((cars, 4, longest + 2), np.int64),
        line=np.zeros((cars, 5, longest + 2)),
        aboard=np.zeros((cars, kinds_of_room, longest + 2), np.int32),
        money=np.zeros((cars, 3)),
        name=np.zeros(cars, np.uint64),
        car=np.full(requests, -1, np.int64),
        position=np.zeros(2 * requests + 2 * cars, np.int64),
    )


def copy_plan(source: Tours, target: Tours) -> None:
    """Make ``target`` what ``source`` is."""
    most = int(max(source.size.max(initial=0), target.size.max(initial=0))) + 2
    for name in ("size", "money", "name", "car", "position"):
        getattr(target, name)[:] = getattr(source, name)
    for name in ("stop", "line", "aboard"):
        getattr(target, name)[:, :, :most] = getattr(source, name)[:, :, :most]


def scratch(longest: int, cars: int, memory: int, rounds: int = 1) -> Scratch:
    """For ``rounds`` requests at a time, with a memory of so many answers, a power of two."""
    return Scratch(
        stops=np.zeros(longest + 6, np.int64),
        at=np.zeros(longest + 6, np.int64),
        drive=np.zeros(longest + 6),
        start=np.zeros(longest + 6),
        end=np.zeros(longest + 6),
        prices=np.zeros(PAIRS),
        pairs=np.zeros((PAIRS, 2), np.int64),
        detour=np.zeros((2, longest + 6)),
        least=np.zeros(4),
        later=np.zeros(cars + 1, np.int64),
        scale=np.zeros(cars + 1),
        asked=np.zeros(cars, np.bool_),
        heard=np.zeros(max(cars + 1, rounds), np.bool_),
        blink=np.zeros(1),
        dice=np.ones(1, np.uint64),
        known=np.zeros((memory, 4)),
    )


def bench(case: Case, most: int) -> Bench:
    """For up to ``most`` requests at a time."""
    return Bench(
        todo=np.zeros(2 * case.requests, np.int64),
        gone=np.zeros(case.requests, np.bool_),
        changed=np.zeros(case.cars, np.bool_),
        among=np.zeros(case.cars + 1, np.int64),
        standing=np.zeros(case.fits.shape[1], np.bool_),
        offers=np.zeros((most, case.cars + 1)),
        places=np.zeros((most, case.cars + 1, 2), np.int64),
        kept=np.zeros(2 * case.requests, np.int64),
        votes=np.zeros(case.cars, np.int64),
    )


def pool(tours: int, stops: int) -> Pool:
    slots = 1 << (max(tours, 16) * 2 - 1).bit_length()
    return Pool(
        slots=np.full(slots, -1, np.int64),
        names=np.zeros(slots, np.uint64),
        count=np.zeros(2, np.int64),
        begin=np.zeros(tours, np.int64),
        size=np.zeros(tours, np.int64),
        car=np.zeros(tours, np.int64),
        cost=np.zeros(tours),
        stops=np.zeros(stops, np.int64),
    )


def trim(full: Pool, entries: list[int]) -> None:
    """Keep only these tours of a pool."""
    names = {int(full.slots[slot]): full.names[slot] for slot in np.flatnonzero(full.slots >= 0)}
    rows = [
        (
            names[x],
            int(full.car[x]),
            float(full.cost[x]),
            full.stops[full.begin[x] : full.begin[x] + full.size[x]].copy(),
        )
        for x in entries
    ]
    full.slots[:], full.count[:] = -1, 0
    for x, (name, car, cost, stops) in enumerate(rows):
        slot = int(name) & (full.slots.size - 1)
        while full.slots[slot] >= 0:
            slot = (slot + 1) & (full.slots.size - 1)
        full.slots[slot], full.names[slot] = x, name
        full.begin[x], full.size[x], full.car[x], full.cost[x] = full.count[1], len(stops), car, cost
        full.stops[full.count[1] : full.count[1] + len(stops)] = stops
        full.count[:] = x + 1, full.count[1] + len(stops)
