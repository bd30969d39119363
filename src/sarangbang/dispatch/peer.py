"""OR-Tools' routing library on the same day, to compare with: what one would pick instead."""

from __future__ import annotations

from typing import Any

from .checking import Proposal
from .model import Problem

UNIT = 1000  # whole numbers per minute and per unit of cost
DROP = 1_000_000 * UNIT


def solve(problem: Problem, seconds: float) -> Proposal | None:
    """Guided local search with a price on requests that are dropped; None when nothing is found or it lacks a rule."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    if not _is_plain(problem):
        return None
    n, m = len(problem.requests), len(problem.cars)
    ends = [car.start for car in problem.cars] + [car.end for car in problem.cars]
    places = [place or 0 for place in (*(problem.stop(node).place for node in range(1, 2 * n + 1)), *ends)]
    manager = pywrapcp.RoutingIndexManager(
        2 * n + 2 * m, m, [2 * n + k for k in range(m)], [2 * n + m + k for k in range(m)]
    )
    routing = pywrapcp.RoutingModel(manager)
    length = (problem.length[places][:, places] * UNIT).round().astype(int).tolist()
    # whole minutes are rounded up, so that what is legal here is legal there
    travel = _up(problem.travel[0][places][:, places])
    service = _up([problem.stop(node).service for node in range(1, 2 * n + 1)] + [0.0] * 2 * m)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(length))
    onward = [[travel[a][b] + service[a] for b in range(len(places))] for a in range(len(places))]
    horizon = 10_000 * UNIT
    routing.AddDimension(routing.RegisterTransitMatrix(onward), horizon, horizon, False, "time")
    time = routing.GetDimensionOrDie("time")
    for kind in problem.kinds_of_room:
        loads = [request.load.get(kind, 0) for request in problem.requests]
        row = [*loads, *(-load for load in loads), *([0] * 2 * m)]
        rooms = [car.room.get(kind, 0) for car in problem.cars]
        routing.AddDimensionWithVehicleCapacity(routing.RegisterUnaryTransitVector(row), 0, rooms, True, kind)
    _limit(problem, manager, routing, time, service, horizon)
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    search.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))
    found = routing.SolveWithParameters(search)
    return None if found is None else _proposal(problem, manager, routing, found)


def _is_plain(problem: Problem) -> bool:
    alike = all(
        car.start is not None and car.end is not None and not car.breaks and not car.per_minute for car in problem.cars
    )
    simple = all(
        not (
            request.alone
            or request.cars
            or request.wait_price
            or request.ride_price
            or stop.late_price
            or stop.early_price
        )
        for request in problem.requests
        for stop in (request.pickup, request.dropoff)
    )
    return alike and simple and len(problem.travel) == 1 and bool(problem.requests) and bool(problem.cars)


def _up(table: Any) -> Any:
    import numpy as np

    return np.ceil(np.asarray(table) * UNIT - 1e-9).astype(int).tolist()


def _limit(problem: Problem, manager: Any, routing: Any, time: Any, service: list[int], horizon: int) -> None:
    n, solver = len(problem.requests), routing.solver()

    def down(minutes: float) -> int:
        return int(min(minutes * UNIT, horizon))

    for i, request in enumerate(problem.requests):
        one, other = manager.NodeToIndex(i), manager.NodeToIndex(n + i)
        routing.AddPickupAndDelivery(one, other)
        solver.Add(routing.VehicleVar(one) == routing.VehicleVar(other))
        solver.Add(time.CumulVar(one) <= time.CumulVar(other))
        if request.max_ride < horizon / UNIT:
            solver.Add(time.CumulVar(other) - time.CumulVar(one) <= down(request.max_ride) + service[i])
        for index, stop in ((one, request.pickup), (other, request.dropoff)):
            time.CumulVar(index).SetRange(_up([stop.earliest])[0], down(stop.latest))
        routing.AddDisjunction([one], DROP)
        routing.AddDisjunction([other], DROP)
    for k, car in enumerate(problem.cars):
        begin = _up([car.begin])[0]
        time.CumulVar(routing.Start(k)).SetRange(begin, down(min(car.latest_begin, car.until)))
        time.CumulVar(routing.End(k)).SetRange(begin, down(car.until))
        if car.max_duty < horizon / UNIT:
            time.SetSpanUpperBoundForVehicle(down(car.max_duty), k)
        routing.AddVariableMinimizedByFinalizer(time.CumulVar(routing.End(k)))


def _proposal(problem: Problem, manager: Any, routing: Any, found: Any) -> Proposal:
    n = len(problem.requests)
    tours, seen = [], set()
    for k in range(len(problem.cars)):
        nodes = []
        index = found.Value(routing.NextVar(routing.Start(k)))
        while not routing.IsEnd(index):
            nodes.append(manager.IndexToNode(index) + 1)
            index = found.Value(routing.NextVar(index))
        seen |= set(nodes)
        if nodes:
            tours.append((k, nodes))
    return Proposal(tours, [i for i in range(n) if i + 1 not in seen])
