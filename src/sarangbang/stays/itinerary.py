"""What happens on which day of a stay. Pure: knows neither the database nor HTTP.

An ``Entry`` is one line of the itinerary: an appointment, a flight, a ride, an interpreter. The rooms above make
entries of what they know (``concierge.entries``), in the reader's language; here they are put on days, and
``feed`` writes the same entries into a calendar.

Days are counted in the zone of the place (Seoul), never in the reader's: the day of arrival is day 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

HOUSE_ZONE = "Asia/Seoul"


class State(StrEnum):
    """How certain an entry is. Shown in words and as a tag; the calendar knows three of them."""

    AGREED = "agreed"
    WAITING = "waiting"
    UNDER_WAY = "under_way"
    DONE = "done"
    MISSED = "missed"
    REFUSED = "refused"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Nothing will come of it any more."""
        return self in (State.DONE, State.MISSED, State.REFUSED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere on the way: as written in Korea, in Latin letters, and where to find it (WGS 84)."""

    code: str
    name: str
    name_latin: str
    address: str = ""
    address_latin: str = ""
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happens. ``starts_at`` and ``ends_at`` are aware instants, ``ends_at`` may be unknown.

    ``uid`` is stable as long as the thing exists ("appointment:<id>"), ``sequence`` grows with every change that a
    calendar must show (RFC 5545, 3.8.7.4) and ``changed_at`` is the instant of the last one. ``summary`` is what a
    calendar shows on a locked screen: it never says why somebody comes.
    ``title``, ``lines`` and ``status`` are for the page, in the reader's language; ``spot`` is where to be, ``to``
    where a ride ends, ``answer_by`` until when an answer was promised while the entry waits. A promise belongs to
    the entry whose ``uid`` is the promise's subject.
    """

    uid: str
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    title: str
    summary: str
    changed_at: dt.datetime
    lines: tuple[str, ...] = ()
    status: str = ""
    state: State = State.AGREED
    sequence: int = 0
    spot: Spot | None = None
    to: Spot | None = None
    answer_by: dt.datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.starts_at, self.ends_at, self.changed_at, self.answer_by):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a moment without a time zone")
        if self.ends_at is not None and self.ends_at < self.starts_at:
            raise ValueError("ends before it starts")


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day with its entries in order. ``number`` counts from the arrival (1); it is None before it."""

    date: dt.date
    number: int | None
    entries: tuple[Entry, ...]


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By start; what is shorter first, and then by ``uid``, so that the order never depends on the database."""
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.ends_at or entry.starts_at, entry.uid))


def days(entries: Iterable[Entry], zone: str = HOUSE_ZONE, arrives_on: dt.date | None = None) -> list[Day]:
    """The days on which something happens, in order. Without a known arrival the first of them is day 1."""
    local = ZoneInfo(zone)

    def date_of(entry: Entry) -> dt.date:
        return entry.starts_at.astimezone(local).date()

    ordered = in_order(entries)
    if not ordered:
        return []
    first = arrives_on or date_of(ordered[0])
    return [
        Day(date, (date - first).days + 1 if date >= first else None, tuple(group))
        for date, group in groupby(ordered, key=date_of)
    ]


def next_entry(entries: Sequence[Entry], now: dt.datetime) -> Entry | None:
    """What comes next or is happening: the first entry that is neither over nor past."""
    for entry in in_order(entries):
        if not entry.state.is_over and (entry.ends_at or entry.starts_at) >= now:
            return entry
    return None
