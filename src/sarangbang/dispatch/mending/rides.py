"""The rides of a day that is mended: what one choice of appointments costs, and who is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sarangbang.dispatch.explaining import Reason
from sarangbang.dispatch.model import Plan, Problem, Request, Tour, Visit
from sarangbang.dispatch.solving import Effort

from .facts import Facts, problem_of
from .model import Carried
from .moments import ChangePrices, Moment
from .replanning import Mending

NOTICED = 1.0
"""Minutes by which a pick-up or drop-off has to move for anybody to be told."""
TINY = 12
"""Rides up to which every answer is searched thoroughly: it takes milliseconds."""
THOROUGH = 400
"""Steps of that search."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """An answer for the rides: who is left out, what the rest of the day costs more than before, who is carried how.
    ``saved``: by how much ways are shorter than before. Without ``mending`` nothing is touched."""

    missing: frozenset[str]
    cost: float
    carried: Mapping[str, Carried]
    mending: Mending | None = None
    plan: Plan | None = None
    saved: float = 0.0

    @property
    def rank(self) -> tuple[int, float]:
        return len(self.missing), self.cost

    @property
    def disruption(self) -> tuple[int, float, float]:
        """Shorter ways alone are no reason to disturb anybody."""
        return len(self.missing), self.cost + self.saved, self.cost


class Rides:
    """The rides after the news. ``windows`` are requests that differ from ``facts.rides``."""

    def __init__(self, facts: Facts, clock: Callable[[], float]) -> None:
        self.facts, self.clock = facts, clock
        situation, prices = facts.situation, facts.situation.prices
        self.prices = ChangePrices(prices.other_car, prices.moved_minute, prices.other_tour)
        self.before = self.ways = 0.0
        given = situation.rides.requests
        same = all(facts.rides.get(each.name) is each for each in given if each.name in situation.carried)
        self.touched = len(facts.cars) < len(situation.rides.cars) or not same
        self.touched |= any(name not in situation.carried for name in facts.rides)
        self.known = False
        self.slow = 0.0  # what one answer takes

    def _weigh(self) -> None:
        """What the rest of the day would have cost."""
        if self.known:
            return
        self.known = True
        situation = self.facts.situation
        requests = [request for request in situation.rides.requests if request.name in situation.carried]
        if requests:
            problem = problem_of(self.facts, requests, situation.rides.cars)
            mending = self._mending(problem, situation.carried, situation.aboard, situation.arrived)
            plan = mending.keep_order()
            self.before, self.ways = _price(plan), _ways(plan)

    def answer(self, windows: Mapping[str, Request]) -> Fleet:
        """Delayed guests put in again where it costs least; on a tiny day a search as well."""
        if not windows and not self.touched:
            return Fleet(frozenset(), 0.0, self.facts.carried)
        self._weigh()
        begun = self.clock()
        mending = self._after(windows)
        found = [self._fleet(mending, mending.put_in_again())]
        self.slow = max(self.slow, self.clock() - begun)
        if len(mending.left) <= TINY:
            found.append(self._fleet(mending, mending.keep_order()))
            found.append(self._fleet(mending, mending.search(self._effort(None))))
        return min(found, key=lambda each: each.rank)

    def search(self, windows: Mapping[str, Request], known: Fleet, seconds: float, seed: int) -> Fleet:
        """What a search of so long makes of it; with the spare cars when somebody would be left out otherwise."""
        if known.mending is None or known.plan is None:
            return known
        small, good = len(known.mending.left) <= TINY, known.mending.is_good(known.plan)
        if not small and not good:
            mending = known.mending
            found = [self._fleet(mending, mending.keep_order())]
            seconds -= 2 * self.slow  # one for laying out, and one for telling
            if seconds > 0:
                found.append(self._fleet(mending, mending.search(self._effort(seconds, seed), known.plan)))
            known = min(known, *found, key=lambda each: each.disruption)
        if known.missing and self.facts.situation.spare:
            spare = self._after(windows, spare=True)
            known = min(known, self._fleet(spare, spare.put_in_again()), key=lambda each: each.rank)
        return known

    def why(self, fleet: Fleet) -> list[Reason]:
        if fleet.mending is None or fleet.plan is None:
            return []
        return [reason for reason in fleet.mending.alarms(fleet.plan) if not reason.late]

    def _carried(self, mending: Mending, plan: Plan) -> dict[str, Carried]:
        """Every ride that has a car, with its times."""
        problem = mending.problem
        whole = mending.whole(plan)
        begins = {visit.node: visit.begin for tour in whole.tours for visit in tour.visits if visit.node}
        count = len(problem.requests)
        return {
            problem.requests[node - 1].name: Carried(problem.cars[tour.car].name, begins[node], begins[node + count])
            for tour in whole.tours
            for node in tour.nodes
            if node <= count and node + count in begins
        }

    def _effort(self, seconds: float | None, seed: int = 0) -> Effort:
        steps = THOROUGH if seconds is None else None
        return Effort(seconds=seconds, steps=steps, seed=seed, clock=self.clock, hot=0.3, cold=0.02, most=15)

    def _after(self, windows: Mapping[str, Request], *, spare: bool = False) -> Mending:
        facts = self.facts
        requests = [windows.get(name, request) for name, request in facts.rides.items()]
        cars = [*facts.cars, *facts.situation.spare] if spare else facts.cars
        return self._mending(problem_of(facts, requests, cars), facts.carried, facts.aboard, facts.arrived)

    def _mending(
        self, problem: Problem, carried: Mapping[str, Carried], aboard: Iterable[str], arrived: Iterable[str]
    ) -> Mending:
        number, situation = {request.name: i for i, request in enumerate(problem.requests)}, self.facts.situation
        plan = plan_from(problem, carried, situation.rests)
        begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits}
        happened = [number[name] + 1 for name in {*aboard, *arrived} if name in number]
        happened += [number[name] + 1 + len(number) for name in arrived if name in number]
        moment = Moment(
            situation.now,
            {node: begins[node] for node in happened if node in begins},
            {number[name]: promise for name, promise in situation.promised.items() if name in number},
            frozenset(k for k, car in enumerate(problem.cars) if car.name in situation.told),
            freeze=situation.freeze,
        )
        return Mending(problem, plan, moment, self.prices)

    def _fleet(self, mending: Mending, plan: Plan) -> Fleet:
        names = [mending.rest.requests[i].name for i in plan.unserved]
        carried, before = self._carried(mending, plan), self.facts.situation.carried
        told = sum(
            name in before and not same(each, before[name])
            for name, each in carried.items()
            if f"ride {name}" not in self.facts.hit
        )
        price = self.facts.situation.prices.told_guest * told
        saved = max(0.0, self.ways - _ways(plan))
        return Fleet(frozenset(names), _price(plan) - self.before + price, carried, mending, plan, saved)


def same(old: Carried, new: Carried) -> bool:
    """Whether nobody would notice a difference."""
    times = ((old.pickup, new.pickup), (old.dropoff, new.dropoff))
    return old.car == new.car and all(abs(one - other) <= NOTICED for one, other in times)


def _price(plan: Plan) -> float:
    return plan.cost - plan.costs.get("unserved", 0.0)


def _ways(plan: Plan) -> float:
    return sum(plan.costs.get(what, 0.0) for what in ("distance", "fixed", "duty", "waiting", "riding"))


def plan_from(
    problem: Problem, carried: Mapping[str, Carried], rests: Mapping[str, tuple[tuple[float, float], ...]]
) -> Plan:
    """Tours of the cars, from when each ride is or was fetched and brought, and from their breaks."""
    count = len(problem.requests)
    cars = {car.name: k for k, car in enumerate(problem.cars)}
    stops: dict[int, list[tuple[float, int, int | None, float]]] = {}
    missing = []
    for i, request in enumerate(problem.requests):
        ride = carried.get(request.name)
        if ride is None or ride.car not in cars:
            missing.append(i)
            continue
        row = stops.setdefault(cars[ride.car], [])
        last = 0 if ride.dropoff > ride.pickup else 3  # at the same minute whoever gets out goes first
        until = max(ride.pickup, ride.dropoff)
        row.append((ride.pickup, 1, i + 1, ride.pickup + request.pickup.service))
        row.append((until, last, i + 1 + count, until + request.dropoff.service))
    for name, breaks in rests.items():
        if name in cars:
            stops.setdefault(cars[name], []).extend((begin, 2, None, end) for begin, end in breaks)
    tours = tuple(_tour(problem, k, sorted(row, key=lambda each: each[:2])) for k, row in sorted(stops.items()))
    return Plan(tours, tuple(missing), {})


def _tour(problem: Problem, number: int, row: list[tuple[float, int, int | None, float]]) -> Tour:
    car = problem.cars[number]
    visits, place, length = [], car.start, 0.0
    for begin, _order, node, leave in row:
        visits.append(Visit(node, begin, begin, leave))
        there = problem.stop(node).place if node is not None else None
        if there is not None:
            length += float(problem.length[place, there]) if place is not None else 0.0
            place = there
    end, begin = row[-1][3], row[0][0]
    first = next((problem.stop(node).place for _b, _o, node, _l in row if node is not None), None)
    if car.start is not None and first is not None:
        begin -= problem.minutes(begin, car.start, first)
    if car.end is not None and place is not None:
        end += problem.minutes(end, place, car.end)
        length += float(problem.length[place, car.end])
    return Tour(number, begin, end, tuple(visits), length)
