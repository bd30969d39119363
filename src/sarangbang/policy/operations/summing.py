"""The figures of one window: counts, rates, minutes and marks, each from the list of its measure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from django.db.models import Avg, Count

from .measures import MEASURES, minutes_to_car, promised_minutes
from .windows import Window

LATE_SHARE = 90
QUESTIONS = ("reception", "car", "interpreter", "overall")


@dataclass(frozen=True, slots=True)
class Rate:
    """``found`` of ``asked`` in one group; of nothing asked there is no share."""

    value: str
    asked: int
    found: int

    @property
    def share(self) -> float | None:
        return self.found / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Minutes:
    """How long it took in one group: how many, the middle one, the one that 90 of 100 do not exceed, and how many were
    within what is promised."""

    value: str
    count: int
    middle: float
    slow: int
    within: int

    @property
    def share_within(self) -> float:
        return self.within / self.count


@dataclass(frozen=True, slots=True)
class Marks:
    """Answers to one question and their mean; None of no answers."""

    question: str
    count: int
    mean: float | None


def rates(asked: str, found: str, window: Window) -> list[Rate]:
    """By the group of two measures, the second of which is a part of the first."""
    of, which = MEASURES[asked].by_group(window), MEASURES[found].by_group(window)
    return [Rate(value, many, which.get(value, 0)) for value, many in of.items()]


def whole(parts: Iterable[Rate]) -> Rate:
    known = list(parts)
    return Rate("", sum(each.asked for each in known), sum(each.found for each in known))


def minutes_by_terminal(window: Window) -> tuple[Minutes | None, list[Minutes]]:
    """Exit to car, in all and by terminal; None of no pick-up."""
    promised = promised_minutes(window.starts_at)
    by_terminal: dict[str, list[int]] = {}
    rows = MEASURES["exit-to-car"].listed(window).values_list("terminal", "landed_at", "met_at")
    for terminal, landed_at, met_at in rows.iterator(chunk_size=2000):
        by_terminal.setdefault(terminal, []).append(minutes_to_car(terminal, landed_at, met_at))
    parts = [_minutes(terminal, taken, promised) for terminal, taken in by_terminal.items()]
    parts.sort(key=lambda part: (-part.count, part.value))
    every = [taken for each in by_terminal.values() for taken in each]
    return (_minutes("", every, promised) if every else None), parts


def _minutes(value: str, taken: list[int], promised: int) -> Minutes:
    in_order = sorted(taken)
    slow = in_order[-(-len(in_order) * LATE_SHARE // 100) - 1]
    return Minutes(value, len(taken), median(in_order), slow, sum(1 for each in in_order if each <= promised))


def marks(window: Window) -> list[Marks]:
    """Mean mark of each question, of those who answered it."""
    asked = {f"{name}_mean": Avg(name) for name in QUESTIONS} | {f"{name}_count": Count(name) for name in QUESTIONS}
    row = MEASURES["surveys"].listed(window).order_by().aggregate(**asked)
    return [Marks(name, row[f"{name}_count"], row[f"{name}_mean"]) for name in QUESTIONS]
