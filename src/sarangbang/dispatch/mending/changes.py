"""What a mended day is as a whole, and what of it is new for whom and because of whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sarangbang.dispatch.explaining import LATE
from sarangbang.dispatch.model import Plan, Tour, Visit

from .moments import Change

if TYPE_CHECKING:
    from .replanning import Mending

NOTICED = 1.0  # minutes by which a stop has to move for anybody to be told
ABOARD = -1  # in place of the pick-up of somebody who was fetched before


def whole(mend: Mending, plan: Plan) -> Plan:
    """A plan of the rest of the day put behind what is fixed."""
    problem, after = mend.problem, {tour.car: tour for tour in plan.tours}
    tours = []
    for number, standing in enumerate(mend.standings):
        tour = after.get(number)
        if not standing.visits and tour is None:
            continue
        visits, end, length = list(standing.visits), standing.left, standing.length
        begin = standing.begun if standing.begun is not None else (tour.begin if tour else standing.when)
        home = problem.cars[number].end
        if tour:
            same = _as_before(mend, number, tour)
            visits += same or _rest(mend, tour)
            end, length = mend.old[number].end if same else tour.end, length + tour.length
        elif standing.place is not None and home is not None:
            end += problem.minutes(end, standing.place, home)
            length += float(problem.length[standing.place, home])
        tours.append(Tour(number, begin, end, tuple(visits), length))
    return Plan(tuple(tours), tuple(mend.left[i] for i in plan.unserved), plan.costs, plan.steps)


def _rest(mend: Mending, tour: Tour) -> list[Visit]:
    """The visits of a tour with the nodes of the whole day, without the pick-ups of those who are aboard already."""
    named = ((_node(mend, visit.node), visit) for visit in tour.visits)
    return [Visit(node, each.arrive, each.begin, each.leave) for node, each in named if node != ABOARD]


def _node(mend: Mending, node: int | None) -> int | None:
    """A node of the rest of the day as one of the whole day; a break has none, and who is aboard is not fetched."""
    if node is None:
        return None
    left, count = mend.left, len(mend.left)
    if node > count:
        return left[node - 1 - count] + 1 + mend.n
    return ABOARD if left[node - 1] in mend.aboard else left[node - 1] + 1


def _as_before(mend: Mending, number: int, new: Tour) -> list[Visit] | None:
    """The old times of a car's rest of the day, when its stops are the same and the times can still be kept."""
    standing, tour, problem, n = mend.standings[number], mend.old.get(number), mend.problem, mend.n
    if tour is None:
        return None
    old = list(tour.visits[len(standing.visits) :])
    nodes = [_node(mend, visit.node) for visit in new.visits]
    if [node for node in nodes if node != ABOARD] != [visit.node for visit in old]:
        return None
    begins = {visit.node: visit.begin for visit in (*standing.visits, *old)}
    when, place = standing.when, standing.place
    for visit in old:
        if visit.node is not None:
            stop, request = problem.stop(visit.node), problem.request(visit.node)
            if stop.place is not None:
                when += 0.0 if place is None else problem.minutes(when, place, stop.place)
                place = stop.place
            ride = visit.begin - begins.get(visit.node - n, visit.begin) - request.pickup.service
            if not stop.earliest - LATE <= visit.begin <= stop.latest + LATE or ride > request.max_ride + LATE:
                return None
        if when > visit.begin + LATE:
            return None
        when = visit.leave
    return old


def changes(mend: Mending, plan: Plan) -> tuple[Change, ...]:
    """What is different from the plan so far, for whom, and which guest of the news made it so. What has happened is
    nobody's change any more."""
    n, happened, names = mend.n, mend.moment.executed, [car.name for car in mend.problem.cars]
    begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}
    cars = {node: tour.car for tour in plan.tours for node in tour.nodes}
    causes = _causes(mend, cars)
    found: list[Change] = []
    differ = begins.items() ^ mend.begins.items() | cars.items() ^ mend.cars.items()
    for i in sorted({(node - 1) % n for node, _what in differ}):
        request, pickup, dropoff = mend.problem.requests[i], i + 1, i + 1 + n
        served, before = dropoff in begins, dropoff in mend.begins
        own: list[tuple[str, dict[str, object]]] = []
        if served != before:
            own.append(("served-again" if served else "not-served", {}))
        elif served:
            old, new = mend.cars[pickup], cars[pickup]
            if old != new:
                own.append(("other-car", {"from": names[old], "to": names[new]}))
            for code, node in (("pick-up-moved", pickup), ("drop-off-moved", dropoff)):
                if abs(begins[node] - mend.begins[node]) > NOTICED and node not in happened:
                    own.append((code, {"from": mend.begins[node], "to": begins[node]}))
        if own:
            because = _because(mend, causes, i, cars)
            found += [Change(code, request.name, about, because) for code, about in own]
    now = {tour.car: tour.nodes for tour in plan.tours}
    for number, name in enumerate(names):
        ahead, was = now.get(number, []), mend.told.get(number, [])
        if ahead != was and [x for x in ahead if x not in happened] != [x for x in was if x not in happened]:
            cause = causes.get(number)
            because = None if cause is None else mend.problem.requests[cause].name
            found.append(Change("other-tour", name, {"stops": len(ahead)}, because))
    return tuple(found)


def _because(mend: Mending, causes: Mapping[int, int], i: int, cars: Mapping[int, int]) -> str | None:
    """The guest's own name when the news is about them, else that of whom it is about and who changed their car."""
    if i in mend.news:
        return mend.problem.requests[i].name
    both = mend.cars.get(i + 1), cars.get(i + 1)
    own = [causes[car] for car in both if car is not None and car in causes]
    return mend.problem.requests[min(own)].name if own else None


def _causes(mend: Mending, cars: Mapping[int, int]) -> dict[int, int]:
    """Car → guest of the news who changed its tour: by leaving or coming, or by driving somebody else there."""
    beside: dict[int, set[int]] = defaultdict(set)
    for i in range(mend.n):
        old, new = mend.cars.get(i + 1), cars.get(i + 1)
        if old is not None and new is not None and old != new and i not in mend.news:
            beside[old].add(new)
            beside[new].add(old)
    causes: dict[int, int] = {}
    for i in sorted(mend.news):
        for car in (mend.cars.get(i + 1), cars.get(i + 1)):
            if car is not None:
                causes.setdefault(car, i)
    reached = list(causes)
    for car in reached:  # grows meanwhile
        for other in sorted(beside[car]):
            if other not in causes:
                causes[other] = causes[car]
                reached.append(other)
    return causes
