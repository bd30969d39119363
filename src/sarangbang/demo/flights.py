"""A flight feed for the demo district: the flights of its guests, some of them late, as the day goes on."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from django.utils import timezone

from sarangbang.concierge.flights.arrivals import Arrival, State, plain_number
from sarangbang.concierge.queries import arrivals
from sarangbang.stays.models import Flight

KNOWN_BEFORE = dt.timedelta(hours=3)
"""Delays become known this long before the scheduled landing."""
DELAYS = [0] * 10 + [5, -5, 10, -10, 15, 20, 35, 50, 75, 110]
"""Minutes; each flight and day has one of them."""


class DemoFeed:
    """Says the same for the same flight and time, whoever asks, and never contradicts itself."""

    name = "demo"

    def arrivals(self, day: dt.date) -> Sequence[Arrival]:
        """The guests' flights of one Korean calendar day."""
        start = timezone.make_aware(dt.datetime.combine(day, dt.time()))
        flights = arrivals(start - dt.timedelta(days=1), start + dt.timedelta(days=2)).select_related("place")
        found: dict[tuple[str, dt.datetime], Arrival] = {}
        for flight in flights:
            number = plain_number(flight.number)
            if number and timezone.localdate(flight.scheduled_at) == day:
                found.setdefault((number, flight.scheduled_at), _arrival(number, flight, timezone.now()))
        return list(found.values())


def _arrival(number: str, flight: Flight, now: dt.datetime) -> Arrival:
    die = hashlib.sha256(f"{number} {flight.scheduled_at.isoformat()}".encode()).digest()
    lands_at = flight.scheduled_at + dt.timedelta(minutes=DELAYS[die[0] % len(DELAYS)])
    is_known = now >= flight.scheduled_at - KNOWN_BEFORE
    return Arrival(
        number=number,
        scheduled_at=flight.scheduled_at,
        place=flight.place.code,
        estimated_at=lands_at if is_known else None,
        state=State.LANDED if is_known and lands_at <= now else State.EXPECTED,
        gate=str(100 + die[1] % 150),
        exit="ABCDEF"[die[2] % 6],
        carousel=str(1 + die[3] % 22),
    )
