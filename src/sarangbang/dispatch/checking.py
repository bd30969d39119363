"""Whether a plan keeps every rule of its day. Nothing here is shared with the search.

A tour is a system of difference constraints: every hour, drive, ride and duty limit is a bound on the difference of two
times. It has a timetable exactly when its graph has no cycle of positive length, which Bellman (1958) and Ford (1956)
find out. Given times are checked one by one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .model import Break, Car, Problem, Request

TOLERANCE = 1e-4  # minutes, and money per 1,000


@dataclass(frozen=True, slots=True)
class Fault:
    """What a plan breaks: a code, for programs, and the numbers that belong to it."""

    code: str
    about: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return WORDS[self.code].format(**self.about)


WORDS = {
    "unknown-node": "node {node} does not exist",
    "unknown-car": "car {car} does not exist",
    "too-many-tours": "{tours} tours for {cars} cars",
    "car-twice": "car {car} has two tours",
    "twice": "node {node} is served twice",
    "not-served": "request {request} is neither served nor said to be unserved",
    "served-and-not": "request {request} is served and said to be unserved",
    "two-cars": "request {request} is picked up by one car and dropped off by another",
    "order": "request {request} is dropped off before it is picked up",
    "room": "car {car} has {load} {kind} aboard after node {node}, and room for {room}",
    "company": "request {request} rides alone but meets {other} in car {car}",
    "wrong-car": "request {request} may not ride in car {car}",
    "no-timetable": "car {car} cannot keep all hours, rides and duty with this order of stops",
    "hours": "node {node} is served at {time:.2f}, outside {earliest:.2f} to {latest:.2f}",
    "drive": "car {car} cannot be at node {node} at {time:.2f}, only at {possible:.2f}",
    "ride": "request {request} is aboard for {ride:.2f} minutes, {limit:.2f} are allowed",
    "duty": "car {car} is on duty for {duty:.2f} minutes, {limit:.2f} are allowed",
    "shift": "car {car} is on duty from {begin:.2f} to {end:.2f}, outside its shift",
    "break": "car {car} has no time for its break {number}",
    "times-missing": "car {car} has times for other stops than those of its tour",
    "cost": "the cost is said to be {said:.4f}, but it is {cost:.4f}",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan to check: for each tour the car (from 0) and its nodes; ``times``: for each tour (begin, end, {node:
    begin of service}, [begin of break]) or None; ``cost`` as it was said."""

    tours: Sequence[tuple[int, Sequence[int]]]
    unserved: Sequence[int] = ()
    times: Sequence[tuple[float, float, Mapping[int, float], Sequence[float]]] | None = None
    cost: float | None = None


def check_plan(problem: Problem, proposal: Proposal) -> list[Fault]:
    """Everything that is wrong; an empty list when the plan is legal."""
    faults = list(_membership(problem, proposal))
    if faults:
        return faults
    for place, (number, nodes) in enumerate(proposal.tours):
        car = problem.cars[number]
        faults += _loads(problem, car, nodes)
        if proposal.times is None:
            if not _has_timetable(problem, car, nodes):
                faults.append(Fault("no-timetable", {"car": car.name}))
        else:
            faults += _times(problem, car, nodes, proposal.times[place])
    if proposal.cost is not None and not faults:
        cost = cost_of(problem, proposal)
        if cost is not None and abs(cost - proposal.cost) > max(TOLERANCE, abs(cost) * TOLERANCE):
            faults.append(Fault("cost", {"said": proposal.cost, "cost": cost}))
    return faults


def _membership(problem: Problem, proposal: Proposal) -> Iterable[Fault]:
    """Cars, nodes and pairs; nothing else can be looked at before these are right."""
    faults = list(_cars(problem, proposal)) or list(_nodes(problem, proposal))
    if faults:
        return faults
    n = len(problem.requests)
    seen = {node: number for number, nodes in proposal.tours for node in nodes}
    for i, request in enumerate(problem.requests):
        ends = [seen.get(node) for node in (i + 1, n + i + 1)]
        if i in proposal.unserved:
            if ends != [None, None]:
                faults.append(Fault("served-and-not", {"request": request.name}))
        elif None in ends:
            faults.append(Fault("not-served", {"request": request.name}))
        elif ends[0] != ends[1]:
            faults.append(Fault("two-cars", {"request": request.name}))
    return faults


def _cars(problem: Problem, proposal: Proposal) -> Iterable[Fault]:
    cars = [number for number, _nodes in proposal.tours]
    if len(cars) > len(problem.cars):
        yield Fault("too-many-tours", {"tours": len(cars), "cars": len(problem.cars)})
        return
    for number in sorted(set(cars)):
        if not 0 <= number < len(problem.cars):
            yield Fault("unknown-car", {"car": number + 1})
        elif cars.count(number) > 1:
            yield Fault("car-twice", {"car": problem.cars[number].name})


def _nodes(problem: Problem, proposal: Proposal) -> Iterable[Fault]:
    n = len(problem.requests)
    seen: set[int] = set()
    for _number, nodes in proposal.tours:
        here: set[int] = set()
        for node in nodes:
            if not 1 <= node <= 2 * n:
                yield Fault("unknown-node", {"node": node})
                continue
            if node in seen:
                yield Fault("twice", {"node": node})
            if node <= n and node + n in here:
                yield Fault("order", {"request": problem.request(node).name})
            here.add(node)
            seen.add(node)


def _loads(problem: Problem, car: Car, nodes: Sequence[int]) -> Iterable[Fault]:
    aboard: list[Request] = []
    for node in nodes:
        request = problem.request(node)
        if not problem.is_pickup(node):
            aboard.remove(request)
            continue
        if request.cars is not None and car.name not in request.cars:
            yield Fault("wrong-car", {"request": request.name, "car": car.name})
        aboard.append(request)
        for kind in problem.kinds_of_room:
            load, room = sum(one.load.get(kind, 0) for one in aboard), car.room.get(kind, 0)
            if load > room:
                about = {"car": car.name, "load": load, "kind": kind, "node": node, "room": room}
                yield Fault("room", about)
        for one, other in itertools.permutations(aboard, 2):
            if one.alone and request in (one, other):
                yield Fault("company", {"request": one.name, "other": other.name, "car": car.name})


def _has_timetable(problem: Problem, car: Car, nodes: Sequence[int]) -> bool:
    """Whether the breaks can be put somewhere among the stops so that times exist."""
    empty, aboard = [0], 0
    for place, node in enumerate(nodes, 1):
        aboard += 1 if problem.is_pickup(node) else -1
        if aboard == 0:
            empty.append(place)
    for gaps in itertools.combinations_with_replacement(empty, len(car.breaks)):
        for rests in set(itertools.permutations(range(len(car.breaks)))):
            row: list[int] = list(nodes)
            for gap, rest in sorted(zip(gaps, rests, strict=True), key=lambda pair: -pair[0]):
                row.insert(gap, -1 - rest)
            if least_times(problem, car, row) is not None:
                return True
    return False


def least_times(problem: Problem, car: Car, row: Sequence[int]) -> list[float] | None:
    """The earliest times of start, stops (a break is -1 minus its number) and end; None when there are none."""
    rows: list[tuple[float, float, float, int | None]] = [
        (car.begin, min(car.latest_begin, car.until), 0.0, car.start),
    ]
    where: dict[int, int] = {}
    for x, node in enumerate(row, 1):
        here = rows[-1][3]
        if node < 0:
            rest = car.breaks[-1 - node]
            rows.append((rest.earliest, rest.latest, rest.minutes, here))
            continue
        stop = problem.stop(node)
        where[node] = x
        rows.append((stop.earliest, stop.latest, stop.service, here if stop.place is None else stop.place))
    rows.append((car.begin, car.until, 0.0, car.end))
    lower, upper, service, place = zip(*rows, strict=True)
    last, n = len(lower) - 1, len(problem.requests)
    back = [(last, 0, car.max_duty)]
    back += [
        (where[node + n], x, problem.request(node).max_ride + service[x]) for node, x in where.items() if node <= n
    ]
    time = list(lower)
    for _round in range(2 * len(time) + 2):
        before = list(time)
        for x in range(1, last + 1):
            one, other = place[x - 1], place[x]
            leave = time[x - 1] + service[x - 1]
            drive = 0.0 if one is None or other is None else problem.minutes(leave, one, other)
            time[x] = max(time[x], leave + drive)
        for later, earlier, most in back:
            time[earlier] = max(time[earlier], time[later] - most)
        if any(t > latest + TOLERANCE for t, latest in zip(time, upper, strict=True)):
            return None
        if all(t - b < 1e-9 for t, b in zip(time, before, strict=True)):
            return time
    return None


def _times(
    problem: Problem, car: Car, nodes: Sequence[int], times: tuple[float, float, Mapping[int, float], Sequence[float]]
) -> Iterable[Fault]:
    begin, end, starts, rests = times
    if set(starts) != set(nodes) or not all(map(math.isfinite, (begin, end, *starts.values(), *rests))):
        yield Fault("times-missing", {"car": car.name})
        return
    if len(rests) != len(car.breaks):
        yield Fault("break", {"car": car.name, "number": len(rests) + 1})
        return
    if begin < car.begin - TOLERANCE or begin > car.latest_begin + TOLERANCE or end > car.until + TOLERANCE:
        yield Fault("shift", {"car": car.name, "begin": begin, "end": end})
    if end - begin > car.max_duty + TOLERANCE:
        yield Fault("duty", {"car": car.name, "duty": end - begin, "limit": car.max_duty})
    orders = itertools.permutations(enumerate(car.breaks, 1))  # times do not say which break they are of
    yield from min((list(_moves(problem, car, nodes, times, order)) for order in orders), key=len)
    n = len(problem.requests)
    for node in nodes:
        stop, request = problem.stop(node), problem.request(node)
        if not stop.earliest - TOLERANCE <= starts[node] <= stop.latest + TOLERANCE:
            yield Fault("hours", {"node": node, "time": starts[node], "earliest": stop.earliest, "latest": stop.latest})
        if node <= n:
            ride = starts[node + n] - starts[node] - stop.service
            if ride > request.max_ride + TOLERANCE:
                yield Fault("ride", {"request": request.name, "ride": ride, "limit": request.max_ride})


def _moves(
    problem: Problem,
    car: Car,
    nodes: Sequence[int],
    times: tuple[float, float, Mapping[int, float], Sequence[float]],
    breaks: Sequence[tuple[int, Break]],
) -> Iterable[Fault]:
    """Whether the car can be everywhere in time, and has these numbered breaks, in this order, where it is empty."""
    begin, end, starts, rests = times
    pending = [(at, rest, number) for at, (number, rest) in zip(sorted(rests), breaks, strict=True)]
    now, place, aboard = begin, car.start, 0
    for node in (*nodes, None):
        goal, due = (car.end, end) if node is None else (problem.stop(node).place, starts[node])
        if node is not None and goal is None:
            goal = place
        while pending and aboard == 0 and now - TOLERANCE <= pending[0][0] <= due + TOLERANCE - pending[0][1].minutes:
            at, rest, number = pending.pop(0)
            if not rest.earliest - TOLERANCE <= at <= rest.latest + TOLERANCE:
                yield Fault("break", {"car": car.name, "number": number})
            now = at + rest.minutes
        possible = now if place is None or goal is None else now + problem.minutes(now, place, goal)
        if due < possible - TOLERANCE:
            yield Fault(
                "drive", {"car": car.name, "node": "end" if node is None else node, "time": due, "possible": possible}
            )
        if node is not None:
            now, place = due + problem.stop(node).service, goal
            aboard += 1 if problem.is_pickup(node) else -1
    for _at, _rest, number in pending:
        yield Fault("break", {"car": car.name, "number": number})


def cost_of(problem: Problem, proposal: Proposal) -> float | None:
    """What a plan costs; None when that depends on times or prices that are not given."""
    if any(problem.requests[i].price is None for i in proposal.unserved):
        return None
    cost = math.fsum(problem.requests[i].price or 0.0 for i in proposal.unserved)
    told = {number: tuple(nodes) for number, nodes in proposal.tours}
    for number, car in enumerate(problem.cars):
        if car.sent is not None and told.get(number, ()) != car.sent:
            cost += car.resend_price
    for place, (number, nodes) in enumerate(proposal.tours):
        if not nodes:
            continue
        car = problem.cars[number]
        cost += car.fixed + car.per_length * length_of(problem, car, nodes)
        timed = car.per_minute or any(_is_timed(problem, node) for node in nodes)
        if timed and proposal.times is None:
            return None
        if timed and proposal.times is not None:
            cost += _price_of_times(problem, car, nodes, proposal.times[place])
        cost += math.fsum(
            request.change_price
            for request in map(problem.request, (node for node in nodes if problem.is_pickup(node)))
            if request.car not in {None, car.name}
        )
    return cost


def length_of(problem: Problem, car: Car, nodes: Sequence[int]) -> float:
    places = [car.start]
    for node in nodes:
        place = problem.stop(node).place
        places.append(places[-1] if place is None else place)
    places.append(car.end)
    pairs = itertools.pairwise(places)
    return math.fsum(float(problem.length[a, b]) for a, b in pairs if a is not None and b is not None)


def _is_timed(problem: Problem, node: int) -> bool:
    stop, request = problem.stop(node), problem.request(node)
    return bool(stop.late_price or stop.early_price or request.wait_price or request.ride_price)


def _price_of_times(
    problem: Problem, car: Car, nodes: Sequence[int], times: tuple[float, float, Mapping[int, float], Sequence[float]]
) -> float:
    begin, end, starts, _rests = times
    cost = car.per_minute * (end - begin)
    n = len(problem.requests)
    for node in nodes:
        stop, request = problem.stop(node), problem.request(node)
        cost += stop.late_price * max(0.0, starts[node] - stop.due)
        cost += stop.early_price * max(0.0, stop.ready - starts[node])
        if node <= n:
            cost += request.wait_price * (starts[node] - stop.earliest)
            cost += request.ride_price * (starts[node + n] - starts[node] - stop.service)
    return cost
