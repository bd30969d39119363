"""What mending a whole day is asked and answers: rides, interpreters and appointments together.

Minutes are counted from midnight of the day at the place of the jobs, beyond 1440 the next day; rides, interpreters and
appointments use the same clock. Everything has a name, and the answer uses these names; nothing here knows
a database, a time zone or a language: reasons are codes with numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sarangbang.dispatch.interpreting import Day
from sarangbang.dispatch.model import INF, Car, Problem


class Unmendable(ValueError):
    """What is asked contradicts itself (an unknown name, an appointment of a job that is none); the text says where."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A ride as it is planned, or as it went: which car, when service begins at pick-up and at drop-off."""

    car: str
    pickup: float
    dropoff: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A time a clinic can offer, ``start`` included, ``end`` not. Slots with the same ``key`` can be given once."""

    start: int
    end: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A guest at a clinic. ``job`` is the interpreter's job there, ``to`` the ride that brings the guest, ``back`` the
    one that fetches them; empty for none. When the appointment moves, the job and the hours of both rides move along,
    by as much: but nobody is fetched before ``ready`` (the landing), nor brought back after ``back_by``.

    ``slots`` are the times the clinic can offer instead. ``patience``: so many minutes late, and the clinic still
    sees the guest at the present time. ``early`` is how long before the start the guest shall be there.
    ``fixed``: promised, no proposal may move it.
    """

    key: str
    guest: str
    start: int
    end: int
    clinic: str = ""
    job: str = ""
    to: str = ""
    back: str = ""
    slots: tuple[Slot, ...] = ()
    patience: int = 0
    early: int = 10
    ready: float = -INF
    back_by: float = INF
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """What a change costs, in the money of the day. ``other_car``, ``moved_minute`` (of a pick-up) and ``other_tour``
    are those of rides, ``told_guest`` that of telling somebody about another ride whom the news is not about;
    ``moved_appointment`` and ``appointment_minute`` what an appointment costs that moves."""

    told_guest: float = 5.0
    other_car: float = 20.0
    moved_minute: float = 0.5
    other_tour: float = 5.0
    other_interpreter: float = 15.0
    unmet_wish: float = 10.0
    way_minute: float = 0.1
    moved_appointment: float = 40.0
    appointment_minute: float = 0.2


@dataclass(frozen=True)
class Situation:
    """The day as everybody knows it, and how far it has come.

    ``carried``: rides that are planned, by name; what is missing has no car. ``aboard``: rides whose pick-up has
    happened, ``arrived``: those that are over (their times in ``carried`` are those that happened). ``promised``: ride
    → (pick-up, minutes by which it may differ). ``told``: cars whose crews know their tour. ``spare``: cars that may
    be called. ``rests``: breaks of crews, had and planned, as (begin, end). Stops of the next ``freeze`` minutes stay
    as they are, and so do interpreters of jobs that begin in the next ``freeze_jobs`` minutes. ``seeking`` are rides
    without a car that shall get one, whatever the news; other rides without a car stay so.

    ``interpreting`` has the present plan and what of it is frozen.
    """

    now: float
    rides: Problem
    carried: Mapping[str, Carried]
    interpreting: Day
    appointments: tuple[Appointment, ...] = ()
    aboard: frozenset[str] = frozenset()
    arrived: frozenset[str] = frozenset()
    promised: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    seeking: frozenset[str] = frozenset()
    spare: tuple[Car, ...] = ()
    rests: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    freeze: float = 25.0
    freeze_jobs: float = 30.0
    prices: Prices = Prices()


@dataclass(frozen=True, slots=True)
class GuestLate:
    """The guests of these rides can be picked up only from ``ready`` on (one flight: all its rides)."""

    rides: tuple[str, ...]
    ready: float


@dataclass(frozen=True, slots=True)
class ArrivesLate:
    """A guest who needs no car, or is under way, will be at the clinic only at ``minute``."""

    appointment: str
    minute: float


@dataclass(frozen=True, slots=True)
class NoShow:
    """These guests do not come: rides and appointments (with their rides that have not begun) are called off."""

    rides: tuple[str, ...] = ()
    appointments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InterpreterOut:
    """Nobody to count on for jobs that begin at ``since`` or later; None: from now on."""

    interpreter: str
    since: float | None = None


@dataclass(frozen=True, slots=True)
class CarBroken:
    """The car goes nowhere any more. ``place`` (row of the tables) is where it stands; None: where it last stopped.
    Guests aboard wait there for another one."""

    car: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class ClinicLate:
    """These appointments begin and end ``minutes`` later: a fact, not a proposal."""

    appointments: tuple[str, ...]
    minutes: int


News = GuestLate | ArrivesLate | NoShow | InterpreterOut | CarBroken | ClinicLate


@dataclass(frozen=True, slots=True)
class RideChange:
    """What is new about a ride. ``before`` None: it had no car; ``after`` None: it has none (see ``unmended``) or is
    called off. ``because``: the ride, appointment, interpreter or car of the news; empty: to make room."""

    ride: str
    before: Carried | None
    after: Carried | None
    because: str = ""

    @property
    def other_car(self) -> bool:
        return self.before is not None and self.after is not None and self.before.car != self.after.car

    @property
    def minutes(self) -> float:
        """By how much the pick-up moves; below 0: earlier."""
        return self.after.pickup - self.before.pickup if self.before and self.after else 0.0


@dataclass(frozen=True, slots=True)
class JobChange:
    """Who had a job and who has it now (empty: nobody), and when it is now."""

    job: str
    before: str
    after: str
    start: int
    end: int
    because: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """An appointment's new time. ``code``: ``guest-late`` (cannot be there in time), ``no-ride`` or ``no-interpreter``
    (at the old time), ``makes-room`` (for another guest), ``clinic-late`` (a fact, not a proposal)."""

    appointment: str
    guest: str
    start: int
    end: int
    before: tuple[int, int]
    code: str
    slot: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Unmended:
    """What could not be mended. ``kind``: ``ride`` (codes of ``explaining.WORDS``), ``interpreting`` (codes of
    ``interpreting.why.CODES``, and ``frozen``: kept, though the interpreter cannot) or ``appointment``: ``fixed``
    (promised, and the guest cannot be there), ``no-slot`` (the clinic offers nothing), ``too-late`` (the guest is
    there only at ``about["arrives"]``, after the last slot), ``promised`` (one of its pick-ups), ``no-ride`` or
    ``no-interpreter`` (at any slot)."""

    kind: str
    name: str
    code: str
    about: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Somebody who is told. ``consent``: who has to say yes first. ``kind``: ``clinic``, ``guest``, ``interpreter``
    or ``driver`` (``who`` is then the car); ``about``: ``appointment``, ``ride`` or ``job``, and its ``name``."""

    kind: str
    who: str
    about: str
    name: str
    consent: bool


@dataclass(frozen=True)
class Proposal:
    """One way out, the least disturbing that was found. ``carried``, ``assigned`` and ``times`` (appointments, as start
    and end) are the whole day as it would be; ``rides`` … ``moved`` only what differs from ``Situation``.

    ``cost`` adds up ``costs``: prices of all changes, and what driving costs more than before. ``done``: nothing is
    left unmended.
    """

    rides: tuple[RideChange, ...]
    jobs: tuple[JobChange, ...]
    moved: tuple[Moved, ...]
    unmended: tuple[Unmended, ...]
    agreements: tuple[Agreement, ...]
    costs: Mapping[str, float]
    carried: Mapping[str, Carried]
    assigned: Mapping[str, str]
    times: Mapping[str, tuple[int, int]]
    seconds: float = 0.0

    @property
    def cost(self) -> float:
        return sum(self.costs.values())

    @property
    def done(self) -> bool:
        return not self.unmended
