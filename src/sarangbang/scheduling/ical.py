"""The one writer of iCalendar (RFC 5545) in the house. Pure: knows neither the ORM nor HTTP.

The same events always give the same bytes, so that ETag means something. ``UID`` stays the same through every change,
``SEQUENCE`` grows, and what was cancelled stays in the feed as ``STATUS:CANCELLED``, because a calendar does not notice
what is merely gone. Escaping and folding are the work of the library ``icalendar``.

Moments are written on the wall clock of the event's zone, with a ``VTIMEZONE`` for each zone that covers the years in
use. A wall-clock time that happens twice (the hour that daylight saving repeats) is written in UTC: by RFC 5545, 3.3.5,
it would mean the first of the two, and readers disagree about it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar import Event as Component

PRODUCT = "-//Sarangbang//Calendar//EN"
ASK_AGAIN = dt.timedelta(hours=1)
"""How often a subscribed calendar is asked to look for changes."""

SHORTEST = dt.timedelta(minutes=30)
"""Shown for what has no known end."""


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Status(StrEnum):
    """RFC 5545, 3.8.1.11."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a calendar. ``uid`` is unique in the world and stable ("<id>@<domain>"), ``sequence`` grows with
    every change that a calendar must show, ``changed_at`` is the instant of the last one. Instants are aware; ``zone``
    is the IANA zone in which they are written. ``position`` is latitude and longitude (WGS 84)."""

    uid: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    summary: str
    changed_at: dt.datetime
    sequence: int = 0
    status: Status = Status.CONFIRMED
    zone: str = "Asia/Seoul"
    description: str = ""
    location: str = ""
    position: tuple[float, float] | None = None
    url: str = ""

    def __post_init__(self) -> None:
        for moment in (self.starts_at, self.ends_at, self.changed_at):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a moment without a time zone")

    @property
    def until(self) -> dt.datetime:
        """The end, or half an hour after the start when it is not known."""
        return self.ends_at or self.starts_at + SHORTEST


@dataclass(frozen=True, slots=True)
class Feed:
    """The calendar's bytes with what HTTP needs to answer "not modified"."""

    content: bytes
    etag: str
    changed_at: dt.datetime | None


def write(events: Iterable[Event], name: str) -> Feed:
    """The events as one calendar called ``name``, in the order of time."""
    ordered = sorted(events, key=lambda event: (event.starts_at, event.until, event.uid))
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for zone in _zones(ordered):
        calendar.add_component(zone)
    for event in ordered:
        calendar.add_component(_component(event))
    content = calendar.to_ical()
    changed_at = max((event.changed_at for event in ordered), default=None)
    return Feed(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"', changed_at)


def _zones(events: Sequence[Event]) -> list[Timezone]:
    years = defaultdict(set)
    for event in events:
        for moment in (event.starts_at, event.until):
            years[event.zone].add(moment.astimezone(ZoneInfo(event.zone)).year)
    return [_zone(zone, min(used), max(used)) for zone, used in sorted(years.items())]


@lru_cache(maxsize=64)
def _zone(name: str, first_year: int, last_year: int) -> Timezone:
    """The zone's changes of offset: at least those of fifty years, because a reader may keep the first description
    of a zone that it meets. An onset is on the wall clock as it was before (RFC 5545, 3.6.5)."""
    zone = Timezone()
    zone.add("tzid", name)
    begin = dt.datetime(min(first_year - 1, 2000), 1, 1, tzinfo=dt.UTC)
    end = dt.datetime(max(last_year + 2, 2050), 1, 1, tzinfo=dt.UTC)
    there = begin.astimezone(ZoneInfo(name))
    zone.add_component(_observance(_offset(there), there, [begin.replace(tzinfo=None)]))
    finished: list[tuple[dt.timedelta, dt.datetime, list[dt.datetime]]] = []
    runs: dict[tuple[object, ...], tuple[dt.timedelta, dt.datetime, list[dt.datetime]]] = {}
    for before, after in _changes(ZoneInfo(name), begin, end):
        onset = (after.astimezone(dt.UTC) + _offset(before)).replace(tzinfo=None)
        kind = (_offset(before), _offset(after), after.tzname(), onset.month, onset.weekday(), onset.time())
        known = runs.get(kind)
        if known is None or onset.year != known[2][-1].year + 1 or _nth([*known[2], onset]) is None:
            known = runs[kind] = (_offset(before), after, [])
            finished.append(known)
        known[2].append(onset)
    for offset, after, onsets in finished:
        zone.add_component(_observance(offset, after, onsets))
    return zone


def _nth(onsets: Sequence[dt.datetime]) -> int | None:
    """Which weekday of the month all of these are: 2 is the second, -1 the last; None when they have none in common."""
    counted = {(onset.day - 1) // 7 + 1 for onset in onsets}
    if len(counted) == 1:
        return counted.pop()
    last = all((onset + dt.timedelta(days=7)).month != onset.month for onset in onsets)
    return -1 if last else None


def _offset(moment: dt.datetime) -> dt.timedelta:
    return moment.utcoffset() or dt.timedelta()


def _changes(zone: ZoneInfo, begin: dt.datetime, end: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The last minute of each offset and the first of the next one, in order."""
    day = dt.timedelta(days=1)
    here = begin
    while here < end:
        if _offset(here.astimezone(zone)) != _offset((here + day).astimezone(zone)):
            low, high = 0, 24 * 60
            while high - low > 1:
                middle = (low + high) // 2
                same = _offset((here + dt.timedelta(minutes=middle)).astimezone(zone)) == _offset(here.astimezone(zone))
                low, high = (middle, high) if same else (low, middle)
            first = here + dt.timedelta(minutes=high)
            yield (first - dt.timedelta(minutes=1)).astimezone(zone), first.astimezone(zone)
        here += day


def _observance(
    offset_from: dt.timedelta, after: dt.datetime, onsets: list[dt.datetime]
) -> TimezoneStandard | TimezoneDaylight:
    observance = TimezoneDaylight() if after.dst() else TimezoneStandard()
    observance.add("dtstart", onsets[0])
    observance.add("tzoffsetfrom", offset_from)
    observance.add("tzoffsetto", _offset(after))
    observance.add("tzname", after.tzname() or "")
    if onsets[1:]:
        # A day more than the last one: readers that compare it with the wall clock would lose that one.
        last = (onsets[-1] - offset_from + dt.timedelta(days=1)).replace(tzinfo=dt.UTC)
        day = f"{_nth(onsets)}{WEEKDAYS[onsets[0].weekday()]}"
        rule = {"freq": "yearly", "bymonth": onsets[0].month, "byday": day, "until": last}
        observance.add("rrule", rule)
    return observance


def _local(moment: dt.datetime, zone: str) -> dt.datetime:
    instant = moment.astimezone(dt.UTC).replace(microsecond=0)
    there = instant.astimezone(ZoneInfo(zone))
    twice = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    return instant if twice else there


def _component(event: Event) -> Component:
    component = Component()
    component.add("uid", event.uid)
    component.add("dtstamp", event.changed_at.astimezone(dt.UTC))
    component.add("last-modified", event.changed_at.astimezone(dt.UTC))
    component.add("sequence", event.sequence)
    component.add("status", event.status.value)
    component.add("dtstart", _local(event.starts_at, event.zone))
    component.add("dtend", _local(event.until, event.zone))
    component.add("summary", event.summary)
    component.add("class", "PRIVATE")
    for name, value in (("description", event.description), ("location", event.location), ("url", event.url)):
        if value:
            component.add(name, value)
    if event.position is not None:
        component.add("geo", event.position)
    return component
