"""Several cores on one day: processes that search with seeds of their own and show each other what they found.

Each process has a place on a board in shared memory, where it lays its best plan and the tours of its mixture. Nobody
waits for anybody: what is only half written is read the next time, and a process that fails takes nothing with it but
what it had not shown yet.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import pickle
import signal
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING, Any

import numpy as np

from . import arrays
from .arrays import STOP, Array
from .laying import refresh
from .searching import remember_plan

if TYPE_CHECKING:
    from .solving import Search

OFTEN = 0.02  # of the run: how often a process looks at the board, ...
SECONDS = 0.1  # ... and at least so long apart
EARLY = 0.03  # of the run, which the others leave to the one that asked for them
TOURS = 40_000  # words on the board for tours beside the plan
ADOPT = 0.5  # share of the run from which on a better plan is the one to go on from
STARTING = 0.2  # share of the run after which no more processes are started
LISTENING = 0.02  # seconds of one look at the board; who was not heard then comes first the next time
HEAD = 4  # words before the tours: checksum, number of words, how many tours are the plan's, its cost

log = logging.getLogger(__name__)


class Board:
    """Rows of words, one for each process: the process writes its own and reads the others'."""

    def __init__(self, memory: Any, place: int, places: int) -> None:
        self.rows = np.frombuffer(memory, np.int64).reshape(places, -1)
        self.place = self.last = place
        self.known = [0] * places

    @staticmethod
    def words(run: Search) -> int:
        """Room that a process needs: each request has two stops, each tour a car and a size."""
        return HEAD + 2 * run.case.requests + 2 * run.case.cars + TOURS

    def write(self, cost: float, plan: list[Array], tours: list[Array]) -> None:
        row = self.rows[self.place]
        words = np.concatenate([*plan, *tours])[: len(row) - HEAD] if plan or tours else np.zeros(0, np.int64)
        row[0] = 0
        row[1:HEAD] = len(words), len(plan), np.float64(cost).view(np.int64)
        row[HEAD : HEAD + len(words)] = words
        row[0] = _checksum(row)

    def read(self) -> Iterator[tuple[float, list[Array], list[Array]]]:
        """Costs, plans and tours of the others that are new here, from the one after the last that was read."""
        places = len(self.rows)
        for place in [(self.last + 1 + x) % places for x in range(places)]:
            row = self.rows[place]
            if place == self.place or row[0] in (0, self.known[place]):
                continue
            copy = row.copy()
            if copy[0] != _checksum(copy):
                continue
            self.known[place], self.last = int(copy[0]), place
            tours, x, end = [], HEAD, HEAD + int(copy[1])
            while x < end and x + 2 + copy[x + 1] <= end:
                tours.append(copy[x : x + 2 + copy[x + 1]])
                x += 2 + int(copy[x + 1])
            own = int(copy[2])
            yield float(copy[3].view(np.float64)), tours[:own], tours[own:]


def _checksum(row: Array) -> int:
    size = int(row[1])
    return zlib.crc32(row[1 : HEAD + size].tobytes()) + 1 if 0 <= size <= len(row) - HEAD else -1


class Exchange:
    """What one process tells the others, and hears from them."""

    def __init__(self, run: Search, board: Board) -> None:
        self.run, self.board = run, board
        self.next_share, self.next_time = 0.0, 0.0
        self.shown, self.guests = np.inf, run.guests
        self.seen: set[bytes] = set()

    def look(self, share: float) -> None:
        """Show and see what is new, unless that was done just now."""
        now = time.perf_counter()
        if share >= self.next_share and now >= self.next_time:
            self.next_share, self.next_time = share + OFTEN, now + SECONDS
            self.tell()
            self.hear(share)

    def tell(self) -> None:
        """Lay the best plan and the tours of the mixture on the board, when one of them is new."""
        run = self.run
        if run.cost >= self.shown and run.guests is self.guests:
            return
        self.shown, self.guests = run.cost, run.guests
        best = run.best
        plan = [_tour(car, best.stop[car, STOP, 1 : best.size[car] + 1]) for car in np.flatnonzero(best.size).tolist()]
        pool, tours = run.pool, []
        for entry in run.guests.tolist():
            begin, size = pool.begin[entry], pool.size[entry]
            tours.append(_tour(pool.car[entry], pool.stops[begin : begin + size]))
        self.board.write(run.cost, plan, tours)

    def hear(self, share: float) -> None:
        """Take tours of the others into the pool, and a plan that is better than the best one; at last only that."""
        run, began = self.run, time.perf_counter()
        for cost, plan, tours in self.board.read():
            if share < 1:
                self.learn([*plan, *tours])
            if cost < run.cost - 1e-7:
                self.adopt(plan, go_on=share >= ADOPT)
            if share < 1 and time.perf_counter() - began > LISTENING:
                break
        arrays.copy_plan(run.now, run.trial)

    def learn(self, tours: list[Array]) -> None:
        """Keep those tours that are new and possible, as many at a time as there are cars."""
        run = self.run
        trial = run.trial
        trial.size[:] = 0
        for tour in tours:
            name = tour.tobytes()
            if name in self.seen:
                continue
            self.seen.add(name)
            car = int(tour[0])
            if trial.size[car]:
                remember_plan(run.case, trial, run.pool)
                trial.size[:] = 0
            run.take(trial, car, tour[2:].tolist())
        remember_plan(run.case, trial, run.pool)

    def adopt(self, plan: list[Array], *, go_on: bool) -> None:
        """Make a plan of another process the best one if it is better; ``go_on``: from it."""
        run = self.run
        trial = run.trial
        trial.size[:], trial.car[:] = 0, -1
        for car in range(run.case.cars):
            refresh(run.case, trial, car, run.scratch)
        stops = [stop for tour in plan for stop in tour[2:].tolist()]
        if len(set(stops)) < len(stops) or not all(run.take(trial, int(tour[0]), tour[2:].tolist()) for tour in plan):
            return
        cost = run.total(trial)
        if cost >= run.cost - 1e-7:
            return
        run.totals[1] = cost
        arrays.copy_plan(trial, run.best)
        if go_on:
            arrays.copy_plan(trial, run.now)
            run.totals[0] = cost
        run.stale[:] = not go_on
        run.note()


def _tour(car: int, stops: Array) -> Array:
    return np.array([car, len(stops), *stops], np.int64)


@contextlib.contextmanager
def helped(run: Search, start: list[list[int]] | None) -> Iterator[None]:
    """While this lasts other processes search beside ``run``, if it may have more than one core.

    That some cannot be started is logged, and the others do it.
    """
    if run.effort.cores == 1 or run.effort.steps == 0:
        yield
        return
    helpers: list[SpawnProcess] = []
    try:
        _start(run, start, helpers)
    except (OSError, RuntimeError, ValueError, AssertionError, pickle.PicklingError) as trouble:
        log.warning("planning on %d of %d cores: %s", 1 + len(helpers), run.effort.cores, trouble)
    try:
        yield
        if run.exchange:
            run.exchange.hear(1.0)
    finally:
        for helper in helpers:
            helper.kill()  # nobody waits for its end: the clock has run out


def _start(run: Search, start: list[list[int]] | None, helpers: list[SpawnProcess]) -> None:
    """Start the other processes, and put them into ``helpers``, as long as there is time for them to be of use."""
    context, cores = multiprocessing.get_context("spawn"), run.effort.cores
    began = time.time() - (time.perf_counter() - run.begun)
    # a large day in the arguments would keep this process waiting until the other one has imported everything
    day = pickle.dumps((run.problem, start))
    told = context.RawArray("b", len(day))
    memoryview(told).cast("B")[:] = day
    memory = context.RawArray("q", cores * Board.words(run))
    run.exchange = Exchange(run, Board(memory, 0, cores))
    for place in range(1, cores):
        if run.share() > STARTING:
            log.warning("planning on %d of %d cores: there is no time to start more", place, cores)
            return
        effort = replace(run.effort, cores=1, seed=_seed(run.effort.seed, place))
        helper = context.Process(target=_help, args=(told, effort, began, memory, place, cores), daemon=True)
        helper.start()
        helpers.append(helper)


def _seed(seed: int, place: int) -> int:
    """Another seed for each process, the same ones every time."""
    return int(np.random.SeedSequence([seed, place]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _help(day: Any, effort: Any, began: float, memory: Any, place: int, places: int) -> None:
    """Search in a process of its own until the time is nearly over."""
    from .solving import Search, prepare, ready

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked answers it for all
    ready()
    problem, start = pickle.loads(bytes(memoryview(day).cast("B")))  # noqa: S301 (what this process' parent laid there)
    if effort.seconds is not None:
        effort = replace(effort, seconds=(1 - EARLY) * effort.seconds)
    run = Search(problem, prepare(problem), effort, time.perf_counter() - (time.time() - began))
    run.begin(start)
    run.exchange = Exchange(run, Board(memory, place, places))
    run.exhaust()
    run.exchange.tell()
