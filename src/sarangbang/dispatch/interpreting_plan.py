"""A plan for a day of interpreting, with what is proven about it: fill and search from below, prices from above."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .interpreting import LEVELS, Break, Day, Interpreter, Job, Mode, Plan
from .interpreting_bound import GRAIN, Ceiling
from .interpreting_check import judge
from .interpreting_exact import choose
from .interpreting_routes import way
from .interpreting_search import Search, State
from .interpreting_table import NOBODY, Table, build, order

MARGIN = 0.02
"""Part of the time that is kept back for reading the result."""
STRIDE = 200_000
"""Interpreters times jobs times rounds of the bound between two looks at the clock."""
SMALL = 20_000
"""Interpreters times jobs up to which one round of everything takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come: jobs covered, and how many can be covered at most."""

    seconds: float
    covered: int
    coverable: int


class _Clock:
    """Time, rounds and the wish to stop. ``part`` narrows the time for one stage."""

    def __init__(self, seconds: float, rounds: int | None, stop: Callable[[], bool]) -> None:
        self.begin = time.perf_counter()
        self.seconds, self.rounds, self.stop = seconds, rounds, stop

    @property
    def spent(self) -> float:
        return time.perf_counter() - self.begin

    def left(self, part: float = 1.0) -> float:
        return self.seconds * part * (1 - MARGIN) - self.spent

    def goes_on(self, part: float, rounds: int) -> bool:
        if self.stop() or self.left(part) <= 0:
            return False
        return self.rounds is None or rounds < self.rounds


def plan_day(
    day: Day,
    *,
    seconds: float = 1.0,
    seed: int = 0,
    rounds: int | None = None,
    workers: int = 1,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """The best plan within ``seconds`` of wall clock, everything included.

    With ``rounds`` (of search and of the bound) that end before the time does, the same seed gives the same plan.
    ``stop`` is asked often and ends the search early with the best plan so far. Raises ``Unfit`` for a day that
    contradicts itself.
    """
    clock = _Clock(seconds, rounds, stop)
    table = build(day)
    aside = _set_aside(day, table)
    search = Search(table, seed)
    pair = _Bounds(table)

    def tell() -> None:
        if progress is not None:
            progress(Progress(clock.spent, search.covered, pair.coverable))

    tell()
    search.chains(lambda: clock.goes_on(0.4, 0))
    tell()
    _cover(clock, search, pair, tell)
    best, proven = _prove(clock, search, pair, seed, workers)
    if best.levels > search.best.levels:
        search.best.become(best)
    if proven < len(LEVELS):
        search.now.become(search.best)
        _refine(clock, search)
    best = search.best
    coverable = search.covered if proven and pair.same else pair.coverable
    tell()
    jobs = order(day)
    broken = [jobs[j].key for j in aside]
    assigned = {jobs[j].key: day.interpreters[i].key for j, i in enumerate(best.owner) if i != NOBODY}
    assigned |= {key: day.present[key] for key in broken}
    return Plan(
        assigned=assigned,
        worth=judge(day, assigned),
        coverable=coverable + len(broken),
        proven=LEVELS[:proven],
        broken=tuple(broken),
        seconds=clock.spent,
        rounds=search.rounds,
    )


class _Bounds:
    """The bound on jobs weighed by priority, and the one on their number."""

    def __init__(self, table: Table) -> None:
        self.weighted = Ceiling(table)
        self.same = len(set(table.weight.tolist())) <= 1
        self.counted = self.weighted if self.same else Ceiling(table._replace(weight=np.ones_like(table.weight)))

    @property
    def coverable(self) -> int:
        return self.counted.value


def _cover(clock: _Clock, search: Search, pair: _Bounds, tell: Callable[[], None]) -> None:
    """Coverage from below and from above, in turns, until they meet or 0.7 of the time is spent."""
    turn = 0
    searching = bounding = 0.0
    small = search.table.can.size <= SMALL
    while clock.goes_on(0.7, turn):
        turn += 1
        done = search.best.levels[0] >= pair.weighted.value
        counted = pair.same or search.covered >= pair.coverable or pair.counted.tired
        if done and counted:
            return
        start = time.perf_counter()
        step = max(1, min(10, STRIDE // max(1, search.table.can.size)))
        if not pair.same and not counted:
            pair.counted.lower(search.covered, step)
        if not done and not pair.weighted.tired and (small or pair.same or counted):
            pair.weighted.lower(search.best.levels[0], step)
        if pair.weighted.tired and pair.counted.tired and turn > 400:
            return
        bounding += time.perf_counter() - start
        if clock.rounds is None and searching > 0.3 * bounding:
            continue
        start = time.perf_counter()
        for _ in range(4):
            if search.best.levels[0] >= pair.weighted.value or not clock.goes_on(0.7, turn):
                break
            search.disturb(coverage_only=True)
            if clock.rounds is None and time.perf_counter() - start > 0.5 * (bounding / turn):
                break
        searching += time.perf_counter() - start
        if turn % 10 == 0:
            tell()


def _prove(clock: _Clock, search: Search, pair: _Bounds, seed: int, workers: int) -> tuple[State, int]:
    tight = int(pair.weighted.value <= search.best.levels[0])
    if clock.left() <= 0.05 or clock.stop():
        return search.best, tight
    for _ in range(4):
        search.now.become(search.best)
        if not search.polish():
            break
    while not pair.weighted.tired and pair.weighted.state[0] - search.best.levels[0] * GRAIN > 0.02 * GRAIN:
        if not clock.goes_on(0.4, 0):
            break
        pair.weighted.lower(search.best.levels[0], 20)
    seconds = clock.left(0.9)
    return choose(pair.weighted, search.best, seconds, seed, workers=workers, rounds=clock.rounds)


def _refine(clock: _Clock, search: Search) -> None:
    """The lower levels, for as long as there is time."""
    turn = 0
    while clock.goes_on(1.0, turn):
        turn += 1
        if search.polish() == 0:
            break
    while clock.goes_on(1.0, turn):
        turn += 1
        search.disturb(coverage_only=False)


def _set_aside(day: Day, table: Table) -> list[int]:
    """Frozen jobs that contradict each other: they are kept as they are, and who has them gets nothing new."""
    aside: list[int] = []
    for i in sorted({int(each) for each in table.frozen if each != NOBODY}):
        held = np.flatnonzero(table.frozen == i)
        if way(table, i, held, len(held)) < 0:
            aside += [int(j) for j in held]
            table.can[i, :] = 0
    table.can[:, aside] = 0
    table.frozen[aside] = NOBODY
    table.kept[aside] = NOBODY
    return aside


def warm_up() -> None:
    """Compiles everything once, so that no plan has to wait for it."""
    hours = ((480, 1080),)
    one = Interpreter(key="a", languages={"en": 1}, home="x", hours=hours, pause=Break(30, 690, 840), day_minutes=60)
    people = (one, replace(one, key="b", day_minutes=None))
    jobs = tuple(
        Job(key=str(n), start=600 + 20 * n, end=630 + 20 * n, language="en", place="" if n % 2 else "x",
            mode=Mode.PHONE if n % 2 else Mode.ON_SITE, priority=1 + n % 2)
        for n in range(6)
    )  # fmt: skip
    day = Day(jobs=jobs, interpreters=people, places=("x",), travel={"car": ((0,),)})
    plan_day(day, seconds=5, rounds=3)
    table = build(day)
    search = Search(table, 0)
    search.chains(lambda: True)
    search.disturb(coverage_only=True)
    search.polish()
    ceiling = Ceiling(table)
    ceiling.lower(0, 1)
    choose(ceiling, search.best, 1.0, 0)
