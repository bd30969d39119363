"""Where the cars of a day are: what of their tours has happened or is about to, and what is left of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain

from sarangbang.dispatch.explaining import LATE
from sarangbang.dispatch.model import HORIZON, INF, Impossible, Plan, Problem, Tour, Visit, twice

from .moments import Moment, Standing


def check_moment(problem: Problem, plan: Plan, moment: Moment) -> None:
    """Raise Impossible for what cannot be meant: numbers that are none, stops, guests and cars that do not exist."""
    n, cars = len(problem.requests), len(problem.cars)
    if not abs(moment.now) < HORIZON or not moment.freeze >= 0:
        raise Impossible("moment", "now must be a time of the day, and the minutes that are frozen 0 or more")
    planned = _check_plan(plan, n, cars)
    for node, when in moment.executed.items():
        if node not in planned:
            raise Impossible("moment", f"stop {node}, which is said to have happened, is in no tour")
        if not abs(when) < HORIZON or when < moment.executed.get(node - n, when):
            raise Impossible("moment", f"the time at which stop {node} happened cannot be")
    for i, (promise, slack) in moment.promised.items():
        if not 0 <= i < n or not math.isfinite(promise) or not slack >= 0:
            raise Impossible("moment", f"the promise to request {i} makes no sense")
    if not all(0 <= car < cars for car in moment.sent):
        raise Impossible("moment", "a crew that was told its tour does not exist")
    if (again := twice(car.name for car in chain(problem.cars, moment.spare))) is not None:
        raise Impossible("moment", f"two cars are named {again!r}")


def _check_plan(plan: Plan, n: int, cars: int) -> set[int]:
    """The nodes of its tours."""
    numbers = [tour.car for tour in plan.tours]
    if len(set(numbers)) < len(numbers) or not all(0 <= number < cars for number in numbers):
        raise Impossible("plan", "a car does not exist, or has two tours")
    found: set[int] = set()
    for tour in plan.tours:
        aboard: set[int] = set()
        for node in tour.nodes:
            if not 1 <= node <= 2 * n or node in found or (node > n and node - n not in aboard):
                raise Impossible("plan", f"stop {node} does not exist, is there twice, or comes before its pick-up")
            found.add(node)
            if node > n:
                aboard.remove(node - n)
            else:
                aboard.add(node)
        if aboard:
            raise Impossible("plan", f"the guest of stop {min(aboard)} is not brought by the car that fetches them")
    return found


class Stands:
    """Carries out what of the tours is fixed. ``released`` are stops that nobody has to make as planned."""

    def __init__(self, problem: Problem, moment: Moment, released: set[int]) -> None:
        self.problem, self.moment, self.released = problem, moment, released
        self.n = len(problem.requests)
        self.stops = [*(each.pickup for each in problem.requests), *(each.dropoff for each in problem.requests)]

    def of(self, number: int, tour: Tour | None) -> Standing:
        """Carry out the executed and frozen part of a tour."""
        car, moment, released = self.problem.cars[number], self.moment, self.released
        standing = Standing([], [], [], car.start, max(moment.now, car.begin), None, {}, 0.0, [])
        if tour is not None:
            executed, soon, until = moment.executed, moment.now + moment.freeze, 0
            for x, visit in enumerate(tour.visits, 1):
                if visit.node in executed or (visit.begin <= soon and visit.node not in released):
                    until = x
            done = tour.visits[:until]
            fixed = [visit for visit in done if visit.node not in released or visit.node in executed]
            if fixed:
                self._carry_out(standing, tour, fixed)
            elif tour.begin <= moment.now:
                standing.when = standing.begun = tour.begin
            self._go_on(standing, tour.visits[until:])
            standing.rest = [v.node for v in done if v.node in released and v.node not in executed and v.node]
            standing.rest += [visit.node for visit in tour.visits[until:] if visit.node is not None]
            self._go_home(standing, car.end)
        self._bring(standing)
        return standing

    def _go_on(self, standing: Standing, ahead: Sequence[Visit]) -> None:
        """A car that could not be at its next stop in time, if it only left now, is under way there since before."""
        now, problem = self.moment.now, self.problem
        left = standing.left = standing.when
        standing.when = max(standing.when, now)
        node = ahead[0].node if ahead else None
        if standing.begun is None or left >= now or node is None or node in self.released:
            return
        here, goal = standing.place, self.stops[node - 1].place
        if here is None or goal is None or now + problem.minutes(now, here, goal) <= ahead[0].begin + LATE:
            return
        standing.when, standing.place = max(now, left + problem.minutes(left, here, goal)), goal
        standing.length += float(problem.length[here, goal])

    def _go_home(self, standing: Standing, home: int | None) -> None:
        """A car with nothing to do any more went home, or stays where it was; one that is on its way may turn."""
        if standing.rest or standing.aboard:
            standing.left = standing.when
        elif standing.place is not None and home is not None and standing.begun is not None:
            arrive = standing.left + self.problem.minutes(standing.left, standing.place, home)
            if arrive <= self.moment.now:
                standing.length += float(self.problem.length[standing.place, home])
                standing.left, standing.place = arrive, home

    def _carry_out(self, standing: Standing, tour: Tour, fixed: Sequence[Visit]) -> None:
        executed = self.moment.executed
        fixed, happened = _in_order(fixed, executed, self.n)
        first = executed.get(fixed[0].node, fixed[0].begin) if fixed[0].node else fixed[0].begin
        standing.when = standing.begun = min(tour.begin, fixed[0].begin, first)
        for x, visit in enumerate(fixed):
            then = INF  # by when a stop of which nothing was said has happened
            if x < happened and visit.node not in executed:
                said = (executed[v.node] for v in fixed[x:happened] if v.node is not None and v.node in executed)
                then = next(said, self.moment.now)
            self._visit(standing, visit, then)

    def _visit(self, standing: Standing, visit: Visit, then: float) -> None:
        problem, node = self.problem, visit.node
        arrive = standing.when
        if node is None:
            begin = min(max(arrive, visit.begin), then)
            standing.rests.append((visit.begin, visit.leave - visit.begin))
            standing.when = begin + visit.leave - visit.begin
        else:
            stop = self.stops[node - 1]
            goal = standing.place if stop.place is None else stop.place
            if standing.place is not None and goal is not None:
                arrive += problem.minutes(arrive, standing.place, goal)
                standing.length += float(problem.length[standing.place, goal])
            said = self.moment.executed.get(node)
            if said is None:
                expected = max(arrive, visit.begin)
                if then == INF:
                    expected = max(expected, stop.earliest, self.moment.now)
                said = min(expected, then)
            begin = said
            standing.when, standing.place = begin + stop.service, goal
            standing.fixed.append(node)
            if node <= self.n:
                standing.aboard[node - 1] = standing.when
            else:
                standing.aboard.pop(node - 1 - self.n, None)
        visits = standing.visits
        if visits and visits[-1].leave > begin:  # it took less time than planned
            visits[-1] = Visit(visits[-1].node, visits[-1].arrive, visits[-1].begin, begin)
        visits.append(Visit(node, min(arrive, begin), begin, standing.when))

    def _bring(self, standing: Standing) -> None:
        """When everybody aboard is brought, in the order in which they were to be; that has to be possible."""
        when, place = standing.when, standing.place
        if standing.aboard:
            for node in standing.rest:
                i = node - 1 - self.n
                if i in standing.aboard:
                    stop = self.stops[node - 1]
                    if place is not None and stop.place is not None:
                        when += self.problem.minutes(when, place, stop.place)
                    place = place if stop.place is None else stop.place
                    when = max(when, stop.earliest)
                    standing.brings[i] = when
                    when += stop.service
        standing.free, standing.last = when, place


def _in_order(fixed: Sequence[Visit], executed: Mapping[int, float], n: int) -> tuple[list[Visit], int]:
    """Visits as they happened, and how many of them have: a crew may have taken another order than was planned, and
    what nothing was said of but comes before an executed stop has happened, too."""
    last = max((x for x, visit in enumerate(fixed) if visit.node in executed), default=-1)
    times, latest = [], -INF
    for visit in fixed[: last + 1]:
        latest = executed.get(visit.node, latest) if visit.node else latest
        brought = executed.get(visit.node + n, INF) if visit.node else INF
        times.append(min(latest, brought))  # fetched before brought
    order = sorted(range(last + 1), key=times.__getitem__)
    return [*(fixed[x] for x in order), *fixed[last + 1 :]], last + 1
