"""Plans as JSON: written for programs, read to be checked."""

from __future__ import annotations

from typing import Any

from .checking import Proposal
from .cordeau import Malformed
from .documents import parse
from .model import Plan, Problem, Tour

MOST = 1e15  # a larger cost is none


def write(problem: Problem, plan: Plan) -> dict[str, Any]:
    """One object: nodes are 1…n for pick-ups and n+1…2n for drop-offs, in the order of the requests of the file."""
    return {
        "cost": round(plan.cost, 6),
        "routes": [tour.nodes for tour in plan.tours],
        "vehicles": [problem.cars[tour.car].name for tour in plan.tours],
        "schedule": [_schedule(problem, tour) for tour in plan.tours],
        "unserved": [i + 1 for i in plan.unserved],
        "costs": {what: round(cost, 6) for what, cost in plan.costs.items() if cost},
        "steps": plan.steps,
    }


def _schedule(problem: Problem, tour: Tour) -> dict[str, Any]:
    return {
        "vehicle": problem.cars[tour.car].name,
        "begin": _round(tour.begin),
        "end": _round(tour.end),
        "length": _round(tour.length),
        "stops": [
            {
                "node": visit.node,
                **({"break": True} if visit.node is None else {"request": problem.request(visit.node).name}),
                "arrive": _round(visit.arrive),
                "begin": _round(visit.begin),
                "leave": _round(visit.leave),
            }
            for visit in tour.visits
        ],
    }


def _round(minutes: float) -> float:
    return round(minutes, 6)


def read(problem: Problem, text: str) -> Proposal:
    """A plan to check; ``routes`` is enough, vehicles (else the first ones), schedule, unserved and cost may follow."""
    value, _lines = parse(text)
    if not isinstance(value, dict) or not isinstance(value.get("routes"), list):
        raise Malformed(1, "a solution is an object with a list of routes")
    routes, unserved = value["routes"], value.get("unserved", [])
    if not all(isinstance(route, list) and all(map(_is_whole, route)) for route in routes):
        raise Malformed(1, "each route is a list of node numbers")
    if not isinstance(unserved, list) or not all(map(_is_whole, unserved)):
        raise Malformed(1, "unserved is a list of the nodes of pick-ups")
    if any(not 1 <= node <= len(problem.requests) for node in unserved):
        raise Malformed(1, "unserved names a node that is no pick-up")
    cars = _cars(problem, value.get("vehicles"), len(routes))
    cost = value.get("cost")
    if cost is not None and (isinstance(cost, bool) or not isinstance(cost, (int, float)) or not abs(cost) < MOST):
        raise Malformed(1, "cost is not a number, or out of bounds")
    times = _times(value["schedule"], len(routes)) if value.get("schedule") else None
    return Proposal(list(zip(cars, routes, strict=True)), [node - 1 for node in unserved], times, cost)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _cars(problem: Problem, names: Any, count: int) -> list[int]:
    if names is None:
        return list(range(count))
    known = {car.name: number for number, car in enumerate(problem.cars)}
    if not isinstance(names, list) or len(names) != count or not all(str(name) in known for name in names):
        raise Malformed(1, "vehicles must name one vehicle for each route")
    return [known[str(name)] for name in names]


def _times(schedule: Any, count: int) -> list[tuple[float, float, dict[int, float], list[float]]]:
    try:
        if len(schedule) != count:
            raise Malformed(1, "schedule must have one entry for each route")
        return [
            (
                float(row["begin"]),
                float(row["end"]),
                {stop["node"]: float(stop["begin"]) for stop in row["stops"] if stop["node"] is not None},
                [float(stop["begin"]) for stop in row["stops"] if stop["node"] is None],
            )
            for row in schedule
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        if isinstance(problem, Malformed):
            raise
        raise Malformed(1, "an entry of schedule needs begin, end and stops, and a stop its node and begin") from None
