"""What a day of rides is made of. Times are minutes from midnight of the day (beyond 1440: the next), money is in one
currency, distances and loads are in whatever the prices and cars count in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

INF = math.inf
HORIZON = 1e7  # minutes; what is later counts as never


class Impossible(ValueError):
    """A day that cannot be planned as it is written down; ``where`` names the part."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Stop:
    """A pick-up or a drop-off at a place, None: where the car is.

    Service begins from ``earliest`` to ``latest``, without exception. Before ``ready`` a minute costs ``early_price``,
    after ``due`` ``late_price``.
    """

    place: int | None
    earliest: float = 0.0
    latest: float = INF
    service: float = 0.0
    ready: float = -INF
    early_price: float = 0.0
    due: float = INF
    late_price: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """A ride. ``load`` takes room of each kind; ``price`` is that of not serving it, None: higher than all else.

    ``wait_price`` is that of a minute between the earliest pick-up and the pick-up, ``ride_price`` that of a minute
    aboard. ``alone`` shares the car with nobody. ``car`` is where it was planned before and ``change_price`` the price
    of another one. ``cars`` are those that may serve it, None: all with room.
    """

    name: str
    pickup: Stop
    dropoff: Stop
    load: Mapping[str, int] = field(default_factory=dict)
    max_ride: float = INF
    alone: bool = False
    price: float | None = None
    wait_price: float = 0.0
    ride_price: float = 0.0
    cars: frozenset[str] | None = None
    car: str | None = None
    change_price: float = 0.0


@dataclass(frozen=True, slots=True)
class Break:
    """Rest of a crew with nobody aboard, where the car stands; begins from ``earliest`` to ``latest``."""

    earliest: float
    latest: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Car:
    """A car and its crew. ``start`` and ``end`` None: wherever its first and last stop are.

    ``sent`` is the tour that its crew was told, as stops of ``Problem.node``; another one costs ``resend_price``.
    """

    name: str
    start: int | None = None
    end: int | None = None
    room: Mapping[str, int] = field(default_factory=dict)
    begin: float = 0.0
    latest_begin: float = INF
    until: float = INF
    max_duty: float = INF
    per_length: float = 1.0
    per_minute: float = 0.0
    fixed: float = 0.0
    breaks: tuple[Break, ...] = ()
    sent: tuple[int, ...] | None = None
    resend_price: float = 0.0


@dataclass(frozen=True, eq=False)
class Problem:
    """A day. ``length`` is place × place, ``travel`` parts of the day × place × place, in minutes.

    Node ``i`` from 1 to n is the pick-up of request i-1, node ``n+i`` its drop-off.
    """

    requests: Sequence[Request]
    cars: Sequence[Car]
    length: np.ndarray[Any, Any]
    travel: np.ndarray[Any, Any]
    points: np.ndarray[Any, Any] | None = None  # places in a plane, for drawing
    places: Sequence[str] = ()

    def stop(self, node: int) -> Stop:
        n = len(self.requests)
        return self.requests[node - 1].pickup if node <= n else self.requests[node - n - 1].dropoff

    def request(self, node: int) -> Request:
        return self.requests[(node - 1) % len(self.requests)]

    def is_pickup(self, node: int) -> bool:
        return node <= len(self.requests)

    @property
    def kinds_of_room(self) -> list[str]:
        return sorted({kind for request in self.requests for kind in request.load})

    def minutes(self, when: float, one: int, other: int) -> float:
        """Driving time at a time of day; between the full parts of the day in proportion."""
        parts = len(self.travel)
        if parts == 1:
            return float(self.travel[0, one, other])
        part, share = divmod(when / 1440 * parts, 1)
        before, after = self.travel[int(part) % parts], self.travel[(int(part) + 1) % parts]
        return float(before[one, other] * (1 - share) + after[one, other] * share)


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop of a tour; ``node`` None is a break."""

    node: int | None
    arrive: float
    begin: float
    leave: float


@dataclass(frozen=True, slots=True)
class Tour:
    car: int
    begin: float
    end: float
    visits: tuple[Visit, ...]
    length: float

    @property
    def nodes(self) -> list[int]:
        return [visit.node for visit in self.visits if visit.node is not None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Tours of those cars that move. ``costs`` adds up to ``cost``; ``steps`` of the search, ``improvements`` as
    (seconds, cost)."""

    tours: tuple[Tour, ...]
    unserved: tuple[int, ...]
    costs: Mapping[str, float]
    steps: int = 0
    improvements: tuple[tuple[float, float], ...] = ()

    @property
    def cost(self) -> float:
        return math.fsum(self.costs.values())


def twice(names: Iterable[str]) -> str | None:
    """The first name that was there before; None when all differ."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def check_problem(problem: Problem) -> None:
    """Raise Impossible for what no plan could make sense of."""
    size = len(problem.length)
    if problem.length.shape != (size, size) or problem.travel.shape[1:] != (size, size) or not len(problem.travel):
        raise Impossible("travel", "the tables of distances and times are not square or differ in size")
    for name, table in (("length", problem.length), ("travel", problem.travel)):
        if size and not (np.isfinite(table).all() and (table >= 0).all()):
            raise Impossible(name, "distances and times must be finite and not negative")
    parts = len(problem.travel)
    if parts > 1 and size:
        drop = problem.travel - np.roll(problem.travel, -1, axis=0)
        if drop.max() * parts > 1440:
            raise Impossible("travel", "whoever leaves later would arrive earlier")
    for kind, things in (("request", problem.requests), ("car", problem.cars)):
        if (again := twice(thing.name for thing in things)) is not None:
            raise Impossible(f"{kind} {again}", "the name occurs twice")
    for request in problem.requests:
        _check_request(problem, request, size)
    for car in problem.cars:
        _check_car(car, size)


def _check_request(problem: Problem, request: Request, size: int) -> None:
    where = f"request {request.name}"
    for what, stop in (("pick-up", request.pickup), ("drop-off", request.dropoff)):
        if stop.place is not None and not 0 <= stop.place < size:
            raise Impossible(where, f"the place of the {what} is unknown")
        _check_numbers(where, stop.service, stop.early_price, stop.late_price)
        if not stop.earliest <= stop.latest:
            raise Impossible(where, f"the {what} ends before it begins")
        if not (-HORIZON < stop.earliest < HORIZON):
            raise Impossible(where, f"the time of the {what} is out of bounds")
        if math.isnan(stop.ready) or math.isnan(stop.due):
            raise Impossible(where, f"a time of the {what} is not a number")
    _check_numbers(where, request.wait_price, request.ride_price, request.change_price, *request.load.values())
    if not request.max_ride >= 0:
        raise Impossible(where, "the longest ride is negative or not a number")
    if request.price is not None:
        _check_numbers(where, request.price)


def _check_car(car: Car, size: int) -> None:
    where = f"car {car.name}"
    for place in (car.start, car.end):
        if place is not None and not 0 <= place < size:
            raise Impossible(where, "the place is unknown")
    _check_numbers(where, car.per_length, car.per_minute, car.fixed, car.resend_price, *car.room.values())
    if not car.begin <= car.until or not car.begin <= car.latest_begin or not car.max_duty >= 0:
        raise Impossible(where, "the shift ends before it begins")
    if not -HORIZON < car.begin < HORIZON:
        raise Impossible(where, "the shift is out of bounds")
    for rest in car.breaks:
        _check_numbers(where, rest.minutes)
        if not rest.earliest <= rest.latest or not abs(rest.earliest) < HORIZON:
            raise Impossible(where, "a break ends before it begins")


def _check_numbers(where: str, *numbers: float) -> None:
    if not all(0 <= number < 1e9 for number in numbers):
        raise Impossible(where, "loads, prices and durations must be from 0 to below 1,000,000,000")
