"""A day that goes otherwise than planned, mended with as few changes as possible.

What has happened and what is about to is not touched: executed stops, guests aboard (their drop-off may move within
the same car), stops of the next minutes, promises. What is left is a day of its own: every car starts where and when
its last fixed stop leaves it, who is aboard is a request that only this car can finish.
"""

from __future__ import annotations

import functools
import time
from dataclasses import replace

from sarangbang.dispatch import arrays
from sarangbang.dispatch.arrays import STOP
from sarangbang.dispatch.explaining import LATE, Reason, explain
from sarangbang.dispatch.laying import refresh
from sarangbang.dispatch.model import HORIZON, INF, Break, Car, Plan, Problem, Request, Stop
from sarangbang.dispatch.pauses import undisturbed
from sarangbang.dispatch.preparing import Prepared, prepare
from sarangbang.dispatch.resting import which
from sarangbang.dispatch.scheduling import Timed, plan_of
from sarangbang.dispatch.solving import Effort, Search

from .changes import changes, whole
from .moments import ChangePrices, Moment, Replanned
from .standing import Stands, check_moment

BUSY = 0.5  # share of a core below which there is no time for the very best times
ORDER, AGAIN, SEARCH, SPARE, ALARM = range(1, 6)


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
    tiers: int = ALARM,
) -> Replanned:
    """The plan for the rest of ``problem``, which has the new hours; ``plan`` is the one so far.

    ``seconds`` is for all tiers together. With ``steps`` the search takes these and no more. Tiers after ``tiers`` are
    not asked: with 2 the answer comes at once, and who is left out by it is named all the same. Raises Impossible for
    a plan or a moment that does not belong to the day.
    """
    began = time.perf_counter()
    mend = Mending(problem, plan, moment, prices or ChangePrices())
    chosen, tier = mend.keep_order(), ORDER
    if not mend.is_good(chosen) and tiers >= AGAIN:
        again = mend.put_in_again()
        if mend.rank(again) < mend.rank(chosen):
            chosen, tier = again, AGAIN
    if not mend.is_good(chosen) and tiers >= SEARCH:
        spent = time.perf_counter() - began
        # what comes after the search takes about as long on a busy machine: the best times, spare cars, the answer
        left = max(0.0, seconds - spent - max(0.25 * seconds, 1.5 * spent))
        better = mend.search(Effort(seconds=left, steps=steps, seed=seed, hot=0.3, cold=0.02, most=15), chosen)
        if mend.rank(better) < mend.rank(chosen):
            chosen, tier = better, SEARCH
    if mend.missing(chosen) and moment.spare and tiers >= SPARE:
        more = replace(problem, cars=[*problem.cars, *moment.spare])
        called = Mending(more, plan, replace(moment, spare=()), mend.prices)
        for better in (called.put_in_again(), called.filled_up(chosen)):
            if len(better.unserved) < len(chosen.unserved):
                mend, chosen, tier = called, better, SPARE
    alarms = mend.alarms(chosen)
    if alarms:
        tier = ALARM
    mended = whole(mend, chosen)
    frozen = {car: tuple(standing.fixed) for car, standing in enumerate(mend.standings)}
    return Replanned(mend.problem, mended, tier, changes(mend, mended), alarms, frozen)


class Mending:
    """The rest of a day and the tiers of mending it. ``news`` are guests whom it is about: ``delayed``, whose pick-up
    cannot stay, ``pressed``, whose drop-off or ride cannot, and who had no car; ``absent`` never come; ``left`` are all
    who have something before them."""

    def __init__(self, problem: Problem, plan: Plan, moment: Moment, prices: ChangePrices) -> None:
        check_moment(problem, plan, moment)
        self.problem, self.plan, self.moment, self.prices = problem, plan, moment, prices
        self.n = n = len(problem.requests)
        self.old = {tour.car: tour for tour in plan.tours}
        self.told = {tour.car: tour.nodes for tour in plan.tours}
        self.begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}
        self.cars = {node: car for car, nodes in self.told.items() for node in nodes}
        self.absent = {i for i, each in enumerate(problem.requests) if not each.pickup.earliest < HORIZON}
        self.delayed, self.pressed = self._late()
        stands = Stands(problem, moment, {node for i in self.delayed for node in (i + 1, i + 1 + n)})
        self.standings = [stands.of(car, self.old.get(car)) for car in range(len(problem.cars))]
        self.aboard = {i: number for number, standing in enumerate(self.standings) for i in standing.aboard}
        unplanned = {i for i in range(n) if i + 1 not in self.begins}
        self.news = (self.delayed | self.pressed | unplanned) - set(self.aboard)
        fixed = {node for standing in self.standings for node in standing.fixed}
        self.left = [i for i in range(n) if i in self.aboard or i + 1 not in fixed]
        self.number = {request: x for x, request in enumerate(self.left)}
        self.start = [
            [self._node(i + 1) for i in standing.aboard]
            + [self._node(node) for node in standing.rest if self._stays((node - 1) % n, car)]
            for car, standing in enumerate(self.standings)
        ]
        requests = [self._aboard(i) if i in self.aboard else self._waiting(i) for i in self.left]
        self.rest = replace(problem, requests=requests, cars=[self._car(number) for number in range(len(problem.cars))])
        self.timed: Timed = {}  # tours that the first two tiers have in common

    def _late(self) -> tuple[set[int], set[int]]:
        """Whose pick-up is still to come and cannot be when it was planned; of the others, whose drop-off cannot."""
        n, begins, executed = self.n, self.begins, self.moment.executed
        delayed, pressed = set(), set()
        for i, request in enumerate(self.problem.requests):
            begin = begins.get(i + 1)
            if begin is None or i + 1 in executed or i + 1 + n in executed:
                continue
            pickup, dropoff, end = request.pickup, request.dropoff, begins[i + 1 + n]
            if not pickup.earliest - LATE <= begin <= pickup.latest + LATE:
                delayed.add(i)
            elif (
                end > dropoff.latest + LATE
                or end - begin - pickup.service > request.max_ride + LATE
                or not self._may(i, self.cars[i + 1])
            ):
                pressed.add(i)
        return delayed, pressed

    def _may(self, i: int, car: int) -> bool:
        """Whether a guest comes and may ride in this car."""
        allowed = self.problem.requests[i].cars
        return i not in self.absent and (allowed is None or self.problem.cars[car].name in allowed)

    def _stays(self, i: int, car: int) -> bool:
        return i in self.aboard or i not in self.news or self._may(i, car)

    def _node(self, node: int) -> int:
        request = (node - 1) % self.n
        return self.number[request] + 1 + (len(self.left) if node > self.n else 0)

    def _aboard(self, i: int) -> Request:
        """Who is aboard: must be finished by this car, too late rather than never."""
        number = self.aboard[i]
        request, standing = self.problem.requests[i], self.standings[number]
        dropoff = replace(
            request.dropoff,
            latest=INF,
            due=min(request.dropoff.due, request.dropoff.latest),
            late_price=max(request.dropoff.late_price, self.prices.overdue_minute),
        )
        spent = standing.when - standing.aboard[i]
        return replace(
            request,
            pickup=Stop(None, standing.when, standing.when),
            dropoff=dropoff,
            max_ride=max(request.max_ride - spent, standing.brings[i] - standing.when),
            cars=frozenset({self.problem.cars[number].name}),
            price=None,
        )

    def _waiting(self, i: int) -> Request:
        request, moment = self.problem.requests[i], self.moment
        old, cars = request.pickup, request.cars
        earliest, latest = max(old.earliest, moment.now), old.latest
        ready, early_price, due, late_price = old.ready, old.early_price, old.due, old.late_price
        if i in self.absent:
            earliest, latest, cars = moment.now, INF, frozenset()
        elif i not in self.delayed:
            if i in moment.promised:
                promise, slack = moment.promised[i]
                earliest, latest = max(earliest, promise - slack), min(latest, promise + slack)
            was = self.begins.get(i + 1)
            if was is not None and not late_price:
                due, late_price = was, self.prices.moved_minute
            if was is not None and not early_price:
                ready, early_price = was, self.prices.moved_minute
        pickup = Stop(old.place, earliest, latest, old.service, ready, early_price, due, late_price)
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
            cars,
            name,
            self.prices.other_car,
        )

    def _car(self, number: int) -> Car:
        """A car from where it stands on. Whoever is aboard is brought, and the car comes home, however late it is; one
        that has not begun and cannot in its shift any more stays where it is."""
        car, standing = self.problem.cars[number], self.standings[number]
        when, home, had = standing.when, standing.free, which(car, standing.rests)
        if standing.last is not None and car.end is not None:
            home += self.problem.minutes(home, standing.last, car.end)
        if standing.begun is None and (car.latest_begin < when or car.until < home):
            return replace(car, end=standing.place, begin=when, latest_begin=when, until=when, breaks=(), sent=None)
        latest_begin, max_duty, fixed = max(car.latest_begin, when), car.max_duty, car.fixed
        if standing.begun is not None:
            latest_begin, fixed = when, 0.0
            max_duty = max(max_duty - (when - standing.begun), home - when)
        return Car(
            car.name,
            standing.place,
            car.end,
            car.room,
            when,
            latest_begin,
            max(car.until, home),
            max_duty,
            car.per_length,
            car.per_minute,
            fixed,
            tuple(
                Break(rest.earliest, max(rest.latest, standing.free), rest.minutes)
                for number, rest in enumerate(car.breaks)
                if number not in had
            ),
            tuple(self.start[number]) if number in self.moment.sent else None,
            self.prices.other_tour,
        )

    # the tiers

    def keep_order(self) -> Plan:
        """The present order with new times; who cannot stay in it is left out."""
        return self._planned(self._kept)

    def put_in_again(self) -> Plan:
        """Those whom the news is about put in again where it costs least, and whoever has no place any more."""
        run, count = self._run(Effort(seconds=None, steps=0), self.prepared), len(self.left)
        arrays.copy_plan(self._kept.now, run.now)
        moved = {i for i in self.news if i in self.number and i + 1 in self.cars}
        out = {self.number[i] for i in moved}
        for number in sorted({self.cars[i + 1] for i in moved}):
            self._take(run, number, [node for node in self.start[number] if (node - 1) % count not in out])
        self._rest(run)
        run.insert_waiting()
        return self._planned(run)

    def filled_up(self, plan: Plan) -> Plan:
        """A plan of the rest of this day, with whoever it leaves out put in where it costs least."""
        run = self._run(Effort(seconds=None, steps=0), self.prepared)
        tours = {tour.car: tour.nodes for tour in plan.tours}
        self._lay_out(run, [tours.get(number, []) for number in range(len(self.start))])
        run.insert_waiting()
        return self._planned(run)

    def search(self, effort: Effort, plan: Plan | None = None) -> Plan:
        """What a search over all that is not fixed makes of ``plan``, or of the present order."""
        begun, processor = effort.clock(), time.process_time()
        run = self._run(effort, prepare(self.rest))
        tours = None if plan is None else {tour.car: tour.nodes for tour in plan.tours}
        self._lay_out(run, self.start if tours is None else [tours.get(car, []) for car in range(len(self.start))])
        laid_out = effort.clock() - begun
        run.insert_waiting()
        run.settle_start()
        run.exhaust()
        run.insist_on_rests()
        # the best times of all tours take some times as long as laying the day out, and longer where others are busy
        ours = (time.process_time() - processor) / max(1e-6, effort.clock() - begun)
        hurry = effort.seconds is not None and (laid_out > 0.05 * effort.seconds or ours < BUSY)
        return plan_of(self.rest, run.prepared, run.best, exact=not hurry)

    @functools.cached_property
    def prepared(self) -> Prepared:
        """The rest of the day for the tiers that ask every car."""
        return prepare(self.rest, neighbours=False)

    @functools.cached_property
    def _kept(self) -> Search:
        """The present order as far as it is possible, laid out once for the first two tiers."""
        run = self._run(Effort(seconds=None, steps=0), self.prepared)
        self._lay_out(run, self.start)
        return run

    def _run(self, effort: Effort, prepared: Prepared) -> Search:
        return Search(self.rest, prepared, effort, effort.clock())

    def _planned(self, run: Search) -> Plan:
        return plan_of(self.rest, run.prepared, run.now, exact=False, known=self.timed)

    def _lay_out(self, run: Search, rows: list[list[int]]) -> None:
        """Give every car these nodes, as far as that is possible, and its breaks."""
        now, case, impossible = run.now, run.case, []
        owners: dict[int, int] = {}
        for car, nodes in enumerate(rows):
            stops = run.stops_of(nodes)
            fine = len(stops) <= run.prepared.longest
            if stops and fine:
                now.size[car] = len(stops)
                now.stop[car, STOP, 1 : len(stops) + 1] = stops
                owners |= {stop: car for stop in stops if stop < case.requests}
            if not refresh(case, now, car, run.scratch) or not fine:
                impossible.append(car)
        now.car[list(owners)] = list(owners.values())
        for car in impossible:
            self._take(run, car, rows[car])
        self._rest(run)

    def _rest(self, run: Search) -> None:
        """Give crews their breaks; one that has no time for them serves nobody but those who are aboard."""
        count = len(self.left)
        for car in run.rest(run.now):
            self._take(run, car, [node for node in self.start[car] if self.left[(node - 1) % count] in self.aboard])
        run.rest(run.now)
        run.bar_crews_without_rest({car for car, standing in enumerate(self.standings) if standing.aboard})

    def _take(self, run: Search, number: int, nodes: list[int]) -> None:
        """The longest part of a tour that is possible: guests that do not fit any more are left out, the last first."""
        count = len(self.left)
        nodes = list(nodes)
        while not run.take(run.now, number, run.stops_of(nodes)):
            fixed = {self.number[i] for i in self.standings[number].aboard}
            free = [(node - 1) % count for node in nodes if (node - 1) % count not in fixed]
            if not free:
                break
            gone = next((each for each in free if self.left[each] in self.news), free[-1])
            nodes = [node for node in nodes if (node - 1) % count != gone]

    # what comes of it

    def missing(self, plan: Plan) -> set[int]:
        """Who is not served although they come."""
        return {self.left[i] for i in plan.unserved} - self.absent

    def is_good(self, plan: Plan) -> bool:
        """Everybody is served, and all changes together are not dearer than a guest in another car."""
        changes = plan.costs["late"] + plan.costs["early"] + plan.costs["changes"]
        return not self.missing(plan) and changes <= self.prices.other_car

    def rank(self, plan: Plan) -> tuple[int, int, float]:
        aboard = sum(self.left[i] in self.aboard for i in plan.unserved)
        return aboard, len(plan.unserved), plan.cost

    def alarms(self, plan: Plan) -> tuple[Reason, ...]:
        """Why somebody is left out, or late; none when everybody is served."""
        if not plan.unserved:
            return ()
        absent = {self.problem.requests[i].name for i in self.absent}
        return tuple(
            Reason(why.request, False, "never", {}) if not why.late and why.request in absent else why
            for why in explain(self.rest, plan, self.prepared)
        )

    def whole(self, plan: Plan) -> Plan:
        """The rest put behind what is fixed."""
        return whole(self, plan)
