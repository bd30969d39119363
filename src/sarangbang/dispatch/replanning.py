"""A day that goes otherwise than planned, mended with as few changes as possible.

What has happened and what is about to is not touched: executed stops, guests aboard (their drop-off may move within
the same car), stops of the next minutes, promises. What is left is a day of its own: every car starts where and when
its last fixed stop leaves it, who is aboard is a request that only this car can finish.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .explaining import LATE, explain
from .model import INF, Car, Plan, Problem, Request, Stop, Tour, Visit
from .moments import Change, ChangePrices, Moment, Replanned, Standing
from .pauses import undisturbed
from .preparing import Prepared, prepare
from .scheduling import Timed, plan_of
from .solving import Effort, Search

BUSY = 0.5  # share of a core below which there is no time for the very best times
OVERDUE_PRICE = 50.0  # of a minute by which somebody who is aboard comes too late


@undisturbed()
def replan(
    problem: Problem,
    plan: Plan,
    moment: Moment,
    *,
    prices: ChangePrices | None = None,
    seconds: float = 1.0,
    seed: int = 0,
    steps: int | None = None,
) -> Replanned:
    """The plan for the rest of ``problem``, which has the new hours; ``plan`` is the one so far.

    ``seconds`` is for all tiers together. With ``steps`` the search takes these and no more.
    """
    began = time.perf_counter()
    prices = prices or ChangePrices()
    mend = Mending(problem, plan, moment, prices)
    chosen, tier = mend.keep_order(), 1
    if not mend.is_good(chosen):
        chosen, tier = mend.put_in_again(), 2
    if not mend.is_good(chosen):
        spent = time.perf_counter() - began
        # what comes after the search takes about as long on a busy machine: the best times, spare cars, the answer
        left = max(0.0, seconds - spent - max(0.25 * seconds, 1.5 * spent))
        effort = Effort(seconds=left, steps=steps, seed=seed, hot=0.3, most=15)
        better = mend.search(effort)
        if mend.rank(better) < mend.rank(chosen):
            chosen, tier = better, 3
    if chosen.unserved and moment.spare:
        called = Mending(replace(problem, cars=[*problem.cars, *moment.spare]), plan, moment, prices)
        called.start = list(mend.start) + [[] for _car in moment.spare]
        better = called.put_in_again()
        if len(better.unserved) < len(chosen.unserved):
            mend, chosen, tier = called, better, 4
    if chosen.unserved:
        tier = 5
    alarms = tuple(explain(mend.rest, chosen)) if chosen.unserved else ()
    whole = mend.whole(chosen)
    frozen = {car: tuple(standing.fixed) for car, standing in enumerate(mend.standings)}
    return Replanned(mend.problem, whole, tier, mend.changes(whole), alarms, frozen)


class Mending:
    """The rest of a day and the tiers of mending it."""

    def __init__(self, problem: Problem, plan: Plan, moment: Moment, prices: ChangePrices) -> None:
        self.problem, self.plan, self.moment, self.prices = problem, plan, moment, prices
        self.n = len(problem.requests)
        self.old = {tour.car: tour for tour in plan.tours}
        self.begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}
        self.cars = {node: tour.car for tour in plan.tours for node in tour.nodes}
        self.delayed = self._delayed()
        self.standings = [self._standing(car) for car in range(len(problem.cars))]
        aboard = {i for standing in self.standings for i in standing.aboard}
        fixed = {node for standing in self.standings for node in standing.fixed}
        self.left = [i for i in range(self.n) if i in aboard or i + 1 not in fixed]
        self.number = {request: x for x, request in enumerate(self.left)}
        self.rest = self._rest(aboard)
        self.timed: Timed = {}  # tours that the first two tiers have in common
        self.start = [
            [self._node(i + 1) for i in standing.aboard] + [self._node(node) for node in standing.rest]
            for standing in self.standings
        ]

    def _delayed(self) -> set[int]:
        """Requests whose pick-up has not happened and can no longer happen when it was planned."""
        return {
            i
            for i, request in enumerate(self.problem.requests)
            if i + 1 not in self.moment.executed
            and i + 1 in self.begins
            and not request.pickup.earliest - LATE <= self.begins[i + 1] <= request.pickup.latest + LATE
        }

    def _node(self, node: int) -> int:
        request = (node - 1) % self.n
        return self.number[request] + 1 + (len(self.left) if node > self.n else 0)

    def _standing(self, number: int) -> Standing:
        """Carry out the executed and frozen part of a tour."""
        car, tour, moment = self.problem.cars[number], self.old.get(number), self.moment
        visits = tour.visits if tour else ()
        released = {node for i in self.delayed for node in (i + 1, i + 1 + self.n)}
        until = -1
        for x, visit in enumerate(visits):
            if visit.node in moment.executed or (
                visit.begin <= moment.now + moment.freeze and visit.node not in released
            ):
                until = x
        fixed = [v for v in visits[: until + 1] if v.node not in released or v.node in moment.executed]
        standing = Standing([], [], [], car.start, max(moment.now, car.begin), None, {}, 0.0, 0)
        if fixed and tour:
            standing.when, standing.begun = min(tour.begin, fixed[0].begin), min(tour.begin, fixed[0].begin)
        elif tour and tour.begin <= moment.now:
            standing.begun = tour.begin
        for visit in fixed:
            self._carry_out(standing, visit)
        standing.when = max(standing.when, moment.now)
        standing.rest = [v.node for v in visits[until + 1 :] if v.node is not None]
        standing.rest = [
            v.node for v in visits[: until + 1] if v.node in released and v.node not in moment.executed
        ] + standing.rest
        return standing

    def _carry_out(self, standing: Standing, visit: Visit) -> None:
        problem, moment, node = self.problem, self.moment, visit.node
        if node is None:
            begin = max(standing.when, visit.begin)
            standing.rested += 1
            standing.visits.append(Visit(None, standing.when, begin, begin + visit.leave - visit.begin))
            standing.when = begin + visit.leave - visit.begin
            return
        stop = problem.stop(node)
        goal = standing.place if stop.place is None else stop.place
        arrive = standing.when
        if standing.place is not None and goal is not None:
            arrive += problem.minutes(standing.when, standing.place, goal)
            standing.length += float(problem.length[standing.place, goal])
        expected = max(arrive, stop.earliest, visit.begin, moment.now)
        begin = moment.executed.get(node, expected)
        standing.when, standing.place = begin + stop.service, goal
        standing.visits.append(Visit(node, min(arrive, begin), begin, standing.when))
        standing.fixed.append(node)
        if problem.is_pickup(node):
            standing.aboard[node - 1] = standing.when
        else:
            standing.aboard.pop(node - 1 - self.n, None)

    def _rest(self, aboard: set[int]) -> Problem:
        where = {i: number for number, standing in enumerate(self.standings) for i in standing.aboard}
        requests = [self._aboard(i, where[i]) if i in aboard else self._waiting(i) for i in self.left]
        cars = [self._car(number) for number in range(len(self.problem.cars))]
        return replace(self.problem, requests=requests, cars=cars)

    def _aboard(self, i: int, number: int) -> Request:
        """Who is aboard: must be finished by this car, too late rather than never."""
        request, standing = self.problem.requests[i], self.standings[number]
        here, goal = standing.place, request.dropoff.place
        direct = 0.0 if here is None or goal is None else self.problem.minutes(standing.when, here, goal)
        spent = standing.when - standing.aboard[i]
        dropoff = replace(
            request.dropoff,
            latest=INF,
            due=min(request.dropoff.due, request.dropoff.latest),
            late_price=max(request.dropoff.late_price, OVERDUE_PRICE),
        )
        pickup = Stop(None, standing.when, standing.when)
        most = max(request.max_ride - spent, 2 * direct + 1.0 if request.max_ride - spent < direct else 0.0)
        return replace(
            request,
            pickup=pickup,
            dropoff=dropoff,
            max_ride=most,
            cars=frozenset({self.problem.cars[number].name}),
            price=None,
        )

    def _waiting(self, i: int) -> Request:
        request, moment = self.problem.requests[i], self.moment
        old = request.pickup
        earliest, latest = max(old.earliest, moment.now), old.latest
        ready, early_price, due, late_price = old.ready, old.early_price, old.due, old.late_price
        if i not in self.delayed:
            if i in moment.promised:
                promise, slack = moment.promised[i]
                earliest, latest = max(earliest, promise - slack), min(latest, promise + slack)
            was = self.begins.get(i + 1)
            if was is not None and not late_price:
                due, late_price = was, self.prices.moved_minute
            if was is not None and not early_price:
                ready, early_price = was, self.prices.moved_minute
        pickup = Stop(old.place, earliest, max(earliest, latest), old.service, ready, early_price, due, late_price)
        car = self.cars.get(i + 1)
        name = None if car is None else self.problem.cars[car].name
        return Request(  # field by field, because dataclasses.replace() takes ten times as long
            request.name,
            pickup,
            request.dropoff,
            request.load,
            request.max_ride,
            request.alone,
            request.price,
            request.wait_price,
            request.ride_price,
            request.cars,
            name,
            self.prices.other_car,
        )

    def _car(self, number: int) -> Car:
        car, standing = self.problem.cars[number], self.standings[number]
        breaks = car.breaks[standing.rested :]
        breaks = tuple(replace(rest, latest=max(rest.latest, standing.when), earliest=rest.earliest) for rest in breaks)
        sent = None
        if number in self.moment.sent:
            sent = tuple([self._node(i + 1) for i in standing.aboard] + [self._node(node) for node in standing.rest])
        mended: dict[str, Any] = {
            "start": standing.place,
            "begin": standing.when,
            "until": max(car.until, standing.when),
            "breaks": breaks,
            "sent": sent,
            "resend_price": self.prices.other_tour,
        }
        if standing.begun is None:
            return replace(car, latest_begin=max(car.latest_begin, standing.when), **mended)
        most = car.max_duty - (standing.when - standing.begun)
        return replace(car, latest_begin=standing.when, max_duty=max(most, 0.0), fixed=0.0, **mended)

    def keep_order(self) -> Plan:
        return self._evaluated(drop=set())

    def put_in_again(self) -> Plan:
        return self._evaluated(drop=self.delayed)

    def _evaluated(self, drop: set[int]) -> Plan:
        """The present tours without those who are dropped; whoever then has no place is put where it is cheapest."""
        run = self._run(Effort(seconds=None, steps=0), neighbours=False)
        for number, nodes in enumerate(self.start):
            out = {self.number[i] for i in drop if i in self.number}
            kept = [node for node in nodes if (node - 1) % len(self.left) not in out]
            self._take(run, number, kept)
        run.rest(run.now)
        if drop:
            run.insert_waiting()
        return plan_of(self.rest, run.prepared, run.now, exact=False, known=self.timed)

    def _take(self, run: Search, number: int, nodes: list[int]) -> None:
        """The longest part of a tour that is possible: guests that do not fit any more are left out, the last first."""
        count = len(self.left)
        nodes = list(nodes)
        while not run.take(run.now, number, run.stops_of(nodes)):
            fixed = {self.number[i] for i in self.standings[number].aboard}
            free = [(node - 1) % count for node in nodes if (node - 1) % count not in fixed]
            if not free:
                break
            late = [self.number[i] for i in self.delayed if i in self.number and self.number[i] in free]
            gone = late[0] if late else free[-1]
            nodes = [node for node in nodes if (node - 1) % count != gone]

    @functools.cached_property
    def prepared(self) -> Prepared:
        """The rest of the day for the first two tiers, which ask every car."""
        return prepare(self.rest, neighbours=False)

    def _run(self, effort: Effort, *, neighbours: bool) -> Search:
        begun = effort.clock()
        run = Search(self.rest, prepare(self.rest) if neighbours else self.prepared, effort, begun)
        run.begin(None)
        return run

    def search(self, effort: Effort) -> Plan:
        begun, processor = effort.clock(), time.process_time()
        run = self._run(effort, neighbours=True)
        laid_out = effort.clock() - begun
        for number, nodes in enumerate(self.start):
            self._take(run, number, nodes)
        run.rest(run.now)
        run.insert_waiting()
        run.settle_start()
        run.exhaust()
        run.insist_on_rests()
        # the best times of all tours take some times as long as laying the day out, and longer where others are busy
        ours = (time.process_time() - processor) / max(1e-6, effort.clock() - begun)
        hurry = effort.seconds is not None and (laid_out > 0.05 * effort.seconds or ours < BUSY)
        return plan_of(self.rest, run.prepared, run.best, exact=not hurry)

    def is_good(self, plan: Plan) -> bool:
        """Everybody is served, and all changes together are not dearer than a guest in another car."""
        changes = plan.costs["late"] + plan.costs["early"] + plan.costs["changes"]
        return not plan.unserved and changes <= self.prices.other_car

    def rank(self, plan: Plan) -> tuple[int, float]:
        return len(plan.unserved), plan.cost

    def whole(self, plan: Plan) -> Plan:
        """The rest put behind what is fixed."""
        after = {tour.car: tour for tour in plan.tours}
        tours = []
        for number, standing in enumerate(self.standings):
            tour = after.get(number)
            if not standing.visits and tour is None:
                continue
            visits = list(standing.visits)
            end, length = standing.when, standing.length
            begin = standing.begun if standing.begun is not None else (tour.begin if tour else standing.when)
            home = self.problem.cars[number].end
            if tour:
                rest = [self._visit(v) for v in tour.visits if v.node is None or not self._is_start(v.node)]
                same = self._as_before(number, rest)
                visits += same or rest
                end, length = self.old[number].end if same else tour.end, length + tour.length
            elif standing.place is not None and home is not None:
                end += self.problem.minutes(end, standing.place, home)
                length += float(self.problem.length[standing.place, home])
            tours.append(Tour(number, begin, end, tuple(visits), length))
        return Plan(tuple(tours), tuple(self.left[i] for i in plan.unserved), plan.costs, plan.steps)

    def _as_before(self, number: int, rest: list[Visit]) -> list[Visit] | None:
        """The old times of a car's rest of the day, when its stops are the same and the times can still be kept."""
        standing, tour = self.standings[number], self.old.get(number)
        if tour is None or [visit.node for visit in rest] != [v.node for v in tour.visits[len(standing.visits) :]]:
            return None
        old = list(tour.visits[len(standing.visits) :])
        begins = {visit.node: visit.begin for visit in (*standing.visits, *old)}
        when, place = standing.when, standing.place
        for visit in old:
            if visit.node is not None:
                stop, request = self.problem.stop(visit.node), self.problem.request(visit.node)
                if stop.place is not None:
                    when += 0.0 if place is None else self.problem.minutes(when, place, stop.place)
                    place = stop.place
                ride = visit.begin - begins.get(visit.node - self.n, visit.begin) - request.pickup.service
                if not stop.earliest - LATE <= visit.begin <= stop.latest + LATE or ride > request.max_ride + LATE:
                    return None
            if when > visit.begin + LATE:
                return None
            when = visit.leave
        return old

    def _is_start(self, node: int) -> bool:
        return node <= len(self.left) and self.rest.requests[node - 1].pickup.place is None

    def _visit(self, visit: Visit) -> Visit:
        if visit.node is None:
            return visit
        count = len(self.left)
        node = self.left[(visit.node - 1) % count] + 1 + (self.n if visit.node > count else 0)
        return replace(visit, node=node)

    def changes(self, plan: Plan) -> tuple[Change, ...]:
        """What is different from the plan so far, for whom, and which delayed guest made it so."""
        begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}
        cars = {node: tour.car for tour in plan.tours for node in tour.nodes}
        names = [car.name for car in self.problem.cars]
        found: list[Change] = []
        for i, request in enumerate(self.problem.requests):
            nodes = i + 1, i + 1 + self.n
            because = self._because(i, cars)
            if nodes[0] not in begins or nodes[0] not in self.begins:
                if (nodes[0] in begins) != (nodes[0] in self.begins):
                    code = "served-again" if nodes[0] in begins else "not-served"
                    found.append(Change(code, request.name, {}, because))
                continue
            if cars[nodes[0]] != self.cars[nodes[0]]:
                both = {"from": names[self.cars[nodes[0]]], "to": names[cars[nodes[0]]]}
                found.append(Change("other-car", request.name, both, because))
            for code, node in (("pick-up-moved", nodes[0]), ("drop-off-moved", nodes[1])):
                if abs(begins[node] - self.begins[node]) > 1.0:
                    about = {"from": self.begins[node], "to": begins[node]}
                    found.append(Change(code, request.name, about, because))
        old = {number: tour.nodes for number, tour in self.old.items()}
        for number, name in enumerate(names):
            nodes_now = next((tour.nodes for tour in plan.tours if tour.car == number), [])
            if nodes_now != old.get(number, []):
                found.append(Change("other-tour", name, {"stops": len(nodes_now)}, None))
        return tuple(found)

    def _because(self, i: int, cars: Mapping[int, int]) -> str | None:
        """The guest's own name when they are delayed, else that of a delayed guest in the car they had or have."""
        if i in self.delayed:
            return self.problem.requests[i].name
        own = {self.cars.get(i + 1), cars.get(i + 1)} - {None}
        for j in sorted(self.delayed):
            if {self.cars.get(j + 1), cars.get(j + 1)} & own:
                return self.problem.requests[j].name
        return None
