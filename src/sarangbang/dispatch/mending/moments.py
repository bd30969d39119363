"""What mending a day is asked and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sarangbang.dispatch.explaining import Reason
from sarangbang.dispatch.model import Car, Plan, Problem, Visit


@dataclass(frozen=True, slots=True)
class ChangePrices:
    """What a change costs, in the money of the day: another car, a minute by which a pick-up moves, another tour for a
    crew that was told one, a minute by which somebody who is aboard comes too late."""

    other_car: float = 20.0
    moved_minute: float = 0.5
    other_tour: float = 5.0
    overdue_minute: float = 50.0


@dataclass(frozen=True, slots=True)
class Moment:
    """How far the day has come. ``executed``: node → when its service began; what a tour has before such a stop has
    happened, too, though nobody said so. ``promised``: request → (pick-up, minutes by which it may differ). ``sent``:
    cars whose crews were told their tours. ``spare``: cars that may be called. ``freeze``: minutes from now on in which
    stops stay as they are."""

    now: float
    executed: Mapping[int, float] = field(default_factory=dict)
    promised: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    sent: frozenset[int] = frozenset()
    spare: Sequence[Car] = ()
    freeze: float = 25.0


@dataclass(frozen=True, slots=True)
class Change:
    """What is different, for whom and because of whom: ``other-car``, ``pick-up-moved``, ``drop-off-moved``,
    ``not-served``, ``served-again`` for requests, ``other-tour`` for cars."""

    code: str
    name: str
    about: Mapping[str, object]
    because: str | None


@dataclass(frozen=True, slots=True)
class Replanned:
    """``tier`` 1: the present order with new times; 2: delayed guests put in again; 3: a search over what is not
    committed; 4: a spare car; 5: none of it serves everybody, ``alarms`` say why. ``problem`` has the spare cars."""

    problem: Problem
    plan: Plan
    tier: int
    changes: tuple[Change, ...]
    alarms: tuple[Reason, ...]
    frozen: Mapping[int, tuple[int, ...]]


@dataclass(slots=True)
class Standing:
    """Where a car is when its fixed part is done: ``fixed`` nodes, their ``visits``, the ``rest`` of its nodes, who is
    ``aboard`` since when. ``brings``: guest aboard → drop-off when nobody else is fetched before; ``free`` and ``last``
    are when and where that is done. ``begun``: since when it is on duty; ``left``: when it had nothing
    to do any more, or ``when``. ``rests``: breaks it had, as they were planned (begin, minutes)."""

    fixed: list[int]
    visits: list[Visit]
    rest: list[int]
    place: int | None
    when: float
    begun: float | None
    aboard: dict[int, float]
    length: float
    rests: list[tuple[float, float]]
    brings: dict[int, float] = field(default_factory=dict)
    free: float = 0.0
    last: int | None = None
    left: float = 0.0
