"""What a flight feed says about arrivals, and how much of it is believed. Pure; knows neither the ORM nor HTTP.

Whatever a feed speaks, it is read into ``Arrival``: one operating flight on one day, with the numbers of those that
only share it. ``judge`` compares it with what is known: it either gives an instant to go by, or a question for a
coordinator. A feed that contradicts itself never moves a ride.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

NUMBER = re.compile(r"([A-Z]{2,3}|[A-Z][0-9]|[0-9][A-Z])0*([1-9][0-9]{0,3})([A-Z]?)")
"""Airline designator (two characters of IATA or three letters of ICAO), number without leading zeros, suffix."""

NEAR = dt.timedelta(hours=12)
"""A flight that a guest told belongs to the day's flight of that number scheduled this near."""
EARLIEST = dt.timedelta(hours=3)
LATEST = dt.timedelta(hours=24)
"""An estimate more than this before or after the schedule is no estimate."""
LEAP = dt.timedelta(hours=3)
"""A change of the estimate by more than this must be read twice before anything moves."""


class State(StrEnum):
    EXPECTED = "expected"
    LANDED = "landed"
    CANCELLED = "cancelled"
    DIVERTED = "diverted"


class Doubt(StrEnum):
    """Why a coordinator has to look. Stable codes; the words are in ``concierge.wording``."""

    UNKNOWN = "flight_unknown"
    AMBIGUOUS = "flight_ambiguous"
    CANCELLED = "flight_cancelled"
    DIVERTED = "flight_diverted"
    NONSENSE = "flight_estimate_impossible"
    CONTRADICTION = "flight_contradicts_itself"
    LEAP = "flight_estimate_leaps"
    FEED_DOWN = "flight_feed_down"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One operating flight into one terminal. Instants are aware; ``place`` is the code of the terminal's place
    ("icn-t1"); ``shared`` are the numbers under which others sell it."""

    number: str
    scheduled_at: dt.datetime
    place: str
    estimated_at: dt.datetime | None = None
    state: State = State.EXPECTED
    shared: tuple[str, ...] = ()
    gate: str = ""
    exit: str = ""
    carousel: str = ""
    origin: str = ""

    @property
    def lands_at(self) -> dt.datetime:
        """The estimate, or the schedule while there is none."""
        return self.estimated_at or self.scheduled_at


class FeedDown(Exception):
    """The feed gave no usable answer: network, quota, key, or an answer that is none. ``code`` says which."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


class Feed(Protocol):
    """Where arrivals come from. ``name`` is kept with every report."""

    name: str

    def arrivals(self, day: dt.date) -> Sequence[Arrival]:
        """The arrivals of one Korean calendar day. Raises ``FeedDown``."""
        ...


def plain_number(text: str) -> str:
    """A flight number as everybody writes it: "ke 0086" and "KE086" are "KE86". Empty when it is none."""
    found = NUMBER.fullmatch(re.sub(r"[\s-]", "", text).upper())
    return "".join(found.groups()) if found else ""


def folded(arrivals: Iterable[tuple[Arrival, str]]) -> list[Arrival]:
    """One arrival for each operating flight. Each comes with the number of the flight that operates it, empty when it
    is that one itself. A shared number whose operating flight is not listed stands for itself. A flight that is listed
    twice and not alike stays two, so that ``judge`` asks."""
    listed = list(dict.fromkeys(arrivals))
    operating = {(one.number, one.scheduled_at): one for one, master in listed if not master or master == one.number}
    shared: dict[tuple[str, dt.datetime], set[str]] = {}
    for one, master in listed:
        if not master or master == one.number:
            continue
        key = (master, one.scheduled_at)
        if key in operating:
            shared.setdefault(key, set()).add(one.number)
        else:
            operating.setdefault((one.number, one.scheduled_at), one)
    found = [replace(one, shared=tuple(sorted(shared.get(key, ())))) for key, one in operating.items()]
    for one, master in listed:
        key = (one.number, one.scheduled_at)
        if (not master or master == one.number) and _differs(one, operating[key]):
            found.append(replace(one, shared=tuple(sorted(shared.get(key, ())))))
    return sorted(found, key=lambda one: (one.scheduled_at, one.number))


def _differs(one: Arrival, other: Arrival) -> bool:
    """Whether two readings of a flight tell guests and drivers different things."""
    return (one.lands_at, one.place, one.state) != (other.lands_at, other.place, other.state)


@dataclass(frozen=True, slots=True)
class Known:
    """What the house knows of a guest's flight: as told, and what the feed said last, if anything."""

    number: str
    scheduled_at: dt.datetime
    last: Arrival | None = None
    doubted_at: dt.datetime | None = None
    """The landing of the last reading that was put in doubt, so that a second equal one can confirm it."""


@dataclass(frozen=True, slots=True)
class Believed:
    """The flight lands (or landed) at ``arrival.lands_at``."""

    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Asked:
    """Nothing moves; a coordinator is asked. ``arrival`` is what the feed said, if it said anything."""

    doubt: Doubt
    arrival: Arrival | None = None


def match(number: str, scheduled_at: dt.datetime, arrivals: Iterable[Arrival]) -> list[Arrival]:
    """The arrivals that may be this flight: same number, operating or shared, scheduled within twelve hours."""
    wanted = plain_number(number)
    found = [
        one
        for one in arrivals
        if wanted and wanted in (one.number, *one.shared) and abs(one.scheduled_at - scheduled_at) <= NEAR
    ]
    return sorted(found, key=lambda one: abs(one.scheduled_at - scheduled_at))


def judge(known: Known, arrivals: Iterable[Arrival], now: dt.datetime) -> Believed | Asked:
    """What to go by. Never raises; every doubt is an ``Asked``."""
    found = match(known.number, known.scheduled_at, arrivals)
    if not found:
        return Asked(Doubt.UNKNOWN)
    if len(found) > 1:
        return Asked(Doubt.AMBIGUOUS)
    arrival = found[0]
    doubt = _doubt(known, arrival, now)
    return Asked(doubt, arrival) if doubt else Believed(arrival)


def _doubt(known: Known, arrival: Arrival, now: dt.datetime) -> Doubt | None:
    if arrival.state == State.CANCELLED:
        return Doubt.CANCELLED
    if arrival.state == State.DIVERTED:
        return Doubt.DIVERTED
    late = arrival.lands_at - arrival.scheduled_at
    if late < -EARLIEST or late > LATEST:
        return Doubt.NONSENSE
    if arrival.state == State.LANDED and arrival.lands_at > now + dt.timedelta(minutes=10):
        return Doubt.CONTRADICTION  # landed, in the future
    last = known.last
    if last is not None and last.state == State.LANDED and arrival.state != State.LANDED:
        return Doubt.CONTRADICTION  # nobody takes off again from the gate
    before = last.lands_at if last is not None else known.scheduled_at
    confirmed = known.doubted_at is not None and abs(known.doubted_at - arrival.lands_at) <= dt.timedelta(minutes=15)
    if abs(arrival.lands_at - before) > LEAP and not confirmed:
        return Doubt.LEAP
    return None
