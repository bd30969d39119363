"""A stay as a calendar (RFC 5545). The same entries always give the same bytes, so that ETag means something.

What a calendar shows on a locked phone is ``Entry.summary``, the time and the address: never the institution's name,
the department or the reason of a visit. ``UID`` stays the same through every change, ``SEQUENCE`` grows, and what was
cancelled stays in the feed as ``STATUS:CANCELLED``, because a calendar does not notice what is merely gone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from .itinerary import HOUSE_ZONE, Entry, State, in_order

PRODUCT = "-//Sarangbang//Stay//EN"
UID_DOMAIN = "stay.sarangbang"
ASK_AGAIN = dt.timedelta(hours=1)
"""How often a subscribed calendar is asked to look for changes."""

SHORTEST = dt.timedelta(minutes=30)
"""Shown for what has no known end."""

STATUS = {
    State.WAITING: "TENTATIVE",
    State.CANCELLED: "CANCELLED",
    State.REFUSED: "CANCELLED",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """The calendar's bytes with what HTTP needs to answer "not modified"."""

    content: bytes
    etag: str
    changed_at: dt.datetime | None


def feed(entries: Iterable[Entry], name: str, description: str = "") -> Feed:
    """All entries as one calendar called ``name``; ``description`` is written into each of them."""
    ordered = in_order(entries)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(_seoul())
    for entry in ordered:
        calendar.add_component(_event(entry, description))
    content = calendar.to_ical()
    changed_at = max((entry.changed_at for entry in ordered), default=None)
    return Feed(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"', changed_at)


def _seoul() -> Timezone:
    """Korea has kept one offset since 1988 and no daylight saving."""
    zone = Timezone()
    zone.add("tzid", HOUSE_ZONE)
    standard = TimezoneStandard()
    standard.add("dtstart", dt.datetime(1988, 10, 9, 3, 0))  # noqa: DTZ001 - local by definition (RFC 5545, 3.6.5)
    standard.add("tzoffsetfrom", dt.timedelta(hours=10))
    standard.add("tzoffsetto", dt.timedelta(hours=9))
    standard.add("tzname", "KST")
    zone.add_component(standard)
    return zone


def _event(entry: Entry, description: str) -> Event:
    korea = ZoneInfo(HOUSE_ZONE)
    event = Event()
    event.add("uid", f"{entry.uid.replace(':', '-')}@{UID_DOMAIN}")
    event.add("dtstamp", entry.changed_at.astimezone(dt.UTC))
    event.add("last-modified", entry.changed_at.astimezone(dt.UTC))
    event.add("sequence", entry.sequence)
    event.add("status", STATUS.get(entry.state, "CONFIRMED"))
    event.add("dtstart", entry.starts_at.astimezone(korea))
    event.add("dtend", (entry.ends_at or entry.starts_at + SHORTEST).astimezone(korea))
    event.add("summary", entry.summary)
    event.add("class", "PRIVATE")
    if description:
        event.add("description", description)
    if entry.spot is not None:
        if address := entry.spot.address or entry.spot.address_latin:
            event.add("location", address)
        if entry.spot.latitude is not None and entry.spot.longitude is not None:
            event.add("geo", (entry.spot.latitude, entry.spot.longitude))
    return event
