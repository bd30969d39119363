"""A plan for a day of interpreting, with what is proven about it: fill and search from below, prices from above."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .interpreting import LEVELS, Break, Day, Interpreter, Job, Mode, Plan
from .interpreting_bound import Ceiling
from .interpreting_check import judge
from .interpreting_columns import Pool
from .interpreting_corners import feasible
from .interpreting_cover import Cover
from .interpreting_exact import choose
from .interpreting_routes import way
from .interpreting_search import Search, State
from .interpreting_table import NOBODY, Table, build, order

MARGIN = 0.02
"""Part of the time that is kept back for reading the result."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come: jobs covered, and how many can be covered at most."""

    seconds: float
    covered: int
    coverable: int


class _Watch:
    """Time, rounds and the wish to stop. ``part`` narrows the time for one stage."""

    def __init__(self, seconds: float, rounds: int | None, stop: Callable[[], bool], now: Callable[[], float]) -> None:
        self.now = now
        self.begin = now()
        self.seconds, self.rounds, self.stop = seconds, rounds, stop

    @property
    def spent(self) -> float:
        return self.now() - self.begin

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
    clock: Callable[[], float] = time.perf_counter,
) -> Plan:
    """The best plan within ``seconds`` of wall clock, everything included.

    With ``rounds`` (of search and of the bound) that end before the time does, the same seed gives the same plan.
    ``stop`` is asked often and ends the search early with the best plan so far. Raises ``Unfit`` for a day that
    contradicts itself.
    """
    watch = _Watch(seconds, rounds, stop, clock)
    table = build(day)
    aside = _set_aside(day, table)
    search = Search(table, seed)
    cover = Cover(search, watch.left, watch.goes_on, lambda: tell(), 1.0 if clock is time.perf_counter else 10.0)

    def tell() -> None:
        if progress is not None:
            progress(Progress(watch.spent, search.covered, _coverable(cover)[0]))

    tell()
    search.chains(lambda: watch.goes_on(0.4, 0))
    tell()
    cover.run()
    best, proven = _prove(watch, cover, seed, workers)
    if best.levels > search.best.levels:
        search.best.become(best)
    if proven < len(LEVELS):
        search.now.become(search.best)
        _refine(watch, search)
    best = search.best
    coverable = search.covered if proven else _coverable(cover)[0]
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
        seconds=watch.spent,
        rounds=search.rounds,
    )


def _coverable(cover: Cover) -> tuple[int, bool]:
    """How many jobs a plan can cover that is at least as good by priority, as far as the bound says; and whether none
    can be better by priority."""
    weight, value, best = cover.softly.weight, cover.ceiling.value, cover.search.best
    weights = sorted(set(weight.tolist()), reverse=True)
    able = cover.table.can.any(axis=0)
    most = [int((able & (weight == each)).sum()) for each in weights]
    have = [int(((best.owner != NOBODY) & (weight == each)).sum()) for each in weights]
    found, before, left, proven = sum(have), 0, value, True
    for level, each in enumerate(weights):  # as good on the levels before, better on this one, as many as can be after
        for more in range(have[level] + 1, most[level] + 1):
            rest = left - each * more
            if rest < 0:
                break
            total, proven = before + more, False
            for other, count in reversed(list(zip(weights, most, strict=True))[level + 1 :]):
                fits = min(count, rest // other)
                total, rest = total + fits, rest - fits * other
            found = max(found, total)
        before, left = before + have[level], left - each * have[level]
    return found, proven


def _prove(clock: _Watch, cover: Cover, seed: int, workers: int) -> tuple[State, int]:
    search, tight = cover.search, int(_coverable(cover)[1])
    if clock.left() <= 0.05 or clock.stop():
        return search.best, tight
    for _ in range(4):
        search.now.become(search.best)
        if not search.polish():
            break
    seconds = clock.left(0.9)
    if not cover.whole:
        return search.best, tight
    return choose(cover.ceiling, search.best, seconds, seed, workers=workers, rounds=clock.rounds)


def _refine(clock: _Watch, search: Search) -> None:
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
    pool = Pool(table)
    pool.keep(search.best.days, search.best.sizes)
    feasible(table, pool.trim(ceiling.best_price, np.zeros(2, np.int64)))
    ceiling.try_prices(ceiling.best_price, np.zeros(2, np.int64))
