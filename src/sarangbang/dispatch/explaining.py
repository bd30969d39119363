"""Why somebody is not served, or late: the rule that stands in the way, as code and numbers.

For who is not served, one rule after the other is lifted; the first without which a car could come is the one that
binds. For who is late, the tour is walked back to what made it late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from . import arrays
from .arrays import CLOSES, LIMIT, NOBODY, OPENS, STOP, Array, Case, Tours
from .asking import ask_cars
from .fitting import fit_in
from .laying import refresh
from .model import HORIZON, Car, Plan, Problem, Tour
from .preparing import Prepared, prepare
from .resting import which

LATE = 1e-3  # minutes that nobody notices

WORDS = {
    "never": "the guest does not come",
    "no-car": "there is no car",
    "no-room": "no car has room for {load} {kind}; the largest has {room}",
    "not-allowed": "none of the cars that may serve it has room",
    "own-ride": "the way alone takes {minutes:.0f} minutes, and the guest may be aboard for {limit:.0f}",
    "own-hours": "even at once the guest would arrive at {arrive:.0f}, after the latest time {latest:.0f}",
    "price": "the cheapest car, {car}, would cost {cost:.2f}, more than its price {price:.2f}",
    "not-found": "car {car} could come for {cost:.2f}; the search ended before it tried",
    "ride": "it fits into the tour of car {car} only with more than {limit:.0f} minutes aboard",
    "hours": "car {car} could come, but only outside the hours of the pick-up or the drop-off",
    "room": "at its hours every car that could come is full; the nearest is {car}",
    "company": "at its hours no car is empty, and the guest or those aboard ride alone; the nearest is {car}",
    "break": "car {car} could come if its crew had no break then",
    "duty": "car {car} could come if its crew were on duty for more than {limit:.0f} minutes or outside its shift",
    "others": "every car that could come would break a promise to guests it already serves",
    "late": "{minutes:.0f} minutes late",
    "late-after": "{minutes:.0f} minutes late: car {car} comes from {before}, which began only at {since:.0f}",
    "late-shift": "{minutes:.0f} minutes late: the shift of car {car} begins at {since:.0f}",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What binds: a code of WORDS and the numbers that belong to it."""

    request: str
    late: bool
    code: str
    about: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.request}: {'' if self.late else 'not served, '}{WORDS[self.code].format(**self.about)}"

    def as_json(self) -> dict[str, object]:
        return {
            "request": self.request,
            "late": self.late,
            "code": self.code,
            "about": dict(self.about),
            "words": str(self),
        }


def explain(problem: Problem, plan: Plan, prepared: Prepared | None = None) -> list[Reason]:
    """A reason for each request that is not served, then for each stop after its due time. ``prepared`` is the problem
    laid out, where somebody has done so."""
    reasons = []
    if plan.unserved:
        trial = Trial(problem, prepared or prepare(problem, neighbours=False), plan)
        for request in plan.unserved:
            code, about = _unserved(problem, trial, request)
            reasons.append(Reason(problem.requests[request].name, False, code, about))
    for tour in plan.tours:
        reasons += _late(problem, tour)
    return reasons


def _unserved(problem: Problem, trial: Trial, number: int) -> tuple[str, dict[str, object]]:
    alone = _by_itself(problem, trial.case, number)
    if alone:
        return alone
    names = [car.name for car in problem.cars]
    cost, car = trial.cheapest(number)
    if cost < np.inf:
        price = problem.requests[number].price
        if price is not None and cost >= price:
            return "price", {"car": names[car], "cost": cost, "price": price}
        return "not-found", {"car": names[car], "cost": cost}
    limit = problem.requests[number].max_ride
    for code in RELAXED:
        cost, car = trial.cheapest(number, code)
        if cost < np.inf:
            duty = problem.cars[car].max_duty
            return code, {"car": names[car], "limit": duty if code == "duty" else limit}
    return "others", {}


def _by_itself(problem: Problem, case: Case, number: int) -> tuple[str, dict[str, object]] | None:
    """What no tour could mend."""
    request = problem.requests[number]
    if not problem.cars:
        return "no-car", {}
    for kind, load in request.load.items():
        room = max(car.room.get(kind, 0) for car in problem.cars)
        if load > room:
            return "no-room", {"kind": kind, "load": load, "room": room}
    if not case.fits[number].any():
        return "not-allowed", {}
    one, other = request.pickup.place, request.dropoff.place
    if one is None or other is None:
        return None
    minutes = float(problem.travel[:, one, other].min())
    if minutes > request.max_ride:
        return "own-ride", {"minutes": minutes, "limit": request.max_ride}
    arrive = request.pickup.earliest + request.pickup.service + minutes
    if arrive > request.dropoff.latest:
        return "own-hours", {"arrive": arrive, "latest": request.dropoff.latest}
    return None


class Trial:
    """The tours of a plan laid out, to ask what one more request would cost there. A rule that is lifted for this
    request alone leaves them as they are; one that is lifted for all lays them out anew, once for all requests."""

    def __init__(self, problem: Problem, prepared: Prepared, plan: Plan) -> None:
        case = prepared.case
        self.case = case._replace(home=np.full_like(case.home, NOBODY))  # another car than before costs nothing here
        self.prepared = prepared
        self.rests: dict[int, list[int]] = defaultdict(list)  # car → rows of its breaks
        for row, (car, _which) in prepared.rests.items():
            self.rests[car].append(row)
        self.stops = {tour.car: self._stops(problem.cars[tour.car], tour) for tour in plan.tours}
        self.laid: dict[str, tuple[Case, Tours, dict[int, bool]]] = {}
        self.scratch = arrays.scratch(prepared.longest, case.cars, 64)

    def _stops(self, car: Car, tour: Tour) -> list[int]:
        """The stops of a tour in the arrays, which have rows for breaks."""
        own, count = len(self.prepared.requests) - len(self.prepared.rests), self.case.requests
        had = which(car, [(visit.begin, visit.leave - visit.begin) for visit in tour.visits if visit.node is None])
        rests, stops = iter(had), []
        for visit in tour.visits:
            if visit.node is not None:
                stops.append(visit.node - 1 if visit.node <= own else visit.node - 1 - own + count)
            elif (number := next(rests, None)) is not None:
                row = self.rests[tour.car][number]
                stops += [row, row + count]
        return stops

    def cheapest(self, number: int, rule: str = "") -> tuple[float, int]:
        """The cheapest car for one more request without this rule, and what it would cost; infinite when there is
        none."""
        case, tours, cars = self.laid_out(number, rule if rule in FOR_ALL else "")
        if rule and rule not in FOR_ALL:
            case = RELAXED[rule](self.prepared, case, number)
        offers = np.full(case.cars, np.inf)
        ask_cars(case, tours, number, cars, offers, self.scratch)
        if not rule and not np.isfinite(offers).any():
            self._offers_before_rests(number, offers)
        car = int(np.argmin(offers))
        return float(offers[car]), car

    def _offers_before_rests(self, number: int, offers: Array) -> None:
        """What cars would take whose crews could have their breaks at other times."""
        case, tours, cars = self.laid_out(number, "break")
        for car in cars.tolist():
            if self.rests[car]:
                price = fit_in(case, tours, car, number, self.scratch, True)
                offers[car] = price if price < np.inf and self._rest(case, tours, car) else np.inf
                self._lay_out(case, tours, car, "break")

    def _rest(self, case: Case, tours: Tours, car: int) -> bool:
        """Give a crew the breaks that its tour has not; whether there is time for them."""
        had = tours.stop[car, STOP, 1 : tours.size[car] + 1].tolist()
        missing = [row for row in self.rests[car] if row not in had]
        return all(fit_in(case, tours, car, row, self.scratch, True) < np.inf for row in missing)

    def _lay_out(self, case: Case, tours: Tours, car: int, rule: str) -> bool:
        """Give a car its tour of the plan without this rule; whether that is possible."""
        rests = {stop for row in self.rests[car] for stop in (row, row + case.requests)} if rule == "break" else set()
        stops = [stop for stop in self.stops.get(car, []) if stop not in rests]
        tours.size[car] = len(stops)
        tours.stop[car, STOP, 1 : len(stops) + 1] = stops
        return bool(refresh(case, tours, car, self.scratch)) and (rule == "break" or self._rest(case, tours, car))

    def laid_out(self, number: int, rule: str) -> tuple[Case, Tours, Array]:
        """The case without this rule for anybody, its tours, and the cars that may come and whose tour is possible
        then."""
        if rule not in self.laid:
            case = RELAXED[rule](self.prepared, self.case, number) if rule else self.case
            empty = arrays.empty_tours(case.cars, case.requests, self.prepared.longest, case.room.shape[1])
            self.laid[rule] = case, empty, {}
        case, tours, possible = self.laid[rule]
        cars = np.flatnonzero(case.fits[number, case.kind])
        for car in cars.tolist():
            if car not in possible:
                possible[car] = self._lay_out(case, tours, car, rule)
        return case, tours, cars[[possible[car] for car in cars.tolist()]]


def _longer_ride(prepared: Prepared, case: Case, number: int) -> Case:
    stop = case.stop.copy()
    stop[[number, number + case.requests], LIMIT] = HORIZON
    return case._replace(stop=stop)


def _other_hours(prepared: Prepared, case: Case, number: int) -> Case:
    stop = case.stop.copy()
    rows = [number, number + case.requests]
    stop[rows, OPENS], stop[rows, CLOSES] = 0.0, HORIZON
    return case._replace(stop=stop)


def _more_room(prepared: Prepared, case: Case, number: int) -> Case:
    """Room for one more of everything but company."""
    load = case.load.copy()
    load[number, : load.shape[1] - _has_company(prepared)] = 0
    return case._replace(load=load)


def _company(prepared: Prepared, case: Case, number: int) -> Case:
    """Guests share; a crew still rests with nobody aboard."""
    load = case.load.copy()
    if _has_company(prepared):
        load[: len(prepared.requests) - len(prepared.rests), -1] = 1
    return case._replace(load=load)


def _has_company(prepared: Prepared) -> bool:
    """Whether the last kind of room is company: where somebody rides alone, or a crew rests."""
    return any(request.alone for request in prepared.requests)


def _no_break(prepared: Prepared, case: Case, number: int) -> Case:
    """The same: it is the tours that are laid out otherwise."""
    return case


def _longer_duty(prepared: Prepared, case: Case, number: int) -> Case:
    stop = case.stop.copy()
    depots = slice(2 * case.requests, None)
    stop[depots, LIMIT], stop[depots, CLOSES] = HORIZON, HORIZON
    stop[depots, OPENS] = np.minimum(stop[depots, OPENS], 0.0)
    return case._replace(stop=stop)


RELAXED: dict[str, Callable[[Prepared, Case, int], Case]] = {
    "ride": _longer_ride,
    "room": _more_room,
    "company": _company,
    "break": _no_break,
    "duty": _longer_duty,
    "hours": _other_hours,
}
FOR_ALL = {"company", "break", "duty"}
"""Rules that are lifted for all guests and cars, because they bind them together; the others for the request alone."""


def _late(problem: Problem, tour: Tour) -> list[Reason]:
    reasons = []
    name = problem.cars[tour.car].name
    for place, visit in enumerate(tour.visits):
        if visit.node is None or visit.begin <= problem.stop(visit.node).due + LATE:
            continue
        minutes = visit.begin - problem.stop(visit.node).due
        code = "late"
        about: dict[str, object] = {"minutes": minutes}
        if visit.arrive >= visit.begin - LATE:  # nothing was waited for: what came before made it late
            before = place
            while before > 0 and tour.visits[before].arrive >= tour.visits[before].begin - LATE:
                before -= 1
            first = tour.visits[before]
            if first.arrive >= first.begin - LATE:
                code, about = "late-shift", {**about, "car": name, "since": tour.begin}
            else:
                what = "a break" if first.node is None else problem.request(first.node).name
                code, about = "late-after", {**about, "car": name, "before": what, "since": first.begin}
        reasons.append(Reason(problem.request(visit.node).name, True, code, about))
    return reasons
