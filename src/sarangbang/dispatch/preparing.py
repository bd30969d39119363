"""From a day as people write it to the arrays of the inner loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import arrays
from .arrays import Array, Case
from .laying import told
from .model import HORIZON, INF, Break, Car, Problem, Request, Stop

NEIGHBOURS = 80
# Pairs of places times places to go round by, that are tried before a search, and where an answer is due at once.
WAYS_ROUND, FEW_WAYS_ROUND = 30_000_000, 500_000
NEARLY = 1e-6  # minutes
FEW = 12  # requests up to which all times of a tour are weighed
LONGEST = 4_000_000  # positions of all tours together, but 256 for each tour in any case
THERE = Stop(None)  # where and when a break ends
ALONE = 1000  # room for company: everybody takes one, who rides alone takes all


@dataclass(frozen=True, eq=False)
class Prepared:
    """``requests`` are those of the problem and one for each break; ``rests`` says whose break and which."""

    case: Case
    requests: list[Request]
    rests: dict[int, tuple[int, int]]
    longest: int


def prepare(problem: Problem, *, neighbours: bool = True) -> Prepared:
    """The arrays of a day; without ``neighbours`` (which the search needs) sooner, and with fewer ways round."""
    requests = list(problem.requests)
    rests: dict[int, tuple[int, int]] = {}
    for number, car in enumerate(problem.cars):
        for which, rest in enumerate(car.breaks):
            rests[len(requests)] = (number, which)
            requests.append(_resting(car, which, rest))
    n, m = len(requests), len(problem.cars)
    nowhere = len(problem.length)
    length, travel = _with_nowhere(problem)
    least, shortcut = _ways_round(problem.travel, WAYS_ROUND if neighbours else FEW_WAYS_ROUND)
    stop = _stops(problem, requests, _wider(least))
    place = np.full(2 * n + 2 * m, nowhere, np.int64)
    for i, request in enumerate(requests):
        place[i] = -1 if request.pickup.place is None else request.pickup.place
        place[n + i] = -1 if request.dropoff.place is None else request.dropoff.place
    for k, car in enumerate(problem.cars):
        place[2 * n + k] = nowhere if car.start is None else car.start
        place[2 * n + m + k] = nowhere if car.end is None else car.end
    load, room = _rooms(problem, requests)
    kind, fits = _kinds(problem.cars, requests, load, room)
    names = {car.name: k for k, car in enumerate(problem.cars)}
    dice = np.random.default_rng(20260101)
    salt = dice.integers(1, 2**63, 2 * n + 2 * m).astype(np.uint64)
    _firsts, alike = np.unique(kind, return_index=True)  # equal tours of cars of one kind have equal names
    salt[2 * n :] = np.concatenate([salt[2 * n : 2 * n + m][alike[kind]], salt[2 * n + m :][alike[kind]]])
    symmetric = bool((length == length.T).all())
    same_all_day = travel.shape[0] == 1 and bool((travel[0] == travel[0].T).all())
    case = Case(
        requests=n,
        cars=m,
        timed=_timed(problem.cars, stop),
        standing=bool((place < 0).any()),
        few=n <= FEW and len(travel) == 1,
        shortcut=2 * shortcut,
        length=length,
        length_to=length if symmetric else np.ascontiguousarray(length.T),
        travel=travel,
        travel_to=travel if same_all_day else np.ascontiguousarray(travel.transpose(0, 2, 1)),
        stop=stop,
        place=place,
        salt=salt,
        request=_prices(problem, requests, rests, length),
        load=load,
        home=np.array([names.get(request.car or "", -1) for request in requests], np.int64),
        near=_near(stop, place, length, travel, n, list(rests)) if neighbours else np.zeros((n, 1), np.int64),
        fits=fits,
        car=np.array(
            [
                [car.per_length, car.per_minute, car.fixed, car.resend_price if car.sent is not None else 0.0]
                for car in problem.cars
            ]
        ).reshape(m, 4),
        room=room,
        kind=kind,
        sent=_sent(problem, place, salt, n),
    )
    longest = max(2, min(2 * n, max(256, LONGEST // max(1, m))))
    return Prepared(case, requests, rests, longest)


def _sent(problem: Problem, place: Array, salt: Array, n: int) -> Array:
    """Names of the tours that crews were told."""
    names = np.zeros(len(problem.cars), np.uint64)
    own = len(problem.requests)
    for k, car in enumerate(problem.cars):
        if car.sent is not None:
            row = [node - 1 if node <= own else node - 1 - own + n for node in car.sent]
            names[k] = told(n, place, salt, np.array([-1, *row], np.int64), len(row) + 1)
    return names


def _resting(car: Car, which: int, rest: Break) -> Request:
    here = Stop(None, rest.earliest, rest.latest, rest.minutes)
    return Request(
        f"break {which + 1} of {car.name}", here, THERE, {}, 0.0, alone=True, cars=frozenset({car.name}), car=car.name
    )


def _with_nowhere(problem: Problem) -> tuple[Array, Array]:
    """The tables with one more place, as near to all others as can be: where free starts and ends are."""
    length = _wider(problem.length)
    if problem.travel is problem.length or (
        len(problem.travel) == 1 and np.array_equal(problem.travel[0], problem.length)
    ):
        return length, length[None]
    return length, _wider(problem.travel)


def _wider(table: Array) -> Array:
    *parts, size, _same = table.shape
    wide = np.zeros((*parts, size + 1, size + 1))
    wide[..., :size, :size] = table
    return wide


def _ways_round(travel: Array, most: int) -> tuple[Array, float]:
    """The least minutes from place to place at any time of the day, by way of others, too (Floyd 1962); and by how many
    the direct way takes longer than one by one other place, at most. Of very many places only some are tried to go
    round by."""
    least, shorter = travel.min(axis=0), travel.copy()
    for middle in range(0, len(least), max(1, travel.size * len(least) // most)):
        np.minimum(shorter, travel[:, :, middle, None] + travel[:, None, middle], out=shorter)
    longer = float((travel - shorter).max(initial=0.0))
    if longer <= NEARLY:  # rounding
        return least, 0.0
    for middle in range(0, len(least), max(1, least.size * len(least) // most)):
        np.minimum(least, least[:, middle, None] + least[middle], out=least)
    return least, longer


def _stops(problem: Problem, requests: list[Request], least: Array) -> Array:
    n, m = len(requests), len(problem.cars)
    stop = np.zeros((2 * n + 2 * m, 10))
    pickups, dropoffs = [], []
    for request in requests:  # all rows at once: one by one they take twice as long
        pickup, dropoff, wait, ride = request.pickup, request.dropoff, request.wait_price, request.ride_price
        limit, base = request.max_ride + pickup.service, -wait * pickup.earliest - ride * pickup.service
        pickups.append((  # in the order of the columns
            pickup.earliest, pickup.latest, pickup.service, limit, base, wait - ride,
            pickup.due, pickup.late_price, pickup.ready, pickup.early_price,
        ))  # fmt: skip
        dropoffs.append((
            dropoff.earliest, dropoff.latest, dropoff.service, limit, 0.0, ride,
            dropoff.due, dropoff.late_price, dropoff.ready, dropoff.early_price,
        ))  # fmt: skip
    stop[: 2 * n] = np.array(pickups + dropoffs).reshape(2 * n, 10)
    for row, latest in ((2 * n, "latest_begin"), (2 * n + m, "until")):
        cars = stop[row : row + m]
        cars[:, arrays.OPENS] = [car.begin for car in problem.cars]
        cars[:, arrays.CLOSES] = [min(getattr(car, latest), car.until) for car in problem.cars]
        cars[:, arrays.LIMIT] = [car.max_duty for car in problem.cars]
        cars[:, arrays.DUE], cars[:, arrays.READY] = INF, -INF
    np.minimum(stop[:, arrays.CLOSES], HORIZON, out=stop[:, arrays.CLOSES])
    _tighten(stop, requests, least)
    return stop


def _tighten(stop: Array, requests: list[Request], least: Array) -> None:
    """Narrow the hours of pick-up and drop-off by each other; what is excluded was never possible."""
    n = len(requests)
    nowhere = len(least) - 1  # from there and to there it takes no time
    ends = [(each.pickup.place, each.dropoff.place) for each in requests]
    one, other = np.array([(nowhere, nowhere) if None in pair else pair for pair in ends], int).reshape(n, 2).T
    pickup, dropoff = stop[:n], stop[n : 2 * n]
    shortest, longest = pickup[:, arrays.SERVICE] + least[one, other], pickup[:, arrays.LIMIT]
    opens, closes, drop_opens, drop_closes = (
        part[:, column] for part in (pickup, dropoff) for column in (arrays.OPENS, arrays.CLOSES)
    )
    np.maximum(drop_opens, opens + shortest, out=drop_opens)
    np.maximum(opens, drop_opens - longest, out=opens)
    np.minimum(drop_closes, closes + longest, out=drop_closes)
    np.minimum(closes, drop_closes - shortest, out=closes)


def _rooms(problem: Problem, requests: list[Request]) -> tuple[Array, Array]:
    kinds = problem.kinds_of_room
    company = any(request.alone for request in requests)
    load = np.zeros((len(requests), max(1, len(kinds) + company)), np.int32)
    room = np.zeros((len(problem.cars), load.shape[1]), np.int32)
    for x, kind in enumerate(kinds):
        load[:, x] = [request.load.get(kind, 0) for request in requests]
        room[:, x] = [car.room.get(kind, 0) for car in problem.cars]
    if company:
        load[:, -1] = [ALONE if request.alone else 1 for request in requests]
        room[:, -1] = ALONE
    return load, room


def _kinds(cars: Sequence[Car], requests: list[Request], load: Array, room: Array) -> tuple[Array, Array]:
    """Which cars are alike in everything, and which kinds may serve which request."""
    named = {name for request in requests for name in (request.cars or ())} | {r.car for r in requests if r.car}
    known: dict[object, int] = {}
    kind = np.zeros(len(cars), np.int32)
    firsts: list[int] = []
    for k, car in enumerate(cars):
        own = car.name if car.name in named or car.breaks or car.sent is not None else ""
        key = own or (room[k].tobytes(), *(getattr(car, part) for part in ALIKE))
        if key not in known:
            known[key] = len(firsts)
            firsts.append(k)
        kind[k] = known[key]
    fits = np.full((len(requests), max(1, len(firsts))), bool(firsts))
    for x in range(load.shape[1] if firsts else 0):
        fits &= load[:, x, None] <= room[firsts, x]
    column = {cars[k].name: x for x, k in enumerate(firsts)}
    for i, request in enumerate(requests):
        if request.cars is not None:
            allowed = np.zeros(fits.shape[1], bool)
            allowed[[column[name] for name in request.cars if name in column]] = True
            fits[i] &= allowed
    return kind, fits


ALIKE = ("start", "end", "begin", "latest_begin", "until", "max_duty", "per_length", "per_minute", "fixed")


def _prices(problem: Problem, requests: list[Request], rests: dict[int, tuple[int, int]], length: Array) -> Array:
    """What it costs not to serve; where nobody said, more than any detour, and a break or somebody who is aboard more
    than any guest who waits."""
    dearest = max((car.per_length for car in problem.cars), default=1.0) * float(length.max(initial=0.0))
    dearest += max((car.fixed + car.resend_price for car in problem.cars), default=0.0)
    per_minute = [car.per_minute for car in problem.cars]
    for request in problem.requests:
        per_minute += [request.wait_price, request.ride_price, request.pickup.late_price, request.dropoff.late_price]
        per_minute += [request.pickup.early_price, request.dropoff.early_price]
    minute = max(per_minute, default=0.0)
    never = 100.0 + 10.0 * dearest + 1440.0 * minute
    said = [request.price for request in requests if request.price is not None]
    never = max([never, *(10 * price for price in said)])
    prices = np.zeros((len(requests), 3))
    for i, request in enumerate(requests):
        prices[i, arrays.PRICE] = never if request.price is None else request.price
        if i in rests or request.pickup.place is None:
            prices[i, arrays.PRICE] = 100 * never
        prices[i, arrays.AWAY] = request.change_price
        if request.pickup.place is not None and request.dropoff.place is not None:
            prices[i, arrays.DOOR] = length[request.pickup.place, request.dropoff.place]
    return prices


def _timed(cars: Sequence[Car], stop: Array) -> bool:
    columns = [arrays.SLOPE, arrays.DUE_PRICE, arrays.READY_PRICE]
    return bool(stop[:, columns].any()) or any(car.per_minute > 0 for car in cars)


def _near(stop: Array, place: Array, length: Array, travel: Array, n: int, rests: list[int]) -> Array:
    """For each request those that are alike: near each other at both ends, at hours that can meet."""
    width = min(max(n - 1, 1), NEIGHBOURS)
    near = np.zeros((n, width), np.int64)
    inside = place[: 2 * n].copy()
    inside[inside < 0] = len(length) - 1
    opens, closes = stop[: 2 * n, arrays.OPENS], stop[: 2 * n, arrays.CLOSES]
    minute = (
        0.25 * float(length.mean()) / max(1e-9, float(travel.mean()))
    )  # an hour apart is as far as 15 minutes' drive
    for i in range(n):
        apart = length[inside[i], inside[:n]] + length[inside[n + i], inside[n:]]
        for ends in (slice(0, n), slice(n, 2 * n)):
            own = ends.start + i
            gap = np.maximum(opens[ends] - closes[own], opens[own] - closes[ends])
            apart = apart + minute * np.maximum(gap, 0.0)
        apart[rests] += HORIZON  # a crew that rests is like nobody
        apart[i] = np.inf
        near[i] = np.argsort(apart, kind="stable")[:width]
    return near
