"""Interpreters for a day: who goes to which job. The model and what is asked of a plan.

Jobs have fixed times. An interpreter can take a job when language, level, field, certificate, mode, working hours and
a *required* woman or man are right: these are skills, never traded. A wish (a woman or a man, a known face) is
something else: it is counted when it is not met, and never keeps a guest without an interpreter.

A plan is judged level by level, the first that differs decides:

1. jobs covered, priority by priority (1 is the most pressing),
2. assignments of the present plan that are kept,
3. wishes not met,
4. minutes on the way, from home and back home,
5. how unevenly the work of four weeks is shared.

Times are whole minutes after midnight at the place of the jobs; a night goes on past 1440. One call plans one day.
Nothing here knows a database, a time zone or a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

QUARTER = 15
"""Interpreting is counted in quarter hours begun, for the month's hours as for fairness."""
FULL_TIME = 160 * 60
"""Minutes in four weeks of somebody whose agreed hours are not given."""


class Mode(StrEnum):
    ON_SITE = "on_site"
    VIDEO = "video"
    PHONE = "phone"


class Unfit(ValueError):
    """The problem contradicts itself; the text says where."""


@dataclass(frozen=True, slots=True)
class Job:
    """One guest at one appointment, ``start`` included, ``end`` not. ``place`` is empty for video and phone.

    ``sex`` is "female", "male" or empty; ``sex_required`` turns the wish into a condition. ``known`` are the
    interpreters who know the guest. ``same_face`` is the wish for one of them, or for whoever had the guest's job
    before this one. ``barred`` may not take the job."""

    key: str
    start: int
    end: int
    language: str
    place: str = ""
    mode: Mode = Mode.ON_SITE
    level: int = 1
    field: str = ""
    certificate: str = ""
    sex: str = ""
    sex_required: bool = False
    guest: str = ""
    known: frozenset[str] = frozenset()
    same_face: bool = False
    barred: frozenset[str] = frozenset()
    priority: int = 2


@dataclass(frozen=True, slots=True)
class Break:
    """So many minutes without job and way, somewhere between ``earliest`` and ``latest``."""

    minutes: int
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Interpreter:
    """``languages`` to level (higher is better); no ``fields`` means every field. ``hours`` bound the jobs, not the
    way from and to ``home``. A call is taken at home or, with ``calls_anywhere``, where the job on site before or after
    it is. ``minutes_left`` is what the month, ``day_minutes`` what the day still allows; ``recent_minutes`` were
    worked in the 27 days before this one; ``agreed_minutes`` is what was agreed on for four weeks."""

    key: str
    languages: Mapping[str, int]
    home: str
    hours: tuple[tuple[int, int], ...]
    fields: frozenset[str] = frozenset()
    certificates: frozenset[str] = frozenset()
    sex: str = ""
    modes: frozenset[Mode] = frozenset(Mode)
    calls_anywhere: bool = True
    pause: Break | None = None
    transport: str = "car"
    minutes_left: int | None = None
    day_minutes: int | None = None
    recent_minutes: int = 0
    agreed_minutes: int = FULL_TIME


Matrix = Sequence[Sequence[int]]


def matrix(places: Sequence[str], minutes: Callable[[str, str], int]) -> list[list[int]]:
    """Travel times as a table, from a function."""
    return [[0 if a == b else minutes(a, b) for b in places] for a in places]


@dataclass(frozen=True, slots=True)
class Day:
    """Everything a plan depends on. ``travel`` has one table of whole minutes per means of transport, rows and columns
    in the order of ``places``; ``slack`` is added wherever there is a way. ``present`` is the plan that people
    know (job to interpreter), ``frozen`` those jobs of it that may not change any more."""

    jobs: tuple[Job, ...]
    interpreters: tuple[Interpreter, ...]
    places: tuple[str, ...]
    travel: Mapping[str, Matrix]
    slack: int = 0
    present: Mapping[str, str] = field(default_factory=dict)
    frozen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Worth:
    """A plan on every level. ``covered`` counts per priority, in the order of ``priorities``."""

    priorities: tuple[int, ...]
    covered: tuple[int, ...]
    changed: int
    unmet: int
    travel: int
    unfair: int

    @property
    def total(self) -> int:
        return sum(self.covered)

    @property
    def rank(self) -> tuple[int, ...]:
        """Smaller is better; compare plans of the same day only."""
        return (*(-each for each in self.covered), self.changed, self.unmet, self.travel, self.unfair)


LEVELS = ("coverage", "changed", "unmet", "travel", "unfair")


@dataclass(frozen=True, slots=True)
class Plan:
    """Who does what. ``coverable`` is proven: no plan as good by priority covers more jobs. ``proven`` names the
    levels, from the first on, on which no plan is better. ``broken`` are frozen assignments that contradict each other
    or the hours: they are kept, and somebody has to know."""

    assigned: Mapping[str, str]
    worth: Worth
    coverable: int
    proven: tuple[str, ...]
    broken: tuple[str, ...] = ()
    seconds: float = 0.0
    rounds: int = 0

    @property
    def gap(self) -> float:
        """How far coverage may be from the best, as a share of what is coverable."""
        return 1 - self.worth.total / self.coverable if self.coverable else 0.0
