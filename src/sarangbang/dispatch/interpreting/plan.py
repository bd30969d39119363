"""A plan for a day of interpreting, with what is proven about it: fill and search from below, prices from above."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sarangbang.dispatch.pauses import undisturbed

from .check import judge
from .cover import SMALL, Cover, Limits
from .dive import Dive
from .model import LEVELS, Break, Day, Interpreter, Job, Mode, Plan
from .routes import way
from .search import Search, State
from .table import NOBODY, Table, build, order

CHAINS = 0.2
"""Part of the time that may be spent on chains."""
MARGIN = 0.03
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
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
) -> Plan:
    """The best plan within ``seconds`` of wall clock, everything included.

    With ``rounds`` (of search and of the bound) that end before the time does, the same seed gives the same plan.
    ``stop`` is asked often and ends the search early with the best plan so far. One core works. Raises ``Unfit`` for a
    day that contradicts itself, and ``ValueError`` for seconds that are none.
    """
    if not seconds >= 0:
        raise ValueError("seconds are a number from 0 on")
    if len(day.jobs) * len(day.interpreters) <= SMALL:
        _chooser()  # loading is no planning either
    watch = _Watch(seconds, rounds, stop, clock)
    table = build(day)
    aside = _set_aside(day, table)
    search = Search(table, seed)
    cover = Cover(search, Limits(watch.left, watch.goes_on, rounds), lambda: tell(), seed)

    def tell() -> None:
        if progress is not None:
            progress(Progress(watch.spent, search.covered, cover.standing()[0]))

    tell()
    search.chains(lambda: watch.goes_on(CHAINS, 0))
    tell()
    cover.run()
    best, proven = _prove(watch, cover, seed)
    if best.levels > search.best.levels:
        search.best.become(best)
    if proven < len(LEVELS):
        search.now.become(search.best)
        _refine(watch, search)
    best = search.best
    coverable = search.covered if proven else cover.standing()[0]
    tell()
    with undisturbed():  # time is up, and this makes more objects than all before
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


def _chooser() -> Callable[..., tuple[State, int]]:
    from .choice import choose

    return choose


def _prove(watch: _Watch, cover: Cover, seed: int) -> tuple[State, int]:
    search, tight = cover.search, cover.met()
    search.now.become(search.best)
    for _ in range(4):
        if not search.polish(lambda: watch.goes_on(1.0, 0)):
            break
    if not cover.whole or watch.left() <= 0.05 or watch.stop():
        return search.best, int(tight)
    ceiling = cover.ceiling if tight else cover.truly()
    tight = tight or ceiling.value <= search.best.levels[0]
    return _chooser()(ceiling, search.best, tight, watch.left(0.9), seed, rounds=watch.rounds, stop=watch.stop)


def _refine(watch: _Watch, search: Search) -> None:
    """The lower levels, for as long as there is time."""
    turn = 0
    while watch.goes_on(1.0, turn):
        turn += 1
        if search.polish(lambda: watch.goes_on(1.0, 0)) == 0:
            break
    while watch.goes_on(1.0, turn):
        turn += 1
        search.disturb()


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
    plan_day(day, seconds=60, rounds=3)
    table = build(day)
    search = Search(table, 0)
    cover = Cover(search, Limits(lambda _: 60.0, lambda _part, rounds: rounds < 2, 2), lambda: None, 0)
    cover.ceiling.lower(1, lambda: True, lambda: False)
    Dive(cover.ceiling, cover.ceiling.weight, 0).plan(lambda: True)
    cover.renew(1, cover.guide(1.0))
    search.chains(lambda: True)
    search.disturb()
    search.polish(lambda: True)
    _chooser()(cover.ceiling, search.best, True, 1.0, 0)
