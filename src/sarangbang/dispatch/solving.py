"""Plan a day: large-neighbourhood search with a pool of tours, stopped at any time."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np

from . import arrays, portfolio
from .arrays import AWAY, COST, PRICE, STOP, Tours
from .asking import ask_cars
from .fitting import fit_in
from .laying import idle, refresh, told
from .model import Car, Plan, Problem, Request, Stop, check_problem
from .partitioning import Mixture
from .preparing import Prepared, prepare
from .pricing import price
from .scheduling import plan_of
from .searching import remember_plan, search

CHUNK = 0.02  # seconds between looks at the clock
STEPS = 100  # between looks when steps are counted
HOT, COLD = 0.7, 0.08  # by how many average prices of a ride, times 1/e, a step may be worse: at first, at last
# Cumulative chances of taking out by chance, alike, costly, strings, at one time; the rest: a whole tour.
WAYS = np.array([0.1, 0.4, 0.55, 0.8, 0.9])
# The same of putting in one after the other, the cheapest first, by regret 2; the rest: by regret 3.
ORDERS = np.array([0.85, 0.85, 0.925])
BLINKS = 0.05  # share of the steps in which some of the best places are overlooked
# Shares of the effort: after which all tours are mixed first, which that may take at a time, after which never again;
# and how much longer than that the search goes on in between: four times as long when hardly anything came of it or
# the mixture costs more than the plan, as it does at first on large days.
MIX_FIRST, MIX_MOST, MIX_LAST, BETWEEN, HARDLY = 0.15, 0.2, 0.98, 2.5, 3
ROUNDS, CHANGED = 3, 60  # rounds of pricing at a time, tours that are changed in each
STEPS_OF_TOUR = 5  # steps of the search that changing one takes
FROM = 300  # those that are worth most, from which they are drawn
KEPT = 0.1  # of an average price of a ride: what a tour may cost more than it is worth, to be kept; and their heat
# Share of the steps in which two tours exchange their tails; of these, in which nobody is taken out; in which it is
# done twice; of these, with guests aboard, at most so many, each of whom counts so many average prices of a ride.
TAILS = (0.3, 0.3, 0.5, 0.7, 4, 0.2)
GUESTS = 0.1  # share of the steps that put a tour of the mixture into the plan
MANY = 12  # requests up to which the search alone sees everything
POOL_TOURS, POOL_STOPS = 40_000, 2_000_000
MEMORY = 1 << 16  # answers of insertion that are kept

Progress = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search: ``seconds`` of the clock with everything, or ``steps``; whichever ends first.

    With ``steps`` alone the same seed gives the same plan. ``most`` requests are taken out at a time. ``clock`` may
    count the processor's time instead, on a machine that has others to serve. ``cores`` processes search with seeds of
    their own and share tours and plans; then chance and the machine's load decide which plan comes out. They are
    started anew each time, which takes a second or two of theirs and some 200 MB each, and import the caller's main
    module again (a script needs its ``if __name__ == "__main__"``).
    """

    seconds: float | None = 10.0
    steps: int | None = None
    seed: int = 0
    clock: Callable[[], float] = time.perf_counter
    most: int = 16
    noise: float = 0.3
    loudness: float = 0.5
    boldness: float = 0.05
    skew: float = 1.0
    hot: float = HOT
    cold: float = COLD
    cores: int = 1

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds >= 0:
            raise ValueError("seconds are a number from 0 on, or None")


def solve(
    problem: Problem,
    effort: Effort | None = None,
    *,
    start: list[list[int]] | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """The best plan found. ``start``: for each car its nodes, from which to begin; what of it is impossible is dropped.

    ``progress`` is told the share of the effort that is spent and the cost so far; ``stop`` is asked whether to end.
    Raises ValueError when the effort makes no sense: no limit, no core, or several with another clock than the usual.
    """
    ready()
    effort = effort or Effort()
    if effort.cores < 1 or (effort.cores > 1 and effort.clock is not time.perf_counter):
        raise ValueError("cores are one or more; several of them have the usual clock")
    begun = effort.clock()
    check_problem(problem)
    if effort.seconds is None and effort.steps is None:
        raise ValueError("say how long: seconds, steps or both")
    run = Search(problem, prepare(problem), effort, begun)
    run.begin(start)
    with portfolio.helped(run, start):
        run.exhaust(progress, stop)
    run.insist_on_rests()
    plan = plan_of(problem, run.prepared, run.best)
    return replace(plan, steps=run.steps, improvements=tuple(run.improvements))


@functools.cache
def ready() -> None:
    """Load the machine code, or make it: seconds once per process, minutes once per installation."""
    here, there = Stop(0), Stop(1)
    ways = np.array([[0.0, 1.0], [1.0, 0.0]])
    day = Problem([Request("1", here, there), Request("2", there, here)], [Car("1", 0, 0)], ways, ways[None])
    run = Search(day, prepare(day), Effort(seconds=None, steps=500), 0.0)
    run.begin([[1, 3]])
    run.insert_waiting()
    run.advance(0.0)
    run.mix()
    told(run.case.requests, run.case.place, run.case.salt, run.scratch.stops, 1)
    plan_of(day, run.prepared, run.best)
    plan_of(day, run.prepared, run.best, exact=False)


class Search:
    """One run: three plans (now, on trial, best), the pool, the clock."""

    def __init__(self, problem: Problem, prepared: Prepared, effort: Effort, begun: float) -> None:
        case = prepared.case
        self.problem, self.prepared, self.effort, self.begun, self.case = problem, prepared, effort, begun, case
        searching = effort.steps != 0
        plans = [
            arrays.empty_tours(case.cars, case.requests, prepared.longest, case.room.shape[1])
            for _ in range(3 if searching else 1)
        ]
        self.now, self.trial, self.best = plans[0], plans[-1], plans[len(plans) // 2]
        memory = MEMORY if searching else 1 << 10
        self.scratch = arrays.scratch(prepared.longest, case.cars, memory, case.requests)
        self.pool = arrays.pool(POOL_TOURS, POOL_STOPS) if searching else arrays.pool(1, 1)
        self.dice = np.array([effort.seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D & (1 << 64) - 1 or 1], np.uint64)
        self.bench: arrays.Bench | None = None
        self.stale = np.ones(case.cars, bool)
        self.totals = np.zeros(2)
        self.steps, self.chunk = 0, STEPS if effort.seconds is None else 20
        self.mixture: Mixture | None = None
        self.guests = np.zeros(0, np.int64)
        self.next_mix = MIX_FIRST if case.requests > MANY else np.inf
        self.wall = time.perf_counter()
        self.exchange: portfolio.Exchange | None = None
        self.improvements: list[tuple[float, float]] = []

    @property
    def cost(self) -> float:
        return float(self.totals[1])

    def share(self) -> float:
        """How much of the effort is spent; 1 and more: all."""
        shares = [0.0]
        if self.effort.seconds is not None:
            shares.append((self.effort.clock() - self.begun) / max(1e-9, self.effort.seconds))
        if self.effort.steps is not None:
            shares.append(self.steps / max(1, self.effort.steps))
        return max(shares)

    def begin(self, start: list[list[int]] | None) -> None:
        case = self.case
        for car in range(case.cars):
            refresh(case, self.now, car, self.scratch)
        for car, nodes in enumerate(start or []):
            self.take(self.now, car, self.stops_of(nodes))
        self.rest(self.now)
        self.bar_crews_without_rest()
        self.settle_start()

    def rest(self, tours: Tours) -> list[int]:
        """Give every crew its breaks, where its tour has room for them; the cars where it has not."""
        missing = []
        for request, (car, _which) in self.prepared.rests.items():
            if tours.car[request] >= 0:
                continue
            if fit_in(self.case, tours, car, request, self.scratch, True) == np.inf and not idle.py_func(
                self.case, tours, car
            ):
                missing.append(car)
        return missing

    def bar_crews_without_rest(self, but: Collection[int] = ()) -> None:
        """A crew that cannot have its breaks gets nobody, unless its car is among ``but``: these have guests aboard."""
        fits, own = self.case.fits.copy(), len(self.problem.requests)
        for request, (car, _which) in self.prepared.rests.items():
            if self.now.car[request] < 0 and car not in but and idle.py_func(self.case, self.now, car):
                fits[:own, self.case.kind[car]] = False  # a crew with breaks is of a kind of its own
        self.case = self.case._replace(fits=fits)

    def insist_on_rests(self) -> None:
        """A crew without its break serves nobody but those who are aboard."""
        n = self.case.requests
        for car in self.rest(self.best):
            stops = self.best.stop[car, STOP, 1 : self.best.size[car] + 1].tolist()
            self.take(self.best, car, [stop for stop in stops if self.case.place[stop % n] < 0])
        self.rest(self.best)

    def stops_of(self, nodes: list[int]) -> list[int]:
        """Stops of the arrays, which have rows for breaks, from nodes of the problem."""
        own = len(self.problem.requests)
        return [node - 1 if node <= own else node - 1 - own + self.case.requests for node in nodes]

    def settle_start(self) -> None:
        """Make the plan as it is now the one to begin with."""
        arrays.copy_plan(self.now, self.trial)
        arrays.copy_plan(self.now, self.best)
        self.totals[:] = self.total()

    def total(self, tours: Tours | None = None) -> float:
        """What a plan costs; without one, that as it is now."""
        tours, case = tours or self.now, self.case
        car = tours.car
        away = (car >= 0) & (case.home >= 0) & (case.home != car)
        beside = case.request[car < 0, PRICE].sum() + case.request[away, AWAY].sum()
        return float(tours.money[:, COST].sum() + beside)

    def insert_waiting(self) -> None:
        """Put everybody who is not served where it is cheapest, one after the other, in any car."""
        case, now = self.case, self.now
        left = np.flatnonzero(now.car < 0)
        offers = np.full((len(left), case.cars), np.inf)
        stale = np.ones(case.cars, bool)
        while len(left) and case.cars:
            cars = self.to_ask()
            cars = cars[stale[cars]]
            for row, request in zip(offers, left.tolist(), strict=True):
                ask_cars(case, now, request, cars, row, self.scratch)
            stale[cars] = False
            u, car = divmod(int(np.argmin(offers)), case.cars)
            if offers[u, car] == np.inf:
                return
            fit_in(case, now, car, int(left[u]), self.scratch, True)
            others = np.arange(len(left)) != u
            left, offers = left[others], offers[others]
            offers[:, car], stale[car] = np.inf, True

    def to_ask(self) -> arrays.Array:
        """The cars that are under way and of each kind one that stands."""
        standing = np.flatnonzero(self.now.size == 0)
        _kinds, first = np.unique(self.case.kind[standing], return_index=True)
        return np.concatenate([np.flatnonzero(self.now.size), standing[first]])

    def exhaust(self, progress: Progress | None = None, stop: Callable[[], bool] | None = None) -> None:
        """Search until the effort is spent."""
        if not (self.case.requests and self.case.cars):
            return
        while (share := self.share()) < 1 or not self.steps:
            if stop and stop():
                return
            self.advance(share)
            if self.steps == self.effort.steps == 0:
                return
            if progress:
                progress(min(1.0, self.share()), self.cost)

    def take(self, tours: Tours, car: int, stops: list[int]) -> bool:
        """Give a car these stops; when that is impossible, none."""
        tours.car[tours.car == car] = -1
        if len(stops) <= self.prepared.longest:
            tours.size[car] = len(stops)
            tours.stop[car, STOP, 1 : len(stops) + 1] = stops
            if refresh(self.case, tours, car, self.scratch):
                tours.car[[stop for stop in stops if stop < self.case.requests]] = car
                return True
        tours.size[car] = 0
        refresh(self.case, tours, car, self.scratch)
        return False

    def price_of_ride(self) -> float:
        """What a ride costs on the average in the best plan."""
        served = self.best.car >= 0
        cost = self.totals[1] - self.case.request[~served, PRICE].sum()
        return float(cost / max(1, served.sum()))

    def advance(self, share: float) -> None:
        """A chunk of the search, and now and then a recombination."""
        steps = self.chunk
        if self.effort.steps is not None:
            steps = min(steps, self.effort.steps - self.steps)
        most = max(3, min(self.effort.most, int(0.4 * self.case.requests)))
        if self.bench is None:
            self.bench = arrays.bench(self.case, min(self.case.requests, 2 * most + 40))
        effort = self.effort
        blinks = min(0.5, BLINKS + 2.0 / self.case.requests)  # few guests have few orders in which to put them in
        chances = (effort.noise, effort.loudness, effort.boldness, effort.skew, blinks, GUESTS, *TAILS)
        ride = self.price_of_ride()
        knobs = np.array([ride * effort.hot * (effort.cold / effort.hot) ** share, most, *chances])
        knobs[-1] *= ride
        began = self.effort.clock()
        search(
            self.case,
            self.now,
            self.trial,
            self.best,
            self.totals,
            self.dice,
            knobs,
            WAYS,
            ORDERS,
            steps,
            self.pool,
            self.guests,
            self.stale,
            self.bench,
            self.scratch,
        )
        spent = self.effort.clock() - began
        self.steps += steps
        if self.effort.seconds is not None:
            self.chunk = int(np.clip(steps * min(2.0, CHUNK / max(spent, 1e-6)), 1, 100_000))
        self.totals[0] = self.total()
        self.note()
        if self.next_mix <= share < MIX_LAST:
            self.mix()
        if self.exchange:
            self.exchange.look(self.share())

    def note(self) -> None:
        if not self.improvements or self.cost < self.improvements[-1][1] - 1e-9:
            self.improvements.append((self.effort.clock() - self.begun, self.cost))

    def seconds_until(self, share: float) -> float:
        """Seconds by the clock until so much of the effort is spent; HiGHS counts these."""
        if self.effort.seconds is None:
            return float(np.inf)
        left = self.begun + share * self.effort.seconds - self.effort.clock()
        if self.effort.clock is time.perf_counter:
            return left
        return left * (time.perf_counter() - self.wall) / max(1e-3, self.effort.clock() - self.begun)

    def mix(self) -> None:
        """Mix all tours that were seen, look for those that the mixture lacks, and offer its tours to the search."""
        began = self.share()
        until = min(1.0, began + MIX_MOST)
        if self.mixture is None:
            remember_plan(self.case, self.best, self.pool)
            self.mixture = Mixture(self.case, self.pool)
        mixture, came = self.mixture, 0
        mixed = mixture.solve(self.seconds_until(until))
        for _ in range(ROUNDS):
            if not mixed or self.share() >= until:
                break
            self.look_for_tours(mixture)
            came = mixture.grow()
            mixed = mixture.solve(self.seconds_until(until))
        arrays.copy_plan(self.now, self.trial)
        self.make_room(mixture)
        self.guests = mixture.shown()
        share = self.share()
        useful = came > HARDLY and mixture.cost <= self.cost
        pause = BETWEEN * (share - began) * (1 if useful else 4)
        self.next_mix = share + max(pause, 0.005) if mixture.cost < np.inf else np.inf  # it is too large a day

    def look_for_tours(self, mixture: Mixture) -> None:
        """Change the tours that are worth most towards what the mixture lacks; those that could help are kept."""
        count = CHANGED
        if self.effort.steps is not None:
            count = min(count, self.effort.steps // 100, (self.effort.steps - self.steps) // STEPS_OF_TOUR)
        average = abs(self.cost) / self.case.requests
        most = min(max(self.cost - mixture.cost, 0.0), KEPT * average)
        bases, bench = mixture.worth_most(FROM), self.bench
        if count <= 0 or not len(bases) or bench is None:
            return
        price(
            self.case,
            self.trial,
            self.pool,
            bases,
            mixture.steady,
            mixture.kinds,
            most,
            KEPT * average,
            count,
            self.dice,
            bench,
            self.scratch,
        )
        self.steps += STEPS_OF_TOUR * count

    def make_room(self, mixture: Mixture) -> None:
        """Forget the tours of the pool that are worth least, when it is nearly full."""
        if self.pool.count[0] > 0.75 * POOL_TOURS or self.pool.count[1] > 0.75 * POOL_STOPS:
            names = np.union1d(mixture.entries, mixture.worth_most(POOL_TOURS // 4))
            arrays.trim(self.pool, names.tolist())
            mixture.renamed(names)
